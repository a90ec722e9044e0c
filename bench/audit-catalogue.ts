import { entryOf } from "../src/ledger/entry.ts";
import type { AuditEntry, AuditQuery } from "../src/ledger/query.ts";
import { serviceKey } from "../src/requests/request-id.ts";
import { history } from "./audit-history.ts";

/** What a listing may be filtered by; each is a partition of the index. */
export const columns = ["request", "link", "consumer", "service", "actor", "kind"] as const;
export type Column = (typeof columns)[number];
export type Filter = Readonly<Partial<Record<Column, string>>> & { readonly from?: Date; readonly to?: Date };

/** Every word has a number, 0 stands for none: a million events fit into 36 MB. */
class Words {
  readonly #numbers = new Map<string, number>();
  readonly #words: (string | null)[] = [null];
  readonly #rows: Uint32Array;

  constructor(rows: number) {
    this.#rows = new Uint32Array(rows);
  }

  set(row: number, word: string | null): void {
    if (word === null) return;
    const known = this.#numbers.get(word);
    this.#rows[row] = known ?? this.#words.push(word) - 1;
    if (known === undefined) this.#numbers.set(word, this.#words.length - 1);
  }

  at(row: number): string | null {
    return this.#words[this.#rows[row] ?? 0] ?? null;
  }

  /** Every word that a row has. */
  all(): readonly string[] {
    return [...this.#numbers.keys()];
  }

  /** Whether the row has this word. */
  is(word: string): (row: number) => boolean {
    const number = this.#numbers.get(word);
    return (row) => number !== undefined && this.#rows[row] === number;
  }
}

/** The true answers: every event of a history, small enough to look through for each question. */
export class Catalogue {
  readonly length: number;
  readonly #times: Float64Array;
  readonly #seqs: Uint32Array;
  readonly #words: Readonly<Record<Column, Words>>;

  constructor(entries: Iterable<AuditEntry>, atMost: number) {
    this.#times = new Float64Array(atMost);
    this.#seqs = new Uint32Array(atMost);
    const words = () => new Words(atMost);
    this.#words = {
      request: words(),
      link: words(),
      consumer: words(),
      service: words(),
      actor: words(),
      kind: words(),
    };
    let row = 0;
    for (const entry of entries) {
      this.#add(row, entry);
      row += 1;
    }
    this.length = row;
  }

  timeOf(row: number): number {
    return this.#times[row] ?? Number.NaN;
  }

  valueOf(row: number, column: Column): string | null {
    return this.#words[column].at(row);
  }

  wordsOf(column: Column): readonly string[] {
    return this.#words[column].all();
  }

  /** Names an event: the service's key and the number in its chain. */
  nameOf(row: number): string {
    return `${this.valueOf(row, "service")} ${this.#seqs[row]}`;
  }

  /** The events that the filter finds, newest first. */
  *found(filter: Filter): Generator<number> {
    const checks = columns.flatMap((column) => {
      const wanted = filter[column];
      return wanted === undefined ? [] : this.#words[column].is(wanted);
    });
    const from = filter.from?.getTime() ?? Number.NEGATIVE_INFINITY;
    const to = filter.to?.getTime() ?? Number.POSITIVE_INFINITY;
    for (let row = this.length - 1; row >= 0; row -= 1) {
      const time = this.timeOf(row);
      if (time < from) return;
      if (time < to && checks.every((check) => check(row))) yield row;
    }
  }

  /** How many rows storage has to look at for the first page, when it walks those of `walked` and gives those of `filter`. */
  lookedAt(walked: Filter, filter: Filter, top: number): number {
    const wanted = this.found(filter);
    let last: number | undefined;
    for (let n = 0; n <= top; n += 1) {
      const { value, done } = wanted.next();
      if (done) return count(this.found(walked));
      last = value;
    }
    return count(this.found(walked), (row) => row === last);
  }

  #add(row: number, entry: AuditEntry): void {
    this.#times[row] = Date.parse(entry.time);
    this.#seqs[row] = entry.seq;
    this.#words.request.set(row, entry.requestId);
    this.#words.link.set(row, entry.linkIdentifier);
    this.#words.consumer.set(row, entry.consumerSubscriptionId);
    this.#words.service.set(row, entry.service);
    this.#words.actor.set(row, entry.who);
    this.#words.kind.set(row, entry.kind);
  }
}

/** The question as the index takes it: it knows a service by its id, the catalogue by its key. */
export function queryOf(
  { service, kind, ...rest }: Filter,
  serviceIds: ReadonlyMap<string, string>,
): Omit<AuditQuery, "top"> {
  return {
    ...rest,
    ...(service === undefined ? {} : { serviceId: serviceIds.get(service) ?? service }),
    ...(kind === undefined ? {} : { kind: kind as NonNullable<AuditQuery["kind"]> }),
  };
}

/** Tells the history once and keeps what is needed to know every answer. */
export function catalogueOf(events: number): Catalogue {
  // The last commit may bring a few events more.
  return new Catalogue(entries(events), events + 10);
}

function* entries(events: number): Generator<AuditEntry> {
  const seqs = new Map<string, number>();
  for (const { service, step } of history(events)) {
    const key = serviceKey(service.id);
    for (const event of step.events) {
      const seq = (seqs.get(key) ?? 0) + 1;
      seqs.set(key, seq);
      // Place and words are all that is wanted; the hashes belong to the stored rows.
      yield entryOf(key, { ...event, v: 1, seq, prev: "", hash: "" });
    }
  }
}

function count(rows: Iterable<number>, until: (row: number) => boolean = () => false): number {
  let counted = 0;
  for (const row of rows) {
    counted += 1;
    if (until(row)) break;
  }
  return counted;
}
