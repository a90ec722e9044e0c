import { z } from "zod";

const milliseconds = z.number().min(0);
const probability = z.number().min(0).max(1);

const schema = z.strictObject({
  /** What the provider's topic shows when a consumer makes, changes or deletes an endpoint: nobody could tell us. */
  onConsumerCreate: z.enum(["none", "proxy", "notification", "all"]),
  /** Ids and types in changing case, as Azure publishes them. */
  mixedCasing: z.boolean(),
  /** Real time per schedule time for retries: 1 is real, 0.001 makes ten seconds ten milliseconds. */
  timeScale: z.number().positive().max(1),
  /** How long an endpoint may take to answer, in real time; Azure waits 30 s. */
  answerTimeoutMs: milliseconds.positive(),
  /** Every delivery waits this long before its first attempt. */
  delayMs: milliseconds,
  /** Each event comes a second time with this probability, so much later. */
  duplicate: z.strictObject({ probability, delayMs: milliseconds }),
  /** Deliveries are spread at random over this window, which changes their order. */
  shuffle: z.strictObject({ windowMs: milliseconds }),
  /** Each delivery is lost without a trace with this probability. */
  lose: z.strictObject({ probability }),
  /** A deletion is followed by a late write event of the resource that is already gone. */
  staleAfterDelete: z.boolean(),
  /** Each event comes by a second event subscription too, with the same id and another `aeg-subscription-name`. */
  multiTopic: z.boolean(),
});

/** The switches of the local Event Grid (local-azure.md section C), all changeable while it runs. */
export type EventGridSettings = Readonly<z.infer<typeof schema>>;

export const defaultSettings: EventGridSettings = {
  onConsumerCreate: "proxy",
  mixedCasing: true,
  timeScale: 1,
  answerTimeoutMs: 30_000,
  delayMs: 0,
  duplicate: { probability: 0, delayMs: 0 },
  shuffle: { windowMs: 0 },
  lose: { probability: 0 },
  staleAfterDelete: false,
  multiTopic: false,
};

/** The settings with a change applied. Throws on an unknown switch and on a value out of range, naming it. */
export function changedSettings(current: EventGridSettings, change: unknown): EventGridSettings {
  const parsed = schema.partial().safeParse(change);
  if (!parsed.success) throw new RangeError(`Event Grid settings: ${z.prettifyError(parsed.error)}`);
  return schema.parse({ ...current, ...parsed.data });
}
