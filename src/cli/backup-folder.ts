import { promises as fs } from "node:fs";
import { type BlobFacts, type EvidenceContainer, manifestIn, Tally } from "../ledger/backup-file.ts";
import type { StoredTable } from "../ledger/row-versions.ts";
import type { BackupFile, BackupFolder } from "../workflow/back-up.ts";
import type { BackupSource } from "../workflow/restore.ts";
import { exists, readPieces, readText } from "./files.ts";
import { Refusal } from "./verb.ts";

/*
 * DIR/manifest.json, DIR/tables/<table>.ndjson and DIR/blobs/<container>/<name>. It is made as DIR.part and gets its name
 * when it is whole, so that nobody takes a part of it for a backup. Whoever made it may read it and nobody else.
 */
const ours = 0o600;
const oursToOpen = 0o700;
const flushAt = 1_000_000;

/** Begins a backup. Takes away what a backup that was killed left behind; refuses a folder that is there. */
export async function newBackup(dir: string): Promise<BackupFolder> {
  if (exists(dir)) throw new Refusal(`${dir} exists; name a folder that is not there yet`);
  const part = `${dir}.part`;
  await writing(dir, async () => {
    await fs.rm(part, { recursive: true, force: true });
    await fs.mkdir(`${part}/tables`, { recursive: true, mode: oursToOpen });
  });
  return {
    table: (name) => TableFile.open(fileOf(part, name)),
    blob: (container, name, text) => writing(dir, () => keepBlob(part, container, name, text)),
    finish: (manifest) =>
      writing(dir, async () => {
        await writeWhole(`${part}/manifest.json`, `${JSON.stringify(manifest, undefined, 2)}\n`);
        await fs.rename(part, dir);
      }),
  };
}

/** Opens a backup for reading; refuses what is none, or one that was not finished. */
export function openBackup(dir: string): BackupSource {
  if (!exists(dir) && exists(`${dir}.part`)) {
    throw new Refusal(`${dir} was not finished: ${dir}.part is not a backup. Make it again`);
  }
  const manifest = manifestIn(readText(`${dir}/manifest.json`));
  if (!manifest) throw new Refusal(`${dir}/manifest.json is not the manifest of a backup that this plgate knows`);
  return {
    manifest,
    lines: (table) => linesOf(fileOf(dir, table)),
    blob: async (container, name) => readText(blobOf(dir, container, name)),
  };
}

class TableFile implements BackupFile {
  readonly #handle: fs.FileHandle;
  readonly #tally = new Tally();
  #waiting: string[] = [];
  #length = 0;

  private constructor(handle: fs.FileHandle) {
    this.#handle = handle;
  }

  static async open(file: string): Promise<TableFile> {
    return new TableFile(await writing(file, () => fs.open(file, "wx", ours)));
  }

  append: BackupFile["append"] = async (row, line) => {
    this.#tally.add(line, row);
    this.#waiting.push(line);
    this.#length += line.length;
    if (this.#length >= flushAt) await this.#flush();
  };

  mark: BackupFile["mark"] = async () => {
    await this.#flush();
    const [back, { bytes }] = [this.#tally.mark(), this.#tally.facts];
    return async () => {
      this.#waiting = [];
      this.#length = 0;
      back();
      await this.#handle.truncate(bytes);
    };
  };

  close: BackupFile["close"] = async () => {
    await this.#flush();
    await this.#handle.datasync();
    await this.#handle.close();
    return this.#tally.facts;
  };

  // At the end of what is good: truncating leaves the place of the next write behind it.
  async #flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const text = this.#waiting.join("");
    await this.#handle.write(text, this.#tally.facts.bytes - Buffer.byteLength(text));
    this.#waiting = [];
    this.#length = 0;
  }
}

async function keepBlob(dir: string, container: EvidenceContainer, name: string, text: string): Promise<BlobFacts> {
  const file = blobOf(dir, container, name);
  await fs.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: oursToOpen });
  await writeWhole(file, text);
  const tally = new Tally();
  tally.add(text);
  const { bytes, sha256 } = tally.facts;
  return { container, name, bytes, sha256 };
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await fs.open(file, "wx", ours);
  try {
    await handle.writeFile(text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of readPieces(file, () => {})) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield `${line}\n`;
  }
  // A file that was cut has no end of line; its hash says so.
  if (rest !== "") yield rest;
}

function fileOf(dir: string, table: StoredTable): string {
  return `${dir}/tables/${table}.ndjson`;
}

/** Names come from a container, or from a file: one that leads out of the folder is refused. */
function blobOf(dir: string, container: EvidenceContainer, name: string): string {
  if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name)) throw new Refusal(`${name} is no name of a file of plgate`, 1);
  return `${dir}/blobs/${container}/${name}`;
}

async function writing<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`${what} cannot be written: ${error instanceof Error ? error.message : error}`, 1);
  }
}
