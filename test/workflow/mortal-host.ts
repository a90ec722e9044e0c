class Killed extends Error {}

/** The ports of a host that is killed at its n-th call to the outside: before the call, or right after its effect. */
export function mortal<T extends Readonly<Record<string, unknown>>>(
  ports: T,
  crashable: readonly (keyof T)[],
  calls: number,
  moment: "before" | "after",
): { readonly ports: T; readonly died: () => boolean } {
  let left = calls;
  let dead = false;
  const call = async (method: (...given: unknown[]) => unknown, self: object, given: unknown[]) => {
    if (dead) throw new Killed("a dead host calls nobody");
    left -= 1;
    if (left > 0) return method.apply(self, given);
    dead = true;
    if (moment === "before") throw new Killed("killed before the call");
    await method.apply(self, given);
    throw new Killed("killed after the call");
  };
  const wrap = (port: unknown): unknown =>
    new Proxy(port as object, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return (...given: unknown[]) => call(member as (...given: unknown[]) => unknown, target, given);
      },
    });
  const wrapped = Object.fromEntries(crashable.map((name) => [name, wrap(ports[name])]));
  return { ports: { ...ports, ...wrapped }, died: () => dead };
}
