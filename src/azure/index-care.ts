import type { TableClient } from "@azure/data-tables";
import type { AuditEvent } from "../ledger/event.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { IndexCare, IndexCheck, IndexFault } from "../workflow/audit-ports.ts";
import { readEntry } from "./audit-entry.ts";
import { auditRows, isAbove, placesOf, rowsBelow } from "./audit-rows.ts";
import { changeRow } from "./change-row.ts";
import { ListCheck } from "./list-check.ts";
import { aboutLists, floorRow, readFloor } from "./list-floor.ts";
import { putRows } from "./put-rows.ts";
import { removeKeys } from "./remove-rows.ts";
import { RequestList } from "./request-list.ts";
import { dateIn, findRow, inParallel, type Row, type RowPage, readPage, textIn } from "./rows.ts";
import { longestScanMs } from "./scan.ts";
import { storageError } from "./storage-errors.ts";

const rebuildRow = { partitionKey: aboutLists, rowKey: "rebuild" } as const;
const rowsAtOnce = 100;

/** Care of the lists in the table `ledgerindex`. */
export class IndexTableCare implements IndexCare {
  readonly #table: TableClient;
  readonly #requests: RequestList;

  constructor(table: TableClient) {
    this.#table = table;
    this.#requests = new RequestList(table, longestScanMs);
  }

  async check(only?: ServiceKey): Promise<IndexCheck> {
    return new ListCheck(this.#table, await this.floor(), only);
  }

  async restore(chain: ServiceKey, events: readonly AuditEvent[]): Promise<void> {
    const floor = await this.floor();
    const rows = events.flatMap((event) => auditRows(chain, event)).filter((row) => isAbove(floor, row));
    await this.#call(`the events of ${chain} cannot be listed`, () => putRows(this.#table, rows));
  }

  restoreRequest(request: ApprovalRequest, seq: number, end: () => Promise<number>): Promise<void> {
    return this.#requests.restore(request, seq, end);
  }

  async removeRow({ list, row }: Pick<IndexFault, "list" | "row">): Promise<void> {
    const key = { partitionKey: list, rowKey: row };
    await this.#call(`row ${list} ${row} cannot be removed`, () => removeKeys(this.#table, [key]));
  }

  async floor(): Promise<Date | null> {
    return readFloor(this.#table);
  }

  async raiseFloor(to: Date): Promise<Date> {
    return this.#call("the floor of the lists cannot be raised", async () => {
      const { answer } = await changeRow(this.#table, floorRow, (row) => {
        const before = row && dateIn(row, "time");
        if (before && before >= to) return [{ do: "nothing" }, before];
        return [{ do: "put", columns: { time: to.toISOString() } }, to];
      });
      return answer;
    });
  }

  async removeBelowFloor(mayGoOn: (removed: number) => boolean) {
    const floor = await this.floor();
    if (floor === null) return { removed: 0, done: true };
    return this.#call("what is below the floor of the lists cannot be removed", async () => {
      let removed = 0;
      let next: string | undefined;
      do {
        const page: RowPage = await readPage(this.#table, rowsBelow(floor), rowsAtOnce, next);
        await this.#removeEvents(page.rows, floor);
        removed += page.rows.length;
        next = page.continuationToken;
        if (next !== undefined && !mayGoOn(removed)) return { removed, done: false };
      } while (next !== undefined);
      return { removed, done: true };
    });
  }

  async rebuilt(): Promise<ServiceKey | null> {
    return this.#call("how far the rebuild came cannot be read", async () => {
      const row = await findRow(this.#table, rebuildRow.partitionKey, rebuildRow.rowKey);
      return row ? (textIn(row, "chain") as ServiceKey | null) : null;
    });
  }

  async setRebuilt(chain: ServiceKey | null): Promise<void> {
    await this.#call("how far the rebuild came cannot be written", () =>
      changeRow(this.#table, rebuildRow, () =>
        chain === null ? [{ do: "delete" }, null] : [{ do: "put", columns: { chain } }, null],
      ),
    );
  }

  /** The rows of the list of everything go last: as long as one stands there, the others of its event are found. */
  async #removeEvents(rows: readonly Row[], floor: Date): Promise<void> {
    const others = rows.flatMap((row) => siblingsOf(row)).filter((row) => !isAbove(floor, row));
    await inParallel(inPartitions(others), (group) => removeKeys(this.#table, group));
    await inParallel(inPartitions(rows), (group) => removeKeys(this.#table, group));
  }

  async #call<T>(what: string, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw storageError(what, error);
    }
  }
}

type Key = { readonly partitionKey: string; readonly rowKey: string };

function siblingsOf(row: Row): readonly Key[] {
  const { partitions, rowKey } = placesOf(readEntry(row));
  return partitions.filter((list) => list !== row.partitionKey).map((partitionKey) => ({ partitionKey, rowKey }));
}

function inPartitions(keys: readonly Key[]): readonly (readonly Key[])[] {
  return [...Map.groupBy(keys, ({ partitionKey }) => partitionKey).values()];
}
