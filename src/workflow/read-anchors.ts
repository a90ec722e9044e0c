import { type AnchoredHead, type AnchorState, noAnchors, readAnchors } from "../ledger/anchor.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { AnchorFiles } from "./audit-ports.ts";
import type { AnchoredPoint } from "./check-anchored.ts";

/** Everything that was ever anchored. */
export type AnchorRecord = {
  /** The anchored events of each chain, the oldest anchor first. */
  readonly points: ReadonlyMap<ServiceKey, readonly AnchoredPoint[]>;
  /** What is wrong with the anchors themselves. */
  readonly problems: readonly string[];
  readonly anchors: number;
  /** When the last one was made: what happened since rests on the chains alone. Null without any. */
  readonly newest: string | null;
};

/** Reads all anchors, the oldest day first, and checks that they follow from one another and fit their digests. */
export async function readAnchorRecord(files: AnchorFiles): Promise<AnchorRecord> {
  const points: Points = new Map();
  const problems: string[] = [];
  const state: AnchorState = noAnchors();
  let anchors = 0;
  for (const day of await files.days()) {
    const { text } = await files.read(day);
    for (const read of readAnchors(day, text, state)) {
      if (read.ok) anchors += 1;
      else problems.push(read.problem);
      addAll(points, read.heads, read.ok ? read.anchor.at : day);
    }
  }
  return { points, problems, anchors, newest: state.at };
}

/** When the last anchor was made; null before any. Reads the last day only. */
export async function newestAnchor(files: AnchorFiles): Promise<string | null> {
  const day = (await files.days()).at(-1);
  if (day === undefined) return null;
  const state = noAnchors();
  const { text } = await files.read(day);
  for (const _ of readAnchors(day, text, state));
  return state.at;
}

type Points = Map<ServiceKey, AnchoredPoint[]>;

function addAll(points: Points, heads: readonly AnchoredHead[], at: string): void {
  for (const { chain, seq, hash } of heads) add(points, chain, { seq, hash, at });
}

function add(points: Points, chain: ServiceKey, point: AnchoredPoint): void {
  const known = points.get(chain);
  if (!known) points.set(chain, [point]);
  else if (known.at(-1)?.seq !== point.seq || known.at(-1)?.hash !== point.hash) known.push(point);
}
