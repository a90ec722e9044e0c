import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { parseTimeSpan } from "./time-span.ts";

export type QueueSettings = {
  readonly batchSize: number;
  readonly newBatchThreshold: number;
  readonly maxDequeueCount: number;
  /** Milliseconds until a failed message is seen again. */
  readonly visibilityTimeout: number;
  /** Milliseconds. */
  readonly maxPollingInterval: number;
  readonly messageEncoding: "base64" | "none";
};
export type HostJson = {
  readonly routePrefix: string;
  /** Milliseconds; undefined is without limit. */
  readonly functionTimeout: number | undefined;
  readonly queues: QueueSettings;
};

const timeSpan = z.string().transform((text, context) => {
  const milliseconds = parseTimeSpan(text);
  if (milliseconds === undefined) context.addIssue({ code: "custom", message: `"${text}" is no TimeSpan` });
  return milliseconds ?? 0;
});

/** The settings this host knows. Strict where it acts on them: a setting it would silently ignore is a start error (A, rule for all parts). */
const schema = z.object({
  version: z.literal("2.0"),
  functionTimeout: z.union([z.literal("-1"), timeSpan]).optional(),
  extensions: z
    .strictObject({
      http: z.strictObject({ routePrefix: z.string().optional() }).optional(),
      queues: z
        .strictObject({
          batchSize: z.int().min(1).max(32).default(16),
          newBatchThreshold: z.int().min(0).optional(),
          maxDequeueCount: z.int().min(1).default(5),
          visibilityTimeout: timeSpan.default(0),
          maxPollingInterval: timeSpan
            .refine((given) => given >= 100, "maxPollingInterval is at least 100 ms")
            .optional(),
          messageEncoding: z.enum(["base64", "none"]).default("base64"),
        })
        .prefault({}),
    })
    .prefault({}),
});

const HALF_AN_HOUR = 30 * 60_000;

/**
 * host.json with the host's defaults filled in (A.3 nos. 1, 10, 21, 22) [S].
 * No. 10: plans differ in the default time-out and its maximum (5 and 10 minutes on Consumption); here host.json alone decides.
 */
export async function readHostJson(appDir: string, environment: "Development" | "Production"): Promise<HostJson> {
  const file = join(appDir, "host.json");
  const parsed = schema.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(`host.json: ${z.prettifyError(parsed.error)}`);
  const { functionTimeout = HALF_AN_HOUR, extensions } = parsed.data;
  const { newBatchThreshold, maxPollingInterval, ...queues } = extensions.queues;
  return {
    routePrefix: extensions.http?.routePrefix ?? "api",
    functionTimeout: functionTimeout === "-1" ? undefined : functionTimeout,
    queues: {
      ...queues,
      newBatchThreshold: newBatchThreshold ?? Math.floor(queues.batchSize / 2) * availableParallelism(),
      maxPollingInterval: maxPollingInterval ?? (environment === "Development" ? 2_000 : 60_000),
    },
  };
}
