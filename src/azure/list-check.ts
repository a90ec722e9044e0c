import { createHash } from "node:crypto";
import type { TableClient } from "@azure/data-tables";
import { isUntouched } from "../ledger/chain.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { IndexCheck, IndexFault, Trail } from "../workflow/audit-ports.ts";
import { auditRows, eventOfRow, isAbove, listRows } from "./audit-rows.ts";
import { type Row, rowsOf } from "./rows.ts";
import { storageError } from "./storage-errors.ts";

type Named = { readonly partitionKey: string; readonly rowKey: string };
type OfEvent = { readonly chain: ServiceKey; readonly seq: number };
type Wanted = Named & { readonly seq: number; readonly digest: number };
/** Of which chain, in the lists of which letter. */
type Part = { readonly chain: ServiceKey; readonly letter: string };

/** The partition of the list of requests, which lies among those of the events. */
const requestsPartition = "r";
const modulus = 2 ** 48;

/**
 * Compares the lists with the events in two goes, so that a million events need no memory for each.
 *
 * First it counts: for every chain and kind of list the number of rows and the sum of their digests, once as the events
 * want them and once as storage has them. Where the two agree, all rows are there, as they should be, and no other. Only
 * where they differ both sides are read again and laid beside each other, row by row.
 */
export class ListCheck implements IndexCheck {
  readonly #table: TableClient;
  readonly #floor: Date | null;
  readonly #only: ServiceKey | undefined;
  readonly #wanted = new Sums();

  constructor(table: TableClient, floor: Date | null, only: ServiceKey | undefined) {
    this.#table = table;
    this.#floor = floor;
    this.#only = only;
  }

  expect(chain: ServiceKey, event: AuditEvent): void {
    for (const row of this.#rowsOf(chain, event)) this.#wanted.add(partOf(chain, row), digestOf(row));
  }

  async *faults(ends: ReadonlyMap<ServiceKey, number>, trail: Trail): AsyncGenerator<IndexFault> {
    const found = new Sums();
    const grown = new Map<ServiceKey, number>();
    for await (const row of this.#stored(null, this.#only)) {
      const of = eventOfRow(row);
      // Of a chain that was not walked every row is ahead: it may have begun since.
      if (of && of.seq <= (ends.get(of.chain) ?? 0)) found.add(partOf(of.chain, row), digestOf(row));
      else if (!of || !(await hasCome(of, grown, trail))) yield faultOf(row, of, "of no event");
    }
    for (const part of this.#wanted.differences(found)) yield* this.#compare(part, ends.get(part.chain) ?? 0, trail);
  }

  async *#compare(part: Part, end: number, trail: Trail): AsyncGenerator<IndexFault> {
    const { chain } = part;
    const waiting = await trail.notYetIndexed(chain);
    const wanted = await this.#wantedOf(part, end, trail);
    for await (const row of this.#stored(part.letter, chain)) {
      const of = eventOfRow(row);
      if (of?.chain === chain && of.seq <= end) yield* takeFrom(wanted, row, of);
    }
    for (const want of wanted.values()) {
      const comes = waiting.some(({ firstSeq, seq }) => firstSeq <= want.seq && want.seq <= seq);
      if (!comes) yield faultOf(want, { chain, seq: want.seq }, "missing");
    }
  }

  async #wantedOf({ chain, letter }: Part, end: number, trail: Trail): Promise<Map<string, Wanted>> {
    const wanted = new Map<string, Wanted>();
    for await (const stored of trail.newestFirst(chain, end)) {
      if ("problem" in stored || !isUntouched(stored.event)) continue;
      const rows = this.#rowsOf(chain, stored.event).filter((row) => partOf(chain, row).letter === letter);
      for (const row of rows) wanted.set(keyOf(row), { ...nameOf(row), seq: stored.seq, digest: digestOf(row) });
    }
    return wanted;
  }

  #rowsOf(chain: ServiceKey, event: AuditEvent) {
    return auditRows(chain, event).filter((row) => isAbove(this.#floor, row));
  }

  async *#stored(letter: string | null, only: ServiceKey | undefined): AsyncGenerator<Row> {
    try {
      for await (const row of rowsOf(this.#table, listRows(letter, only))) {
        if (row.partitionKey !== requestsPartition && isAbove(this.#floor, row)) yield row;
      }
    } catch (error) {
      throw storageError("the lists of events cannot be read", error);
    }
  }
}

/**
 * Whether the chain reaches as far by now: a row is written after its event. `grown` keeps what was seen, so a chain that
 * grew is asked once for each time that it grew again. A head that cannot be read is for the walk to name.
 */
async function hasCome({ chain, seq }: OfEvent, grown: Map<ServiceKey, number>, trail: Trail): Promise<boolean> {
  if (seq <= (grown.get(chain) ?? 0)) return true;
  const now = await trail.headOf(chain);
  if ("problem" in now) return true;
  grown.set(chain, now.head.seq);
  return seq <= now.head.seq;
}

/** Strikes a row off those that are wanted; gives it when it is none of them, or another than was wanted. */
function* takeFrom(wanted: Map<string, Wanted>, row: Row, of: OfEvent): Generator<IndexFault> {
  const want = wanted.get(keyOf(row));
  wanted.delete(keyOf(row));
  if (want?.digest !== digestOf(row)) yield faultOf(row, of, want ? "altered" : "of no event");
}

/** Number of rows and sum of their digests, by part. */
class Sums {
  readonly #parts = new Map<string, Part & { count: number; sum: number }>();

  add(part: Part, digest: number): void {
    const key = `${part.letter}|${part.chain}`;
    const known = this.#parts.get(key) ?? { ...part, count: 0, sum: 0 };
    known.count += 1;
    known.sum = (known.sum + digest) % modulus;
    this.#parts.set(key, known);
  }

  *differences(other: Sums): Generator<Part> {
    for (const key of new Set([...this.#parts.keys(), ...other.#parts.keys()])) {
      const [one, two] = [this.#parts.get(key), other.#parts.get(key)];
      const part = one ?? two;
      if (part && (one?.count !== two?.count || one?.sum !== two?.sum)) yield part;
    }
  }
}

function partOf(chain: ServiceKey, { partitionKey }: Named): Part {
  return { chain, letter: partitionKey.slice(0, 1) };
}

function nameOf({ partitionKey, rowKey }: Named): Named {
  return { partitionKey, rowKey };
}

function keyOf({ partitionKey, rowKey }: Named): string {
  return `${partitionKey}|${rowKey}`;
}

/** Over everything that a search uses: keys, filter columns and body; not what storage adds of its own. */
function digestOf(row: Readonly<Record<string, unknown>>): number {
  const columns = Object.entries(row).filter(([name]) => !added.has(name) && !name.includes("odata"));
  const text = columns
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("\n");
  return createHash("sha256").update(text, "utf8").digest().readUIntBE(0, 6);
}

const added: ReadonlySet<string> = new Set(["etag", "timestamp"]);

function faultOf({ partitionKey, rowKey }: Named, of: OfEvent | undefined, problem: IndexFault["problem"]): IndexFault {
  return { chain: of?.chain ?? null, seq: of?.seq ?? null, list: partitionKey, row: rowKey, problem };
}
