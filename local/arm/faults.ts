import { z } from "zod";

const target = {
  /** Any method when left out. */
  method: z.string().toUpperCase().optional(),
  /** The path of the request without its query, compared without case; `*` stands for any text. */
  path: z.string(),
  times: z.number().int().min(1).default(1),
};

const faultSchema = z.union([
  z.strictObject({
    ...target,
    status: z.number().int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).default({}),
  }),
  /** The connection breaks before the call was looked at, or after it took effect. */
  z.strictObject({ ...target, reset: z.enum(["before", "after"]) }),
  /** The call takes effect, but its answer never comes (headers) or never ends (body). */
  z.strictObject({ ...target, stall: z.enum(["headers", "body"]) }),
  z.strictObject({ ...target, delayMs: z.number().min(0) }),
  /** The long-running operation that the call starts ends as a failure. */
  z.strictObject({ ...target, failOperation: z.strictObject({ code: z.string(), message: z.string() }) }),
]);

const faultList = z.array(faultSchema);

/** One fault to inject (local-azure.md B.8). */
export type ArmFault = z.input<typeof faultSchema>;
export type OrderedFault = z.output<typeof faultSchema>;

export type Faults = {
  /** Replaces the list. Throws on a fault that is not understood. */
  order(faults: unknown): void;
  /** The first fault that matches, which counts it down. */
  next(method: string, path: string): OrderedFault | undefined;
  /** What has not happened yet. */
  left(): readonly OrderedFault[];
};

export function createFaults(): Faults {
  let list: readonly OrderedFault[] = [];
  return {
    order(faults) {
      list = faultList.parse(faults);
    },
    next(method, path) {
      const index = list.findIndex((fault) => isMeant(fault, method, path));
      const fault = list[index];
      if (!fault) return undefined;
      const left = fault.times > 1 ? [{ ...fault, times: fault.times - 1 }] : [];
      list = list.toSpliced(index, 1, ...left);
      return fault;
    },
    left: () => list,
  };
}

function isMeant(fault: OrderedFault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  const expression = fault.path
    .split("*")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${expression}$`, "i").test(path);
}
