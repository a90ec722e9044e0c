import { createHash } from "node:crypto";
import type { ServiceKey } from "../requests/request-id.ts";
import { emptyHead, type Head, verifyChain } from "./chain.ts";
import type { AuditEvent } from "./event.ts";
import { asciiJson } from "./fit.ts";

/**
 * A part of a chain that was moved out of the table into a blob: events `first` to `last`. `prev` is the hash of the
 * event before the first, `hash` that of the last, so that the chain verifies across the seam without the blob's help.
 */
export type Segment = {
  readonly first: number;
  readonly last: number;
  readonly prev: string;
  readonly hash: string;
  readonly blob: string;
  /** Of the blob's bytes. */
  readonly sha256: string;
};

export type SegmentFile = { readonly segment: Segment; readonly text: string };

const seqDigits = 10;

/** Lays events out as a file: one event a line, oldest first, as canonical JSON. The same events give the same bytes. */
export function segmentFile(chain: ServiceKey, events: readonly AuditEvent[]): SegmentFile | undefined {
  const [first, last] = [events[0], events.at(-1)];
  if (!first || !last) return undefined;
  const text = events.map((event) => `${asciiJson(event)}\n`).join("");
  const blob = `${chain}/${padded(first.seq)}-${padded(last.seq)}.ndjson`;
  const { prev } = first;
  return { text, segment: { first: first.seq, last: last.seq, prev, hash: last.hash, blob, sha256: sha256(text) } };
}

export type ReadSegment =
  | { readonly ok: true; readonly events: readonly AuditEvent[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Reads a segment's file: believed only when it is byte for byte what was sealed, and when its events follow from one
 * another from `prev` to `hash`.
 */
export async function readSegment(segment: Segment, text: string): Promise<ReadSegment> {
  if (sha256(text) !== segment.sha256) return { ok: false, problem: `blob ${segment.blob} is not what was sealed` };
  const events = parsed(text);
  if (!events) return { ok: false, problem: `blob ${segment.blob} holds no events` };
  const verified = await verifyChain(events, headOf(segment), headBefore(segment));
  if (!verified.ok) return { ok: false, problem: `blob ${segment.blob}: ${verified.fault.problem}` };
  return { ok: true, events };
}

function headOf({ last, hash }: Segment): Head {
  return { seq: last, hash };
}

function headBefore({ first, prev }: Segment): Head {
  return first === 1 ? emptyHead : { seq: first - 1, hash: prev };
}

function parsed(text: string): readonly AuditEvent[] | undefined {
  try {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line): AuditEvent => JSON.parse(line));
  } catch {
    // Whoever sealed it wrote JSON; the caller says that this is something else.
    return undefined;
  }
}

function padded(seq: number): string {
  return String(seq).padStart(seqDigits, "0");
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
