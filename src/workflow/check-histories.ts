import type { AuditEvent } from "../ledger/event.ts";
import type { Finding } from "../ledger/finding.ts";
import type { StoredHistory } from "./audit-ports.ts";

type End = "approved" | "rejected";

/**
 * What the chain's rows say of how earlier requests of a consumer ended, against the events that ended them. Policy reads
 * these rows (`history.approvedBefore`), so one that was written by hand could let somebody in.
 */
export class Histories {
  readonly #rows: readonly StoredHistory[];
  readonly #settledUpTo: number;
  /** By consumer and end the number of the first event that ended a request so; the walk meets that one last. */
  readonly #ended = new Map<string, number>();

  /** `settledUpTo`: the rows were read after the chain had come so far. */
  constructor(rows: readonly StoredHistory[], settledUpTo: number) {
    this.#rows = rows;
    this.#settledUpTo = settledUpTo;
  }

  take(event: AuditEvent): void {
    const { after, consumerSubscriptionId: consumer, seq } = event;
    if (consumer === null || (after?.state !== "approved" && after?.state !== "rejected")) return;
    if (event.kind === "revoked" && !isAgainst(event)) return;
    this.#ended.set(keyOf(consumer, after.state), seq);
  }

  end(): readonly Finding[] {
    const said = new Set(this.#rows.flatMap((row) => endsOf(row).map((end) => keyOf(row.consumer, end))));
    const lost = [...this.#ended].filter(([key, seq]) => seq <= this.#settledUpTo && !said.has(key));
    const invented = [...said].filter((key) => !this.#ended.has(key));
    return [
      ...lost.map(([key, seq]) => finding(seq, `event ${seq} is forgotten in the history of consumer ${worded(key)}`)),
      ...invented.map((key) => finding(null, `no event explains the history of consumer ${worded(key)}`)),
    ];
  }
}

/** Access that was taken away by people counts as a rejection; the event says whether it does. */
function isAgainst({ detail }: AuditEvent): boolean {
  return typeof detail === "object" && detail !== null && Reflect.get(detail, "against") === true;
}

function endsOf({ approved, rejected }: StoredHistory): readonly End[] {
  return [...(approved ? (["approved"] as const) : []), ...(rejected ? (["rejected"] as const) : [])];
}

function keyOf(consumer: string, end: End): string {
  return `${end}|${consumer.toLowerCase()}`;
}

function worded(key: string): string {
  const [end, consumer] = key.split("|");
  return `${consumer}: ${end} before`;
}

function finding(seq: number | null, problem: string): Finding {
  return { about: "state", seq, problem };
}
