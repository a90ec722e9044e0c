import type { AuditEvent, StateAfter } from "../ledger/event.ts";
import type { Finding } from "../ledger/finding.ts";
import { stateAfter } from "../ledger/state-after.ts";
import { isOpen } from "../requests/request.ts";
import type { StoredState } from "./audit-ports.ts";

type Row = Extract<StoredState, { readonly seq: number }>;

/** The requests of a chain against the events that left them so. */
export class States {
  readonly #rows = new Map<string, Row>();
  readonly #marks: ReadonlySet<string>;
  readonly #settledUpTo: number;
  readonly #findings: Finding[] = [];
  /** Requests whose newest event was met. */
  readonly #newest = new Set<string>();
  readonly #explained = new Set<string>();

  constructor(rows: readonly StoredState[], marks: ReadonlySet<string>, settledUpTo: number) {
    this.#marks = marks;
    this.#settledUpTo = settledUpTo;
    for (const row of rows) {
      if ("problem" in row) this.#findings.push(state(null, `${row.row}: ${row.problem}`));
      else this.#rows.set(row.request.id, row);
    }
  }

  take({ requestId, seq, after }: AuditEvent): readonly Finding[] {
    const row = requestId === null ? undefined : this.#rows.get(requestId);
    if (row?.seq === seq) this.#explained.add(row.request.id);
    // Only the last event of a step says what its request is then.
    if (requestId === null || after === undefined) return [];
    return [...difference(row, seq, after), ...this.#isCurrent(row, requestId, seq, after)];
  }

  /** A row must be at least as new as the newest event that had been written before the rows were read. */
  #isCurrent(row: Row | undefined, requestId: string, seq: number, after: StateAfter): readonly Finding[] {
    if (this.#newest.has(requestId) || seq > this.#settledUpTo) return [];
    this.#newest.add(requestId);
    if (!row) return [state(seq, `request ${requestId} is gone; event ${seq} left it ${after.state}`)];
    if (row.seq < seq)
      return [state(seq, `request ${requestId} is older than its last event: event ${seq} is not in it`)];
    return [];
  }

  end(): readonly Finding[] {
    const unexplained = [...this.#rows.values()].filter(({ request }) => !this.#explained.has(request.id));
    const unmarked = [...this.#rows.values()].filter(
      ({ request, seq }) => isOpen(request) && seq <= this.#settledUpTo && !this.#marks.has(request.id),
    );
    return [
      ...this.#findings,
      ...unexplained.map(({ request, seq }) => state(seq, `no event explains the state of request ${request.id}`)),
      ...unmarked.map(({ request, seq }) =>
        state(seq, `request ${request.id} is ${request.state} but not marked as open: no review finds it`),
      ),
    ];
  }
}

function difference(row: Row | undefined, seq: number, after: StateAfter): readonly Finding[] {
  if (row?.seq !== seq) return [];
  const { state: is, sha256 } = stateAfter(row.request);
  if (sha256 === after.sha256) return [];
  return [state(seq, `request ${row.request.id} is not what event ${seq} left: it is ${is}, left was ${after.state}`)];
}

function state(seq: number | null, problem: string): Finding {
  return { about: "state", seq, problem };
}
