import { createHash } from "node:crypto";
import type { ServiceKey } from "../requests/request-id.ts";
import { canonical, emptyHead, type Head } from "./chain.ts";
import type { Json } from "./event.ts";

/** What a day's file of anchors holds: its text, and its length in bytes, behind which the next lines belong. */
export type AnchoredDay = { readonly text: string; readonly length: number };

/** Where all chains stood at one moment, kept where nobody can change it. */
export type Anchor = {
  readonly at: string;
  /** How many chains there were, and the SHA-256 over all of their heads. */
  readonly chains: number;
  readonly digest: string;
  /** SHA-256 of the closing line of the anchor before; null for the very first. */
  readonly previous: string | null;
};

/** One head that an anchor holds. A day's first anchor holds them all, the later ones what has changed. */
export type AnchoredHead = Head & { readonly chain: ServiceKey };

export type Heads = ReadonlyMap<ServiceKey, Head>;

/** What anchors have told up to some point: the heads as they stood then, and what the next anchor follows. */
export type AnchorState = {
  readonly heads: Map<ServiceKey, Head>;
  /** SHA-256 of the last closing line; null before any. */
  last: string | null;
  at: string | null;
};

/** About half a megabyte a line: an append stays far below what a block may hold. */
const headsInLine = 5_000;

export function noAnchors(): AnchorState {
  return { heads: new Map(), last: null, at: null };
}

/**
 * The lines of one anchor: the heads that differ from those anchored before, and a closing line with the digest over
 * all. Without its closing line an anchor does not count: whoever wrote it died on the way.
 */
export function anchorLines(before: AnchorState, now: Heads, at: string, id: string): string {
  const all = withGone(before.heads, now);
  const changed = [...all].filter(([chain, head]) => !isSame(before.heads.get(chain), head));
  const lines: Json[] = [];
  for (let from = 0; from < changed.length; from += headsInLine) {
    const heads = changed.slice(from, from + headsInLine).map(([chain, { seq, hash }]) => [chain, seq, hash]);
    lines.push({ anchor: id, heads });
  }
  const closing = { anchor: id, at, chains: all.size, digest: digestOf(all), previous: before.last };
  return [...lines, closing].map((line) => `${canonical(line)}\n`).join("");
}

/** A chain that was anchored and is not there any more counts as one without events. */
function withGone(before: Heads, now: Heads): Heads {
  const gone = [...before.keys()].filter((chain) => !now.has(chain));
  return new Map([...now, ...gone.map((chain) => [chain, emptyHead] as const)]);
}

/** One anchor as it was read, with what it told anew; or why it cannot be believed. */
export type ReadAnchor =
  | { readonly ok: true; readonly anchor: Anchor; readonly heads: readonly AnchoredHead[] }
  /** Heads of an anchor that does not fit its digest are compared all the same: the more is found, the better. */
  | { readonly ok: false; readonly problem: string; readonly heads: readonly AnchoredHead[] };

/**
 * Reads the anchors of one day after those before it; `state` goes along. A day begins with all heads, so what the day
 * before told is forgotten but for the link to its last anchor.
 */
export function* readAnchors(day: string, text: string, state: AnchorState): Generator<ReadAnchor> {
  state.heads.clear();
  const open = new Map<string, AnchoredHead[]>();
  for (const [at, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const parsed = parseLine(line);
    if (!parsed) {
      yield { ok: false, problem: `line ${at + 1} of the anchors of ${day} cannot be read`, heads: [] };
      continue;
    }
    const heads = open.get(parsed.id) ?? [];
    if (parsed.kind === "heads") open.set(parsed.id, [...heads, ...parsed.heads]);
    else yield closed(parsed.anchor, heads, line, day, state);
  }
}

function closed(
  anchor: Anchor,
  heads: readonly AnchoredHead[],
  line: string,
  day: string,
  state: AnchorState,
): ReadAnchor {
  const expected = state.last;
  state.last = sha256(line);
  state.at = anchor.at;
  for (const { chain, seq, hash } of heads) state.heads.set(chain, { seq, hash });
  const name = `the anchor of ${anchor.at} in ${day}`;
  if (anchor.previous !== expected)
    return { ok: false, problem: `${name} does not follow from the one before it`, heads };
  if (anchor.chains !== state.heads.size || anchor.digest !== digestOf(state.heads)) {
    return { ok: false, problem: `${name} holds other heads than its digest says`, heads };
  }
  return { ok: true, anchor, heads };
}

type Line =
  | { readonly kind: "heads"; readonly id: string; readonly heads: readonly AnchoredHead[] }
  | { readonly kind: "closing"; readonly id: string; readonly anchor: Anchor };

function parseLine(line: string): Line | undefined {
  const value = objectIn(line);
  const id = value?.["anchor"];
  if (!value || typeof id !== "string") return undefined;
  const { heads, at, chains, digest, previous } = value;
  if (Array.isArray(heads)) {
    const read = heads.map(headIn);
    return read.every((one) => one !== undefined) ? { kind: "heads", id, heads: read } : undefined;
  }
  if (typeof at !== "string" || typeof chains !== "number" || typeof digest !== "string") return undefined;
  if (previous !== null && typeof previous !== "string") return undefined;
  return { kind: "closing", id, anchor: { at, chains, digest, previous } };
}

function headIn(value: unknown): AnchoredHead | undefined {
  const [chain, seq, hash]: readonly unknown[] = Array.isArray(value) ? value : [];
  if (typeof chain !== "string" || typeof seq !== "number" || typeof hash !== "string") return undefined;
  return { chain: chain as ServiceKey, seq, hash };
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Half a line, or somebody else's: the caller names it.
    return undefined;
  }
}

/** SHA-256, hex, over all heads in the order of their chains. */
function digestOf(heads: Heads): string {
  const all = [...heads].sort(([one], [other]) => (one < other ? -1 : 1));
  return sha256(canonical(all.map(([chain, { seq, hash }]) => [chain, seq, hash])));
}

function isSame(one: Head | undefined, other: Head): boolean {
  return one?.seq === other.seq && one.hash === other.hash;
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
