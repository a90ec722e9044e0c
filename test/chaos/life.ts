/** Thrown by every call of a host that was killed. */
export class Killed extends Error {}

type Trap = { readonly kind: "kill"; readonly moment: "before" | "after" } | { readonly kind: "hang" };

/**
 * One life of a host: it counts the calls that the host makes through its ports, and dies or stands still at one of them.
 * What had begun when it dies goes on, as packets that have left do; no call begins after it.
 */
export class Life {
  dead = false;
  readonly #traps: { left: number; readonly trap: Trap }[] = [];
  readonly #hanging: (() => void)[] = [];
  /** Told of each kill and hang that struck. */
  readonly #struck: (what: string) => void;

  constructor(struck: (what: string) => void) {
    this.#struck = struck;
  }

  lay(calls: number, trap: Trap): void {
    this.#traps.push({ left: calls, trap });
  }

  get isHanging(): boolean {
    return this.#hanging.length > 0;
  }

  /** Takes back the traps that have not struck. What stands still stays so. */
  disarm(): void {
    this.#traps.length = 0;
  }

  wake(): void {
    for (const goOn of this.#hanging.splice(0)) goOn();
  }

  die(): void {
    this.dead = true;
    this.wake();
  }

  async call<T>(name: string, act: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Killed("a dead host calls nobody");
    const trap = this.#sprung();
    // ARM takes no precondition, so a write that was on its way when its host stood still arrives whenever it arrives.
    if (trap?.kind === "hang" && !name.startsWith("connections.w") && !name.startsWith("connections.rem")) {
      this.#struck(`hang at ${name}`);
      await new Promise<void>((goOn) => this.#hanging.push(goOn));
      if (this.dead) throw new Killed("died while it stood still");
    }
    if (trap?.kind === "kill") {
      this.die();
      this.#struck(`kill ${trap.moment} ${name}`);
      if (trap.moment === "before") throw new Killed(`killed before ${name}`);
      await act();
      throw new Killed(`killed after ${name}`);
    }
    const result = await act();
    if (this.dead) throw new Killed(`died during ${name}`);
    return result;
  }

  #sprung(): Trap | undefined {
    for (const trap of this.#traps) trap.left -= 1;
    const at = this.#traps.findIndex(({ left }) => left <= 0);
    return at < 0 ? undefined : this.#traps.splice(at, 1)[0]?.trap;
  }
}

/** The port as a host in this life has it. An iteration counts as one call. */
export function mortalPort<T extends object>(port: T, name: string, life: Life): T {
  return new Proxy(port, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member, target);
      if (typeof value !== "function") return value;
      return (...given: unknown[]) => {
        const begin = () => value.apply(target, given) as unknown;
        if (member === "events") return events(begin as () => AsyncIterable<unknown>, life);
        return life.call(`${name}.${String(member)}`, async () => begin());
      };
    },
  });
}

async function* events(begin: () => AsyncIterable<unknown>, life: Life): AsyncGenerator<unknown> {
  await life.call("ledger.events", async () => undefined);
  yield* begin();
}
