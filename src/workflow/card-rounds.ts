import type { ApprovalRequest } from "../requests/request.ts";
import { isSamePlace } from "./card-places.ts";
import type { Place, Router } from "./ports.ts";

type Line = { readonly id: string; readonly updatedAt: string };
type Seen = {
  readonly updatedAt: string;
  readonly at: number;
  readonly reviewers: ApprovalRequest["reviewers"];
  /** Where the request stood; null when nobody is to see it. */
  readonly standing: readonly Place[] | null;
};

/** Whatever is remembered is looked at again after so long, an hour for most. */
const keptMs = 60 * 60_000;
/** So many requests one sweep looks at; each takes two reads of storage. */
const looksAtMost = 1000;

/**
 * What a worker remembers of the cards of open requests, so that a sweep reads nothing of those that stand where they should:
 * with thousands of open requests these are nearly all.
 *
 * A request is looked at when it is new to this worker or has changed, when its card stands in fewer places than it should by the
 * channels that are known now, and once an hour for whatever else may have happened.
 */
export class CardRounds {
  readonly #seen = new Map<string, Seen>();

  /** Those of the open requests that need a look now, the most urgent first; the rest of many comes with the next sweeps. */
  due(lines: readonly Line[], router: Router, now: Date): readonly string[] {
    const urgent: string[] = [];
    const stale: string[] = [];
    for (const line of lines) {
      const seen = this.#seen.get(line.id);
      if (!seen || seen.updatedAt !== line.updatedAt || lacks(seen, router)) urgent.push(line.id);
      else if (now.getTime() - seen.at >= keptMs * (1 - spread(line.id))) stale.push(line.id);
    }
    this.#forgetOthers(lines);
    return [...urgent, ...stale].slice(0, looksAtMost);
  }

  /** The request stood there when it was looked at, as its line in the list said then. */
  saw(
    { id, updatedAt }: Line,
    reviewers: ApprovalRequest["reviewers"],
    standing: readonly Place[] | null,
    at: Date,
  ): void {
    this.#seen.set(id, { updatedAt, at: at.getTime(), reviewers, standing });
  }

  #forgetOthers(lines: readonly Line[]): void {
    if (this.#seen.size <= lines.length) return;
    const open = new Set(lines.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!open.has(id)) this.#seen.delete(id);
  }
}

function lacks({ reviewers, standing }: Seen, router: Router): boolean {
  if (standing === null) return false;
  const { places } = router.route({ reviewers }, []);
  return places.some((place) => !standing.some((one) => isSamePlace(one, place)));
}

/** Below a half, the same for a request at all times: those first seen together are not all looked at again together. */
function spread(id: string): number {
  let hash = 0x811c9dc5;
  for (const letter of id) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return (hash >>> 0) / 2 ** 33;
}
