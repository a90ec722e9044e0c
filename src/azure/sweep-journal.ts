import type { TableClient } from "@azure/data-tables";
import { rowVersions } from "../ledger/row-versions.ts";
import { NotNow } from "../runtime/errors.ts";
import type { SweepMeasures as Measures, SweepJournal } from "../workflow/ports.ts";
import { bodyColumns, findRow, type Row, readBody } from "./rows.ts";
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
      const row = await this.#ours();
      const body = row && row !== "newer" && readBody(row);
      return isMeasures(body) ? body : undefined;
    } catch (error) {
      throw storageError("what the last sweep did cannot be read", error);
    }
  }

  async keep(measures: Measures): Promise<void> {
    const columns = bodyColumns("what the sweep did", { ...measures, unreadable: [...measures.unreadable] });
    try {
      if ((await this.#ours()) === "newer") return;
      await bounded((call) =>
        this.#table.upsertEntity(
          { partitionKey: journalPartition, rowKey, v: rowVersions.services, ...columns },
          "Replace",
          call,
        ),
      );
    } catch (error) {
      throw storageError("what this sweep did cannot be kept", error);
    }
  }

  /** The row; that of a newer version belongs to its hosts, and their sweeps are told of there. */
  async #ours(): Promise<Row | "newer" | undefined> {
    try {
      return await findRow(this.#table, journalPartition, rowKey);
    } catch (error) {
      if (error instanceof NotNow && error.because === "newer-row") return "newer";
      throw error;
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
