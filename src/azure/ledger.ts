import type { TableClient } from "@azure/data-tables";
import type { Archive } from "../workflow/audit-ports.ts";
import type { Cards, Clock, Ledger, Outbox } from "../workflow/ports.ts";
import { CardRecords } from "./card-records.ts";
import { LedgerTable } from "./ledger-table.ts";
import { type MarkerTimes, OutboxMarkers } from "./outbox-markers.ts";
import { OutboxTable } from "./outbox-table.ts";

export type StoredLedger = { readonly ledger: Ledger; readonly outbox: Outbox; readonly cards: Cards };

/**
 * The ledger, its outbox and the card records over one table; together, because a commit sets the outbox's markers.
 * `publishes`: commits leave word for subscribers.
 */
export function openLedger(
  table: TableClient,
  clock: Clock,
  times?: MarkerTimes,
  archive?: Archive,
  publishes = false,
): StoredLedger {
  const markers = new OutboxMarkers(table, times);
  return {
    ledger: new LedgerTable(table, markers, clock, archive, publishes),
    outbox: new OutboxTable(table, markers, clock),
    cards: new CardRecords(table, clock),
  };
}
