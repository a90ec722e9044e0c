import { odata, type TableClient, type TableEntity, type TransactionAction } from "@azure/data-tables";
import { type CopiedRow, type CopiedValue, lineOf } from "../ledger/backup-file.ts";
import type { StoredTable } from "../ledger/row-versions.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { StoreCopy } from "../workflow/audit-ports.ts";
import { readPage } from "./rows.ts";
import { bounded, type Storage } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

type Raw = Readonly<Record<string, unknown>> & { readonly partitionKey: string; readonly rowKey: string };
/** The library gives values as text where it is told to keep their types. */
type Typed = { readonly type: string; readonly value: unknown };

const pageSize = 1000;
const triesAtMost = 5;

/** The tables, row by row, with the types of storage kept. */
export class TableStoreCopy implements StoreCopy {
  readonly #tables: Readonly<Record<StoredTable, TableClient>>;

  constructor({ index, ...tables }: Omit<Storage, "reviews" | "parked">) {
    this.#tables = { ...tables, ledgerindex: index };
  }

  async *partitions(table: StoredTable): AsyncGenerator<string> {
    const client = this.#tables[table];
    for (let next = await firstKey(client, ""); next !== undefined; next = await firstKey(client, next)) yield next;
  }

  async *rows(table: StoredTable, partition?: string): AsyncGenerator<CopiedRow> {
    const filter = partition === undefined ? "" : odata`PartitionKey eq ${partition}`;
    let continuation: string | undefined;
    do {
      const page = await this.#page(table, filter, continuation);
      yield* page.rows;
      continuation = page.next;
    } while (continuation !== undefined);
  }

  async headOf(partition: string): Promise<string | null> {
    const head = await this.#one("ledger", partition, "~head");
    return head ? `${head.columns["seq"]} ${head.columns["hash"]}` : null;
  }

  async add(table: StoredTable, rows: readonly CopiedRow[]): Promise<void> {
    const actions = rows.map((row): TransactionAction => ["create", entityOf(row)]);
    try {
      await bounded((call) => this.#tables[table].submitTransaction(actions, call));
    } catch (error) {
      const fault = faultOf(error);
      if (fault !== "exists" && fault !== "unknown") throw storageError(`rows of ${table} cannot be written`, error);
      // Some of them stand there, or nobody knows: each by itself tells.
      for (const row of rows) await this.#addOne(table, row);
    }
  }

  async #addOne(table: StoredTable, row: CopiedRow): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await bounded((call) => this.#tables[table].createEntity(entityOf(row), call));
        return;
      } catch (error) {
        if (await this.#stands(table, row)) return;
        if (tries === triesAtMost) throw storageError(`a row of ${table} cannot be written`, error);
      }
    }
  }

  /** Whether the row is there; throws when another one is in its place. */
  async #stands(table: StoredTable, row: CopiedRow): Promise<boolean> {
    const found = await this.#one(table, row.partition, row.key);
    if (!found || lineOf(found) === lineOf(row)) return found !== undefined;
    throw new PlgateError(`another row stands at ${row.partition} ${row.key} of ${table}`, { retryable: false });
  }

  async #page(table: StoredTable, filter: string, continuationToken: string | undefined) {
    const wish = { ...(filter === "" ? {} : { queryOptions: { filter } }), disableTypeConversion: true };
    const from = continuationToken === undefined ? {} : { continuationToken };
    try {
      return await bounded(async (call) => {
        const pages = this.#tables[table].listEntities<Raw>({ ...call, ...wish });
        for await (const page of pages.byPage({ maxPageSize: pageSize, ...from })) {
          return { rows: page.map(copied), next: page.continuationToken };
        }
        return { rows: [], next: undefined };
      });
    } catch (error) {
      throw storageError(`table ${table} cannot be read`, error);
    }
  }

  async #one(table: StoredTable, partition: string, key: string): Promise<CopiedRow | undefined> {
    try {
      return copied(
        await bounded((call) =>
          this.#tables[table].getEntity<Raw>(partition, key, { ...call, disableTypeConversion: true }),
        ),
      );
    } catch (error) {
      if (faultOf(error) === "missing") return undefined;
      throw storageError(`row ${partition} ${key} of ${table} cannot be read`, error);
    }
  }
}

/** The first partition behind the given one. */
async function firstKey(table: TableClient, after: string): Promise<string | undefined> {
  const filter = odata`PartitionKey gt ${after}`;
  try {
    let page = await readPage(table, filter, 1, undefined, ["v"], "keys");
    while (page.rows.length === 0 && page.continuationToken !== undefined) {
      page = await readPage(table, filter, 1, page.continuationToken, ["v"], "keys");
    }
    return page.rows[0]?.partitionKey;
  } catch (error) {
    throw storageError("the partitions of a table cannot be listed", error);
  }
}

function copied(entity: Raw): CopiedRow {
  const own = Object.entries(entity).filter(([name]) => !added.has(name) && !name.includes("odata"));
  const columns = own.flatMap(([name, value]) => (isTyped(value) ? [[name, plain(value)]] : []));
  return { partition: entity.partitionKey, key: entity.rowKey, columns: Object.fromEntries(columns) };
}

/** What storage adds to a row of its own. */
const added: ReadonlySet<string> = new Set(["partitionKey", "rowKey", "etag", "timestamp"]);

function isTyped(value: unknown): value is Typed {
  return typeof value === "object" && value !== null && "type" in value && "value" in value;
}

function plain({ type, value }: Typed): CopiedValue {
  if (type === "String") return String(value);
  if (type === "Boolean") return String(value) === "true";
  return type === "Int32" ? Number(value) : { type, value: String(value) };
}

function entityOf({ partition, key, columns }: CopiedRow): TableEntity {
  return { partitionKey: partition, rowKey: key, ...columns };
}
