import { odata, type TableClient } from "@azure/data-tables";
import type { Pointer, PublishedVersion } from "../ledger/policy-record.ts";
import { rowVersions } from "../ledger/row-versions.ts";
import { policyDigest } from "../policy/digest.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { PolicyVersions, StoredPointer, StoredVersion } from "../workflow/ports.ts";
import type { Columns } from "./change-row.ts";
import {
  activePartition,
  highestVersion,
  namesPartition,
  pointerColumns,
  readPointer,
  readPublished,
  sourceIn,
  versionColumns,
  versionFacts,
  versionKey,
} from "./policy-rows.ts";
import { damaged, findRow, type Row, readPage, rowsOf } from "./rows.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

const triesAtMost = 10;
const rowsAtOnce = 1000;

/** The rows of policies, for those who change them: nothing here judges what a policy says. */
export class PolicyVersionTable implements PolicyVersions {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  async keep(source: string, published: Omit<PublishedVersion, "version">): Promise<PublishedVersion> {
    const { name } = published;
    return this.#asked(`policy ${name} cannot be published`, async () => {
      for (let tries = 1; tries <= triesAtMost; tries += 1) {
        const kept = await this.#keep(source, published);
        if (kept) return kept;
      }
      throw new PlgateError(`policy ${name} is being published by others`, { retryable: true });
    });
  }

  /** Undefined when somebody else took the number. */
  async #keep(source: string, published: Omit<PublishedVersion, "version">): Promise<PublishedVersion | undefined> {
    const { name, sha256 } = published;
    const highest = await highestVersion(this.#table, name);
    const last = highest > 0 ? await findRow(this.#table, name, versionKey(highest)) : undefined;
    if (last && isSame(last, sha256)) return readPublished(last);
    // Before the first version: a version that no list shows would be one that nobody finds.
    if (highest === 0) await this.#know(name);
    const kept = { ...published, version: highest + 1 };
    const isKept = await this.#write(name, versionKey(kept.version), versionColumns(source, kept), null);
    return isKept ? kept : undefined;
  }

  async version(name: string, version: number): Promise<StoredVersion | undefined> {
    return this.#asked(`version ${version} of policy ${name} cannot be read`, async () => {
      const row = await findRow(this.#table, name, versionKey(version));
      if (!row) return undefined;
      const published = readPublished(row);
      const source = sourceIn(row);
      if (policyDigest(source) !== published.sha256) throw damaged(row, "its bytes are not those that were published");
      return { published, source };
    });
  }

  async versions(name: string): Promise<readonly PublishedVersion[]> {
    return this.#asked(`the versions of policy ${name} cannot be listed`, async () => {
      const filter = odata`PartitionKey eq ${name}`;
      const found: PublishedVersion[] = [];
      let next: string | undefined;
      do {
        const page = await readPage(this.#table, filter, rowsAtOnce, next, versionFacts);
        found.push(...page.rows.map(readPublished));
        next = page.continuationToken;
      } while (next !== undefined);
      return found;
    });
  }

  async pointers(): Promise<readonly StoredPointer[]> {
    return this.#asked("the policies cannot be listed", async () => {
      const pointers: StoredPointer[] = [];
      for await (const row of rowsOf(this.#table, odata`PartitionKey eq ${activePartition}`)) {
        pointers.push(readPointer(row));
      }
      return pointers;
    });
  }

  async pointer(name: string): Promise<StoredPointer | undefined> {
    return this.#asked(`policy ${name} cannot be read`, async () => {
      const row = await findRow(this.#table, activePartition, name);
      return row && readPointer(row);
    });
  }

  async point(to: Pointer, seen: string | null): Promise<boolean> {
    return this.#asked(`policy ${to.name} cannot be put in force`, () =>
      this.#write(activePartition, to.name, { ...pointerColumns(to), v: rowVersions.policies }, seen),
    );
  }

  async #know(name: string): Promise<void> {
    const row = { partitionKey: namesPartition, rowKey: name, v: rowVersions.policies };
    await bounded((call) => this.#table.upsertEntity(row, "Replace", call));
  }

  /** False when a row is not as expected: there without an etag, or changed since. */
  async #write(partitionKey: string, rowKey: string, columns: Columns, etag: string | null): Promise<boolean> {
    const row = { ...columns, partitionKey, rowKey };
    try {
      await bounded((call) =>
        etag === null
          ? this.#table.createEntity(row, call)
          : this.#table.updateEntity(row, "Replace", { ...call, etag }),
      );
      return true;
    } catch (error) {
      if (["exists", "changed", "missing"].includes(faultOf(error))) return false;
      throw error;
    }
  }

  async #asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      throw storageError(what, error);
    }
  }
}

function isSame(row: Row, sha256: string): boolean {
  return row["sha256"] === sha256 && policyDigest(sourceIn(row)) === sha256;
}
