import type { AuditEvent } from "../ledger/event.ts";
import type { Finding } from "../ledger/finding.ts";

/** An event that an anchor knows. */
export type AnchoredPoint = { readonly seq: number; readonly hash: string; readonly at: string };

/** The events that anchors know, against those of the chain. */
export class Anchored {
  readonly #points: Map<number, AnchoredPoint>;

  constructor(points: readonly AnchoredPoint[]) {
    // Two anchors of one event say the same, or the later one adds nothing that the first did not show.
    this.#points = new Map(points.toReversed().map((point) => [point.seq, point]));
  }

  take({ seq, hash }: AuditEvent): readonly Finding[] {
    const point = this.#points.get(seq);
    if (!point) return [];
    this.#points.delete(seq);
    if (point.hash === hash) return [];
    return [{ about: "anchor", seq, problem: `event ${seq} is not the one that was anchored at ${point.at}` }];
  }

  end(last: number): readonly Finding[] {
    return [...this.#points.values()]
      .filter(({ seq }) => seq > 0)
      .map(({ seq, at }) => {
        const why = seq > last ? `the chain ends at ${last}` : "it cannot be read";
        return { about: "anchor", seq, problem: `event ${seq} was anchored at ${at}, and ${why}` };
      });
  }
}
