import { readConsumer } from "../intake/consumer.ts";
import type { Fault } from "../intake/fault.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Consumers } from "../workflow/ports.ts";
import { changedConsumer, type Registration, registrationOf } from "../workflow/register-consumer.ts";
import type { ConsumerRow } from "./consumer-rows.ts";

export type Refused = { readonly line: number; readonly faults: readonly Fault[] };
export type Counts = Readonly<Record<Registration | "refused" | "rows", number>>;

type Wishes = {
  /** What the file does not name is forgotten, where it otherwise stays. */
  readonly replace: boolean;
  readonly dryRun: boolean;
  readonly refused: (row: Refused) => void;
  readonly counted: (counts: Counts) => void;
};

/** One row is one partition, so there are no batches; this many rows are on their way at once. */
const inFlight = 32;

/**
 * Brings the rows into the registry. A row that is wrong, or whose entry cannot be stored, is told and the others go
 * on; where storage does not answer, nothing more is begun and its fault is thrown. To import the same file again is
 * safe: what is there already is left alone.
 *
 * Two rows of one subscription have no order, so the second is refused. For that the ids that were seen are kept: about
 * a hundred bytes for a row, the only thing that grows.
 */
export async function importRows(
  rows: AsyncGenerator<ConsumerRow>,
  consumers: Pick<Consumers, "find" | "put">,
  wishes: Wishes,
): Promise<Counts> {
  const counts = { rows: 0, registered: 0, changed: 0, unchanged: 0, refused: 0 };
  const seen = new Map<string, number>();
  const state: { fault?: unknown } = {};
  const worker = async () => {
    for (let next = await rows.next(); !next.done && !("fault" in state); next = await rows.next()) {
      counts.rows += 1;
      const done = await bring(next.value, seen, consumers, wishes);
      counts[typeof done === "string" ? done : "refused"] += 1;
      if (typeof done !== "string") wishes.refused({ line: next.value.line, faults: done });
      wishes.counted(counts);
    }
  };
  const stopping = (fault: unknown) => {
    state.fault ??= fault;
  };
  await Promise.all(Array.from({ length: inFlight }, () => worker().catch(stopping)));
  await rows.return(undefined);
  if ("fault" in state) throw state.fault;
  return counts;
}

async function bring(
  row: ConsumerRow,
  seen: Map<string, number>,
  consumers: Pick<Consumers, "find" | "put">,
  { replace, dryRun }: Wishes,
): Promise<Registration | readonly Fault[]> {
  if (!row.ok) return row.faults;
  const { subscriptionId } = row.change;
  const earlier = seen.get(subscriptionId);
  if (earlier !== undefined) return [{ field: "subscriptionId", why: `is the one of line ${earlier} again` }];
  seen.set(subscriptionId, row.line);
  try {
    const before = await consumers.find(subscriptionId);
    const now = readConsumer(changedConsumer(subscriptionId, replace ? undefined : before, row.change));
    if (!now.ok) return now.faults;
    const what = registrationOf(before, now.value);
    if (what !== "unchanged" && !dryRun) await consumers.put(now.value);
    return what;
  } catch (error) {
    if (error instanceof PlgateError && !error.retryable) return [{ field: "entry", why: error.message }];
    throw error;
  }
}
