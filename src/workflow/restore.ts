import {
  type BlobFacts,
  type CopiedRow,
  type EvidenceContainer,
  lineOf,
  type Manifest,
  newerTables,
  rowIn,
  Tally,
} from "../ledger/backup-file.ts";
import { rowVersions, type StoredTable } from "../ledger/row-versions.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { AnchorFiles, Archive, StoreCopy } from "./audit-ports.ts";

/** A folder that holds a backup. */
export type BackupSource = {
  readonly manifest: Manifest;
  /** The lines of a table's file, each with its end. */
  readonly lines: (table: StoredTable) => AsyncIterable<string>;
  readonly blob: (container: EvidenceContainer, name: string) => Promise<string>;
};

export type RestoreMeans = {
  readonly store: StoreCopy;
  readonly anchors: AnchorFiles;
  readonly archive: Archive;
  readonly source: BackupSource;
  /** Check all of it, and write nothing. */
  readonly dryRun: boolean;
  readonly onProgress: (what: string, rows: number, of: number) => void;
};

export type Restored = {
  /** Rows and files that were written, or would be. */
  readonly rows: number;
  readonly blobs: number;
  /** Those that stood there already. */
  readonly present: number;
};

/**
 * What is written back, in this order. Leases, wake-ups and the journal of sweeps in `services` are not: they are about hosts
 * that are gone, and the first sweep finds every service anew.
 */
const restoredTables = ["policies", "consumers", "conversations", "ledger", "ledgerindex"] as const;

const rowsAtMost = 100;
const bytesAtMost = 2_500_000;
const namedAtMost = 3;

/**
 * Writes a backup into tables that are empty, or hold nothing but rows of this backup.
 *
 * Before anything is written, every file is held against the manifest and every row of the target against the backup. Rows
 * are only ever created, and anchors only added to. So it may be killed anywhere, and run again it goes on.
 * Throws when the backup is not what its manifest says, is of a newer version, or something else stands in the target.
 */
export async function restore(means: RestoreMeans): Promise<Restored> {
  refuseNewer(means.source.manifest);
  await checkFiles(means);
  const there = new Map<StoredTable, ReadonlySet<string>>();
  for (const table of restoredTables) there.set(table, await standing(table, means));
  const blobs = await missingBlobs(means);
  const present = [...there.values()].reduce((sum, keys) => sum + keys.size, 0);
  const { tables } = means.source.manifest;
  const rows = restoredTables.reduce((sum, table) => sum + tables[table].rows, 0) - present;
  if (means.dryRun) return { rows, blobs: blobs.length, present };
  // Before the rows that name them.
  for (const blob of blobs) await writeBlob(blob, means);
  let written = 0;
  for (const table of restoredTables) {
    for await (const group of groupsOf(table, there.get(table) ?? new Set(), means.source)) {
      await means.store.add(table, group);
      written += group.length;
      means.onProgress(`rows of ${table} written`, written, rows);
    }
  }
  return { rows: written, blobs: blobs.length, present };
}

function refuseNewer(manifest: Manifest): void {
  const newer = newerTables(manifest).map(
    (table) => `${table} version ${manifest.tables[table].version} (known here: ${rowVersions[table]})`,
  );
  if (newer.length > 0) {
    throw refusal(`the backup was made of a newer plgate (${manifest.plgate}): ${newer.join(", ")}; use its command`);
  }
}

/** Every byte against the manifest, and every line for a row that can be read. */
async function checkFiles(means: RestoreMeans): Promise<void> {
  for (const table of [...restoredTables, "services"] as const) await checkTable(table, means);
  const { source } = means;
  for (const blob of source.manifest.blobs) {
    if (!isFile(await source.blob(blob.container, blob.name), blob)) {
      throw refusal(`file ${blob.name} of ${blob.container} is not what the manifest says`);
    }
  }
}

async function checkTable(table: StoredTable, { source, onProgress }: RestoreMeans): Promise<void> {
  const wanted = source.manifest.tables[table];
  const tally = new Tally();
  let seen = 0;
  for await (const line of source.lines(table)) {
    const row = rowIn(line);
    if (!row) throw refusal(`the file of table ${table} holds a line that is no row`);
    tally.add(line, row);
    seen += 1;
    onProgress(`rows of ${table} checked`, seen, wanted.rows);
  }
  const { rows, sha256, version } = tally.facts;
  if (rows !== wanted.rows || sha256 !== wanted.sha256 || version !== wanted.version) {
    throw refusal(`the file of table ${table} is not what the manifest says: it was changed or is incomplete`);
  }
}

function isFile(text: string, { sha256 }: BlobFacts): boolean {
  const tally = new Tally();
  tally.add(text);
  return tally.facts.sha256 === sha256;
}

/** The keys that stand in the target already; throws when one of them stands for something else. */
async function standing(table: StoredTable, { store, source, onProgress }: RestoreMeans): Promise<ReadonlySet<string>> {
  const found = new Map<string, string>();
  for await (const row of store.rows(table)) {
    found.set(keyOf(row), lineOf(row));
    onProgress(`rows of ${table} found in the target`, found.size, source.manifest.tables[table].rows);
  }
  if (found.size === 0) return new Set();
  const same = new Set<string>();
  for await (const line of source.lines(table)) {
    const row = rowIn(line);
    if (row && found.get(keyOf(row)) === line) same.add(keyOf(row));
  }
  const others = [...found.keys()].filter((key) => !same.has(key));
  if (others.length === 0) return same;
  const named = others.slice(0, namedAtMost).join(", ");
  throw refusal(
    `table ${table} of the target is in use: ${others.length} row(s) are not those of the backup (${named})`,
  );
}

async function missingBlobs(means: RestoreMeans): Promise<readonly BlobFacts[]> {
  const missing: BlobFacts[] = [];
  for (const blob of means.source.manifest.blobs) if (await isMissing(blob, means)) missing.push(blob);
  return missing;
}

async function isMissing(blob: BlobFacts, { source, anchors, archive }: RestoreMeans): Promise<boolean> {
  const text = await source.blob(blob.container, blob.name);
  const isArchived = blob.container === "archive";
  const there = isArchived ? await archive.read(blob.name) : (await anchors.read(dayOf(blob))).text;
  if (there === text) return false;
  // Of anchors a part may be there: lines are only ever added.
  const isOurs = isArchived ? there === undefined : text.startsWith(there ?? "");
  if (isOurs) return true;
  throw refusal(`another file ${blob.name} stands in the container ${blob.container} of the target`);
}

async function writeBlob(blob: BlobFacts, { source, anchors, archive }: RestoreMeans): Promise<void> {
  const text = await source.blob(blob.container, blob.name);
  if (blob.container === "archive") {
    if (await archive.keep(blob.name, text)) return;
  } else {
    const { text: there, length } = await anchors.read(dayOf(blob));
    if (await anchors.append(dayOf(blob), text.slice(there.length), length)) return;
  }
  throw refusal(`file ${blob.name} of ${blob.container} was written by somebody else meanwhile`);
}

async function* groupsOf(
  table: StoredTable,
  skip: ReadonlySet<string>,
  source: BackupSource,
): AsyncGenerator<readonly CopiedRow[]> {
  let group: CopiedRow[] = [];
  let bytes = 0;
  for await (const line of source.lines(table)) {
    const row = rowIn(line);
    if (!row || skip.has(keyOf(row))) continue;
    const isFull = group.length === rowsAtMost || bytes + line.length > bytesAtMost;
    if (group[0] && (isFull || group[0].partition !== row.partition)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(row);
    bytes += line.length;
  }
  if (group.length > 0) yield group;
}

function dayOf({ name }: BlobFacts): string {
  return name.replace(/\.ndjson$/, "");
}

function keyOf({ partition, key }: CopiedRow): string {
  return `${partition} ${key}`;
}

function refusal(why: string): PlgateError {
  return new PlgateError(why, { retryable: false });
}
