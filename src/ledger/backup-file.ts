import { createHash } from "node:crypto";
import { asciiJson } from "./fit.ts";
import { versionIn } from "./migrate-row.ts";
import { rowVersions, type StoredTable } from "./row-versions.ts";

/** A value of a column: what JSON has no type for carries storage's own. */
export type CopiedValue = string | number | boolean | { readonly type: string; readonly value: string };

/** A row as it is stored, without what storage adds to it (etag, time stamp). */
export type CopiedRow = {
  readonly partition: string;
  readonly key: string;
  readonly columns: Readonly<Record<string, CopiedValue>>;
};

/** What stands in a file of a backup. */
export type FileFacts = { readonly bytes: number; readonly sha256: string };
export type TableFacts = FileFacts & {
  readonly rows: number;
  /** The highest version of a row in it. */
  readonly version: number;
};

export const evidenceContainers = ["anchors", "archive"] as const;
export type EvidenceContainer = (typeof evidenceContainers)[number];
export type BlobFacts = FileFacts & { readonly container: EvidenceContainer; readonly name: string };

/** What a backup says of itself. It is written last, so whatever has one is whole. */
export type Manifest = {
  readonly v: 1;
  /** The version of plgate that made it. */
  readonly plgate: string;
  readonly at: string;
  /** Where the rows came from, in words. */
  readonly from: string;
  readonly chains: number;
  readonly tables: Readonly<Record<StoredTable, TableFacts>>;
  readonly blobs: readonly BlobFacts[];
};

export const storedTables = [
  ...(["policies", "consumers", "conversations", "services", "ledger", "ledgerindex"] as const),
] satisfies readonly StoredTable[];

/** A row as one line: the same row gives the same bytes. */
export function lineOf({ partition, key, columns }: CopiedRow): string {
  return `${asciiJson({ pk: partition, rk: key, columns })}\n`;
}

/** Undefined for a line that holds no row. */
export function rowIn(line: string): CopiedRow | undefined {
  const value = jsonIn(line);
  if (!isMap(value)) return undefined;
  const { pk: partition, rk: key, columns } = value;
  if (typeof partition !== "string" || typeof key !== "string" || !isMap(columns)) return undefined;
  return Object.values(columns).every(isCopied)
    ? { partition, key, columns: columns as CopiedRow["columns"] }
    : undefined;
}

/** The version that a copied row carries. */
function versionOfRow({ columns }: Pick<CopiedRow, "columns">): number {
  return versionIn(columns["v"]);
}

/** Undefined for what is no manifest, or one of another form than this version knows. */
export function manifestIn(text: string): Manifest | undefined {
  const value = jsonIn(text);
  if (!isMap(value) || value["v"] !== 1 || !isMap(value["tables"]) || !Array.isArray(value["blobs"])) return undefined;
  const tables = value["tables"];
  const isWhole = storedTables.every((name) => isFacts(tables[name])) && value["blobs"].every(isBlob);
  return isWhole ? (value as Manifest) : undefined;
}

/** Tables of which the backup holds rows that this version of plgate does not know. */
export function newerTables({ tables }: Manifest): readonly StoredTable[] {
  return storedTables.filter((name) => tables[name].version > rowVersions[name]);
}

/** Counts and hashes what is written or read, and can be put back to where it was. */
export class Tally {
  #hash = createHash("sha256");
  #facts = { rows: 0, bytes: 0, version: 1 };

  add(text: string, row?: Pick<CopiedRow, "columns">): void {
    this.#hash.update(text, "utf8");
    const { rows, bytes, version } = this.#facts;
    const highest = row ? Math.max(version, versionOfRow(row)) : version;
    this.#facts = { rows: rows + (row ? 1 : 0), bytes: bytes + Buffer.byteLength(text), version: highest };
  }

  get facts(): TableFacts {
    return { ...this.#facts, sha256: this.#hash.copy().digest("hex") };
  }

  /** Gives what brings the tally back to this moment. */
  mark(): () => void {
    const [hash, facts] = [this.#hash.copy(), this.#facts];
    return () => {
      this.#hash = hash.copy();
      this.#facts = facts;
    };
  }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: not ours, and the caller says so.
    return undefined;
  }
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCopied(value: unknown): value is CopiedValue {
  if (isMap(value)) return typeof value["type"] === "string" && typeof value["value"] === "string";
  return ["string", "number", "boolean"].includes(typeof value);
}

function isFacts(value: unknown): boolean {
  return (
    isMap(value) &&
    typeof value["sha256"] === "string" &&
    ["rows", "bytes", "version"].every((name) => typeof value[name] === "number")
  );
}

function isBlob(value: unknown): boolean {
  return (
    isMap(value) &&
    typeof value["sha256"] === "string" &&
    typeof value["name"] === "string" &&
    evidenceContainers.some((name) => name === value["container"])
  );
}
