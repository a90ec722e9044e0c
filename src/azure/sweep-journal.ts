import type { TableClient } from "@azure/data-tables";
import type { SweepMeasures as Measures, SweepJournal } from "../workflow/ports.ts";
import { bodyColumns, findRow, readBody } from "./rows.ts";
import { bounded } from "./storage.ts";
import { storageError } from "./storage-errors.ts";

/** Behind every subscription id, so that the list of services ends before it. */
const journalPartition = "~sweep";
const rowKey = "last";

/** The row `~sweep`, `last` of the table `services`: what the last sweep of any host did. The last writer wins. */
export class SweepJournalRow implements SweepJournal {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  async last(): Promise<Measures | undefined> {
    try {
      const row = await findRow(this.#table, journalPartition, rowKey);
      const body = row && readBody(row);
      return isMeasures(body) ? body : undefined;
    } catch (error) {
      throw storageError("what the last sweep did cannot be read", error);
    }
  }

  async keep(measures: Measures): Promise<void> {
    const columns = bodyColumns("what the sweep did", { ...measures, unreadable: [...measures.unreadable] });
    try {
      await bounded((call) =>
        this.#table.upsertEntity({ partitionKey: journalPartition, rowKey, v: 1, ...columns }, "Replace", call),
      );
    } catch (error) {
      throw storageError("what this sweep did cannot be kept", error);
    }
  }
}

/** Whether another version of plgate wrote something else there. */
function isMeasures(body: unknown): body is Measures {
  if (typeof body !== "object" || body === null) return false;
  const texts = ["at", "lastCompleteAt", "oldestUndecidedAt"].map((name) => Reflect.get(body, name));
  const numbers = ["seconds", "services", "woken", "undecided"].map((name) => Reflect.get(body, name));
  return (
    texts.every((value) => value === null || typeof value === "string") &&
    numbers.every((value) => typeof value === "number") &&
    Array.isArray(Reflect.get(body, "unreadable"))
  );
}
