import { createHash } from "node:crypto";
import { canonical } from "./chain.ts";
import type { Json, NewEvent } from "./event.ts";

/*
 * A row of Table Storage holds 1 MiB (at two bytes a character) and a group of rows 4 MiB (azure.md 8.1). The longest
 * event and the sum of a step's events stay far enough below both that quoting cannot break them.
 */
const longestEvent = 400_000;
const longestStep = 600_000;

/**
 * Makes the events of one step fit into their rows, so that a decision is never lost for the size of its explanation.
 *
 * What is too large loses its trace, and if that is not enough its whole detail; a note with the length and SHA-256 of
 * the canonical JSON stands in its place, so that a copy kept elsewhere can be proven. Runs before the chain is linked:
 * the hash covers what is stored. Gives the same events, untouched, in all ordinary cases.
 */
export function fitEvents(events: readonly NewEvent[]): readonly NewEvent[] {
  if (fits(events)) return events;
  const traced = events.map(withoutTrace);
  return fits(traced) ? traced : traced.map(withoutDetail);
}

/**
 * Canonical JSON in nothing but printable ASCII: what is stored. It reads back as the same value, may be cut anywhere,
 * and no one on the way can break a letter in two or take a control character for its own.
 */
export function asciiJson(value: Json): string {
  return canonical(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function fits(events: readonly NewEvent[]): boolean {
  const lengths = events.map((event) => asciiJson(event).length);
  return Math.max(0, ...lengths) <= longestEvent && lengths.reduce((sum, length) => sum + length, 0) <= longestStep;
}

function withoutTrace(event: NewEvent): NewEvent {
  const verdict = isMap(event.detail) ? event.detail["verdict"] : undefined;
  const trace = isMap(verdict) ? verdict["trace"] : undefined;
  if (!isMap(event.detail) || !isMap(verdict) || trace === undefined) return event;
  return { ...event, detail: { ...event.detail, verdict: { ...verdict, trace: omitted(trace) } } };
}

function withoutDetail(event: NewEvent): NewEvent {
  return asciiJson(event.detail).length <= shortDetail ? event : { ...event, detail: omitted(event.detail) };
}

const shortDetail = 4_000;

function omitted(value: Json): Json {
  const text = canonical(value);
  const sha256 = createHash("sha256").update(text, "utf8").digest("hex");
  return { omitted: "too large to be stored", characters: text.length, sha256 };
}

function isMap(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
