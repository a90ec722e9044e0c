import { promises as fs } from "node:fs";
import { exists } from "./files.ts";
import { type Journal, readJournal, type Task, writeJournal } from "./part-journal.ts";
import { Refusal } from "./verb.ts";

/** What a command may do about files that are there already. */
export type Permission = { readonly resume: boolean; readonly overwrite: boolean };

/** How far a file has come: text that was added, and where the next text comes from. */
export type Advance = { readonly after: string | null; readonly events: number };

/**
 * A long file that is written piece by piece and survives the death of its writer: `FILE.part` beside a journal of how
 * far it is good. It gets its name when it is complete, so that nobody takes half of it for the whole.
 *
 * A piece is on the disk before the journal counts it, so what the journal counts is there; what follows it in the file
 * is cut off when the work goes on. Nothing is made before the first piece.
 */
export class PartFile {
  readonly #file: string;
  readonly #overwrite: boolean;
  #journal: Journal;
  #handle: fs.FileHandle | undefined;

  private constructor(file: string, overwrite: boolean, journal: Journal, handle?: fs.FileHandle) {
    this.#file = file;
    this.#overwrite = overwrite;
    this.#journal = journal;
    this.#handle = handle;
  }

  /** Throws a Refusal, and changes nothing, when the file or an unfinished one is in the way, or of another task. */
  static async open(file: string, task: Task, { resume, overwrite }: Permission): Promise<PartFile> {
    const journal = resume ? await readJournal(journalOf(file), task) : undefined;
    if (!journal) {
      if (!overwrite) refuseExisting(file, resume);
      const fresh = { v: 1, task, began: new Date(), after: null, events: 0, bytes: 0, done: false } as const;
      return new PartFile(file, overwrite, fresh);
    }
    // Once it has its name there is no part any more, and the file is ours.
    if (!overwrite && exists(partOf(file))) refuseFinished(file);
    return new PartFile(file, overwrite, journal, journal.done ? undefined : await reopened(file, journal));
  }

  /** When the work began, by which its filters are read; how far it is. `done`: only its name may be missing. */
  get journal(): Journal {
    return this.#journal;
  }

  /** Nothing follows what is in it, but perhaps a last text. */
  get isFilled(): boolean {
    return this.#journal.bytes > 0 && this.#journal.after === null;
  }

  async append(text: string, { after, events }: Advance): Promise<void> {
    const bytes = await this.#written(text);
    await this.#keep({ ...this.#journal, after, events, bytes });
  }

  /** Adds the last text and gives the file its name. May be called again for one that is done but has no name yet. */
  async finish(text: string): Promise<void> {
    if (!this.#journal.done) await this.#keep({ ...this.#journal, bytes: await this.#written(text), done: true });
    await this.close();
    if (exists(partOf(this.#file))) {
      if (!this.#overwrite) refuseFinished(this.#file);
      await fs.rename(partOf(this.#file), this.#file);
    }
    await fs.rm(journalOf(this.#file));
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #written(text: string): Promise<number> {
    this.#handle ??= await this.#made();
    const { size } = await this.#handle.stat();
    if (size !== this.#journal.bytes) throw new Refusal(`somebody else writes to ${partOf(this.#file)}, too`, 1);
    await this.#handle.appendFile(text);
    await this.#handle.datasync();
    return size + Buffer.byteLength(text);
  }

  // The journal comes first: a file without one could not be told from somebody else's.
  async #made(): Promise<fs.FileHandle> {
    if (this.#overwrite) await fs.rm(partOf(this.#file), { force: true });
    await this.#keep(this.#journal);
    return fs.open(partOf(this.#file), "ax", 0o600).catch((error: unknown) => refuseFile(this.#file, error));
  }

  async #keep(journal: Journal): Promise<void> {
    await writeJournal(journalOf(this.#file), journal).catch((error: unknown) => refuseFile(this.#file, error));
    this.#journal = journal;
  }
}

function partOf(file: string): string {
  return `${file}.part`;
}

function journalOf(file: string): string {
  return `${file}.part.json`;
}

/** What the journal does not count was being written when the writer died. */
async function reopened(file: string, { bytes }: Journal): Promise<fs.FileHandle | undefined> {
  const part = partOf(file);
  if (bytes === 0) {
    await fs.rm(part, { force: true });
    return undefined;
  }
  const handle = await fs.open(part, "a").catch((error: unknown) => refuseFile(file, error));
  const { size } = await handle.stat();
  if (size < bytes) {
    await handle.close();
    throw new Refusal(`${part} is shorter than its journal says; --overwrite begins anew`);
  }
  await handle.truncate(bytes);
  return handle;
}

function refuseFinished(file: string): void {
  if (exists(file)) throw new Refusal(`${file} exists; say --overwrite to replace it`);
}

function refuseExisting(file: string, resume: boolean): void {
  refuseFinished(file);
  if (resume || (!exists(journalOf(file)) && !exists(partOf(file)))) return;
  throw new Refusal(`${partOf(file)} is an unfinished export; --resume goes on with it, --overwrite begins anew`);
}

function refuseFile(file: string, error: unknown): never {
  throw new Refusal(`${file} cannot be written: ${error instanceof Error ? error.message : error}`, 1);
}
