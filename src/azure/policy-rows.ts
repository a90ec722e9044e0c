import { odata, type TableClient } from "@azure/data-tables";
import type { Authorship, Pointer, PolicyVersion, PublishedVersion, Signature } from "../ledger/policy-record.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import { engineVersion, policyDigest } from "../policy/digest.ts";
import type { StoredPointer } from "../workflow/ports.ts";
import type { Columns } from "./change-row.ts";
import {
  bodyColumns,
  damaged,
  findRow,
  newestFirst,
  numberIn,
  plainColumn,
  type Row,
  readBody,
  readPage,
  textIn,
} from "./rows.ts";

/*
 * The table `policies`: the immutable versions of a policy in the partition of its name, the highest first, and all
 * pointers to what is in force together in one partition. So "what is in force" is one short range, and never a walk
 * over every version of every policy.
 */
export const activePartition = "~active";
/** A row for each name under which a version was ever kept; written before the first one. */
export const namesPartition = "~names";
const versionDigits = 10;
/** A binary property holds 64 KiB (azure.md 8.1). */
const chunkBytes = 60 * 1024;

/** What a listing of versions reads: all but the source. */
export const versionFacts = ["version", "sha256", "author", "note", "at", "body0"] as const;

export function versionKey(version: number): string {
  return newestFirst(version, versionDigits);
}

export function versionColumns(source: string, published: PublishedVersion): Columns {
  const bytes = Buffer.from(source, "utf8");
  const chunks: Record<string, Uint8Array> = {};
  for (let at = 0, n = 0; at < bytes.length; at += chunkBytes, n += 1) {
    chunks[`source${n}`] = bytes.subarray(at, at + chunkBytes);
  }
  const { version, sha256, author, note, at, who, door, correlation, acknowledged } = published;
  return {
    ...{ v: rowVersions.policies, version, sha256, engine: engineVersion, bytes: bytes.length, at },
    ...{ author: plainColumn(author), note: plainColumn(note) },
    ...bodyColumns(`version ${version}`, { who, door, correlation, acknowledged }),
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

/** What a row says about its version; of one that another hand put into the table it is not known who published it. */
export function readPublished(row: Row): PublishedVersion {
  const sha256 = textIn(row, "sha256");
  if (sha256 === null) throw damaged(row, "it has no digest");
  const signed = row["body0"] === undefined ? unsigned : readBody(row);
  const { who, door, correlation, acknowledged } = signed as Signature & Pick<PublishedVersion, "acknowledged">;
  const { author, note, at } = authorshipIn(row);
  const version = { name: row.partitionKey, version: numberIn(row, "version"), sha256 };
  return { ...version, author, note, at, who, door, correlation, acknowledged };
}

const unsigned = { who: { kind: "outside" }, door: "outside", correlation: "", acknowledged: [] } as const;

export function pointerColumns({ active, previous, activation, by }: Pointer): Columns {
  const { author, note, at } = by;
  const before = previous ? { previousVersion: previous.version, previousSha256: previous.sha256 } : {};
  return {
    ...{ version: active.version, sha256: active.sha256, activation, at },
    ...{ author: plainColumn(author), note: plainColumn(note) },
    ...before,
  };
}

export function readPointer(row: Row): StoredPointer {
  const sha256 = textIn(row, "sha256");
  if (sha256 === null) throw damaged(row, "it names no version");
  const before = textIn(row, "previousSha256");
  const previous = before === null ? null : { version: numberIn(row, "previousVersion"), sha256: before };
  return {
    name: row.rowKey,
    active: { version: numberIn(row, "version"), sha256 },
    previous,
    activation: typeof row["activation"] === "number" ? row["activation"] : 0,
    by: authorshipIn(row),
    etag: row.etag,
  };
}

function authorshipIn(row: Row): Authorship {
  const [author = "", note = "", at = ""] = ["author", "note", "at"].map((column) => textIn(row, column) ?? "");
  return { author, note, at };
}
