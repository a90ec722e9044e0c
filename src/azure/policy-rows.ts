import { odata, type TableClient } from "@azure/data-tables";
import { engineVersion, policyDigest } from "../policy/digest.ts";
import type { Columns } from "./change-row.ts";
import { damaged, findRow, newestFirst, numberIn, plainColumn, type Row, readPage, textIn } from "./rows.ts";

/*
 * The table `policies`: the immutable versions of a policy in the partition of its name, the highest first, and all
 * pointers to what is in force together in one partition. So "what is in force" is one short range, and never a walk
 * over every version of every policy.
 */
export const activePartition = "~active";
const versionDigits = 10;
/** A binary property holds 64 KiB (azure.md 8.1). */
const chunkBytes = 60 * 1024;

export type PolicyVersion = { readonly version: number; readonly sha256: string };

/** Which version of a policy is in force, and which one was before. */
export type Pointer = {
  readonly name: string;
  readonly active: PolicyVersion;
  readonly previous: PolicyVersion | null;
  /** Who put it in force. */
  readonly by: Authorship;
};

export type Authorship = { readonly author: string; readonly note: string; readonly at: string };

/** The bytes that the policy's name, version and digest stand for, as its author wrote them. */
export type StoredSource = PolicyVersion & { readonly source: string };

export function versionKey(version: number): string {
  return newestFirst(version, versionDigits);
}

export function versionColumns({ version, sha256, source }: StoredSource, by: Authorship): Columns {
  const bytes = Buffer.from(source, "utf8");
  const chunks: Record<string, Uint8Array> = {};
  for (let at = 0, n = 0; at < bytes.length; at += chunkBytes, n += 1) {
    chunks[`source${n}`] = bytes.subarray(at, at + chunkBytes);
  }
  const { author, note, at } = by;
  return {
    ...{ v: 1, version, sha256, engine: engineVersion, bytes: bytes.length, at },
    ...{ author: plainColumn(author), note: plainColumn(note) },
    ...chunks,
  };
}

/** The source of a version; throws when it is not there, cannot be read, or is not what its digest says. */
export async function readVersion(table: TableClient, name: string, wanted: PolicyVersion): Promise<string> {
  const row = await findRow(table, name, versionKey(wanted.version));
  if (!row) throw new Error(`version ${wanted.version} is not in the store`);
  const source = sourceIn(row);
  if (policyDigest(source) !== wanted.sha256) throw damaged(row, "its bytes are not those that were published");
  return source;
}

export function sourceIn(row: Row): string {
  const chunks: Uint8Array[] = [];
  for (let n = 0; ; n += 1) {
    const chunk = row[`source${n}`];
    if (!(chunk instanceof Uint8Array)) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The highest version number of a policy; 0 when there is none. */
export async function highestVersion(table: TableClient, name: string): Promise<number> {
  const filter = odata`PartitionKey eq ${name}`;
  let page = await readPage(table, filter, 1, undefined, ["version"]);
  while (page.rows.length === 0 && page.continuationToken !== undefined) {
    page = await readPage(table, filter, 1, page.continuationToken, ["version"]);
  }
  const [highest] = page.rows;
  return highest ? numberIn(highest, "version") : 0;
}

export function pointerColumns(active: PolicyVersion, previous: PolicyVersion | null, by: Authorship): Columns {
  const { author, note, at } = by;
  const before = previous ? { previousVersion: previous.version, previousSha256: previous.sha256 } : {};
  return {
    ...{ version: active.version, sha256: active.sha256, at },
    ...{ author: plainColumn(author), note: plainColumn(note) },
    ...before,
  };
}

export function readPointer(row: Row): Pointer {
  const sha256 = textIn(row, "sha256");
  if (sha256 === null) throw damaged(row, "it names no version");
  const before = textIn(row, "previousSha256");
  const previous = before === null ? null : { version: numberIn(row, "previousVersion"), sha256: before };
  const [author = "", note = "", at = ""] = ["author", "note", "at"].map((column) => textIn(row, column) ?? "");
  return {
    name: row.rowKey,
    active: { version: numberIn(row, "version"), sha256 },
    previous,
    by: { author, note, at },
  };
}
