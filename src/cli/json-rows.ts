import { TextWindow } from "./text-window.ts";

/** An entry of a list in a JSON file, or why it is none; `line` is where it begins, counted from 1. */
export type JsonRow =
  | { readonly line: number; readonly value: unknown }
  | { readonly line: number; readonly fault: string };

/** Nothing that we import is nearly as long, and memory stays flat whatever a file holds. */
const longest = 65_536;
const opening = /^\s*(?:\[|\{\s*"value"\s*:\s*\[)/;
const token = /"(?:[^"\\]|\\.)*"|["[\]{},]/gs;

/** One step: what it found, and which step comes next; `more` when the window has to grow first. */
type Step = { readonly found?: JsonRow; readonly next: Phase | "more" | "done" };
type Phase = (window: TextWindow) => Step;

/**
 * Reads a JSON list, or an object whose first member is the list `value` (as the API and `--json` give it), entry by
 * entry from text in pieces of any size. An entry that is no JSON is given as a fault and the next one is read; where
 * the list itself breaks off, a last fault says so.
 */
export async function* readJsonList(pieces: AsyncIterable<string>): AsyncGenerator<JsonRow> {
  const window = new TextWindow();
  let phase: Phase = open;
  for await (const _ of window.fed(pieces)) {
    let step = phase(window);
    for (; typeof step.next === "function"; step = phase(window)) {
      if (step.found) yield step.found;
      phase = step.next;
    }
    if (step.found) yield step.found;
    if (step.next === "done") return;
  }
}

function open(window: TextWindow): Step {
  const found = opening.exec(window.text)?.[0];
  if (found === undefined && !window.last && window.rest < longest) return { next: "more" };
  if (found === undefined) return broken(window, 'is no list: [ ... ] or { "value": [ ... ] }');
  window.moveTo(found.length);
  return { next: entryOrEnd(found) };
}

function entryOrEnd(opened: string): Phase {
  const phase: Phase = (window) => {
    const start = skipped(window, /\s*/y);
    if (window.text[start] === "]") {
      window.moveTo(start + 1);
      return { next: closing(opened) };
    }
    return entry(window, start, behindEntry(opened));
  };
  return phase;
}

function behindEntry(opened: string): Phase {
  const phase: Phase = (window) => {
    const start = skipped(window, /\s*/y);
    const sign = window.text[start];
    if (sign === undefined) return window.last ? brokenOff(window) : { next: "more" };
    window.moveTo(start + 1);
    if (sign === "]") return { next: closing(opened) };
    return { next: (later) => entry(later, skipped(later, /\s*/y), phase) };
  };
  return phase;
}

/** An entry ends at the comma or bracket that is not inside of it; the phase behind it reads that. */
function entry(window: TextWindow, start: number, behind: Phase): Step {
  const end = endOfEntry(window.text, start);
  if (end === undefined) {
    return window.last || window.text.length - start > longest ? brokenOff(window) : { next: "more" };
  }
  window.moveTo(start);
  const { line } = window;
  const text = window.text.slice(start, end);
  window.moveTo(end);
  const found = isJson(text) ? { line, value: JSON.parse(text) as unknown } : { line, fault: "is not JSON" };
  return { found, next: behind };
}

/** What the list is wrapped in has to close as it was opened. */
function closing(opened: string): Phase {
  return (window) => {
    if (!window.last && window.rest <= longest) return { next: "more" };
    const whole = isJson(`${opened}]${window.text.slice(window.at)}`);
    return whole ? { next: "done" } : broken(window, "goes on behind the list as no JSON does");
  };
}

function endOfEntry(text: string, start: number): number | undefined {
  const depths: Readonly<Record<string, number>> = { "[": 1, "{": 1, "]": -1, "}": -1 };
  let depth = 0;
  token.lastIndex = start;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const sign = found[0];
    // The string may go on in what comes next.
    if (sign === '"') return undefined;
    if (depth === 0 && (sign === "," || sign === "]")) return found.index;
    depth += depths[sign] ?? 0;
  }
  return undefined;
}

function brokenOff(window: TextWindow): Step {
  return broken(window, "breaks off: an entry or the list does not end");
}

function broken({ line }: TextWindow, fault: string): Step {
  return { found: { line, fault }, next: "done" };
}

function skipped({ text, at }: TextWindow, pattern: RegExp): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // The caller says where.
    return false;
  }
}
