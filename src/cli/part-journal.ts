import { promises as fs } from "node:fs";
import { exists } from "./files.ts";
import { Refusal } from "./verb.ts";

/** What is being made, name by name: a journal belongs to exactly this. */
export type Task = Readonly<Record<string, string>>;

/** How far an unfinished file is good. */
export type Journal = {
  readonly v: 1;
  readonly task: Task;
  readonly began: Date;
  /** Where the next piece begins; null before the first and after the last. */
  readonly after: string | null;
  readonly events: number;
  /** The length up to which the file is good. */
  readonly bytes: number;
  /** All is written, and only the name is missing. */
  readonly done: boolean;
};

/** Puts the journal in the place of the one before, as a whole: a reader sees the old or the new one. */
export async function writeJournal(path: string, journal: Journal): Promise<void> {
  const next = `${path}.next`;
  const handle = await fs.open(next, "w", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(journal)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await fs.rename(next, path);
}

/** Undefined when there is none. Throws a Refusal for a journal of another task, and for one that we did not write. */
export async function readJournal(path: string, task: Task): Promise<Journal | undefined> {
  if (!exists(path)) return undefined;
  const journal = journalIn(parsed(await fs.readFile(path, "utf8")));
  if (!journal) throw new Refusal(`${path} is not the journal of an export; --overwrite begins anew`);
  const names = [...new Set([...Object.keys(journal.task), ...Object.keys(task)])].sort();
  const differ = names.filter((name) => journal.task[name] !== task[name]);
  if (differ.length === 0) return journal;
  const said = differ.map((name) => `--${name}${valueIn(journal.task, name)}`).join(", ");
  throw new Refusal(`the unfinished export is another one: it was begun with ${said}; --overwrite begins anew`);
}

// Whether it was the same key is for nobody to see.
function valueIn(task: Task, name: string): string {
  if (task[name] === undefined) return " left out";
  return name === "pseudonyms" ? " of another key" : ` ${task[name]}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: not ours, and the caller says so.
    return undefined;
  }
}

function journalIn(value: unknown): Journal | undefined {
  if (!isMap(value) || value["v"] !== 1 || !isMap(value["task"])) return undefined;
  const { began, after, events, bytes, done } = value;
  const task = Object.entries(value["task"]).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const time = new Date(typeof began === "string" ? began : "");
  if (Number.isNaN(time.getTime()) || !isCount(events) || !isCount(bytes) || typeof done !== "boolean")
    return undefined;
  if (after !== null && typeof after !== "string") return undefined;
  return { v: 1, task: Object.fromEntries(task), began: time, after, events, bytes, done };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
