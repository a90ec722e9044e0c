import { readConsumer } from "../intake/consumer.ts";
import type { Fault } from "../intake/fault.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Hand } from "../workflow/record.ts";
import {
  changedConsumer,
  type EntryChange,
  type Registration,
  type RegistryOffice,
  registerAll,
  registrationOf,
} from "../workflow/register-consumer.ts";
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

/** As many rows are read, put on record in one write, and stored at the same time. */
const atOnce = 50;

/**
 * Brings the rows into the registry. A row that is wrong, or whose entry cannot be read, is told and the others go on;
 * where storage does not answer, its fault is thrown. To import the same file again is safe: what is there already is
 * left alone.
 *
 * Two rows of one subscription contradict each other, so the second is refused. For that the ids that were seen are
 * kept: about a hundred bytes for a row, the only thing that grows.
 */
export async function importRows(
  rows: AsyncGenerator<ConsumerRow>,
  hand: Hand,
  office: RegistryOffice,
  wishes: Wishes,
): Promise<Counts> {
  const counts = { rows: 0, registered: 0, changed: 0, unchanged: 0, refused: 0 };
  const seen = new Map<string, number>();
  for await (const group of inGroups(rows)) {
    const unique = group.map((row) => withoutTwin(row, seen));
    const planned = await Promise.all(unique.map((row) => plan(row, office, wishes)));
    const changes = planned.flatMap((one) => ("change" in one && one.what !== "unchanged" ? [one.change] : []));
    if (changes.length > 0 && !wishes.dryRun) await registerAll(changes, hand, office);
    for (const one of planned) count(one, counts, wishes);
    wishes.counted(counts);
  }
  return counts;
}

function count(one: Planned, counts: Record<keyof Counts, number>, { refused }: Wishes): void {
  counts.rows += 1;
  counts["change" in one ? one.what : "refused"] += 1;
  if ("faults" in one) refused(one);
}

async function* inGroups(rows: AsyncGenerator<ConsumerRow>): AsyncGenerator<readonly ConsumerRow[]> {
  let group: ConsumerRow[] = [];
  for await (const row of rows) {
    group.push(row);
    if (group.length < atOnce) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function withoutTwin(row: ConsumerRow, seen: Map<string, number>): ConsumerRow {
  if (!row.ok) return row;
  // Sixteen bytes of its own: a piece cut out of the file's text would keep that text in memory.
  const key = Buffer.from(row.change.subscriptionId.replaceAll("-", ""), "hex").toString("latin1");
  const earlier = seen.get(key);
  if (earlier === undefined) {
    seen.set(key, row.line);
    return row;
  }
  const why = `is the one of line ${earlier} again`;
  return { line: row.line, ok: false, faults: [{ field: "subscriptionId", why }] };
}

type Planned = Refused | { readonly what: Registration; readonly change: EntryChange };

async function plan(row: ConsumerRow, { consumers }: RegistryOffice, { replace }: Wishes): Promise<Planned> {
  if (!row.ok) return { line: row.line, faults: row.faults };
  const { line, change } = row;
  try {
    const before = await consumers.find(change.subscriptionId);
    const now = readConsumer(changedConsumer(change.subscriptionId, replace ? undefined : before, change));
    if (!now.ok) return { line, faults: now.faults };
    return { what: registrationOf(before, now.value), change: { before, now: now.value } };
  } catch (error) {
    if (!(error instanceof PlgateError) || error.retryable) throw error;
    return { line, faults: [{ field: "entry", why: error.message }] };
  }
}
