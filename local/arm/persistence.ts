import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { isRecord } from "./shape.ts";
import { emptySnapshot, type Snapshot } from "./store.ts";

const version = 1;

/** What lies in the state file: the snapshot, and how often it was opened (so that no start draws the ids of an earlier one). */
export type SavedState = { readonly snapshot: Snapshot; readonly starts: number };

/**
 * Reads a state file; an absent one is a fresh start.
 * Throws on a file that is damaged or of another version: starting empty over somebody's state would look like data loss.
 */
export async function loadState(file: string): Promise<SavedState> {
  const text = await readIfThere(file);
  if (text === undefined) return { snapshot: emptySnapshot, starts: 0 };
  const saved = parseState(text);
  if (!saved) throw new Error(`${file} is not a state file of this local ARM: remove it, or start with --fresh.`);
  return saved;
}

export type Saver = {
  /** Says that there is something new to save. */
  changed(): void;
  /** Resolves when everything that had changed by the time of the call is on disk. */
  saved(): Promise<void>;
};

/**
 * Saves the state after each change, many changes at once when they come fast.
 *
 * Written beside and renamed, so the file is whole at any instant. Since every answer waits for `saved()`, whatever a client was
 * told survives a `kill -9` right after it; a half-finished save loses only what nobody has heard of.
 */
export function createSaver(file: string | undefined, current: () => SavedState): Saver {
  let wanted = 0;
  let written = 0;
  let running: Promise<void> | undefined;
  if (file === undefined) return { changed: () => {}, saved: async () => {} };

  const save = async () => {
    const target = wanted;
    await replaceFile(file, JSON.stringify({ version, ...current() }));
    written = target;
  };
  const saved = async () => {
    const target = wanted;
    while (written < target) {
      running ??= save().finally(() => {
        running = undefined;
      });
      await running;
    }
  };
  return {
    changed: () => {
      wanted += 1;
    },
    saved,
  };
}

function parseState(text: string): SavedState | undefined {
  const value = parseJson(text);
  if (!isRecord(value) || value["version"] !== version || typeof value["starts"] !== "number") return undefined;
  const snapshot = value["snapshot"];
  const parts = Object.keys(emptySnapshot);
  if (!isRecord(snapshot) || !parts.every((part) => Array.isArray(snapshot[part]))) return undefined;
  // Our own file, version and frame checked: its rows were written from these very types.
  return { snapshot: snapshot as unknown as Snapshot, starts: value["starts"] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  // One name for all drafts: whatever a kill leaves behind, the next save overwrites.
  const draft = `${file}.draft`;
  try {
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}
