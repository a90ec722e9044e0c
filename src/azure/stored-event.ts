import type { StoredEvent } from "../ledger/chain.ts";
import { messageOf } from "../runtime/errors.ts";
import { readStoredEvent } from "./ledger-rows.ts";
import { storedForm } from "./present-row.ts";
import { numberIn, type Row, textIn } from "./rows.ts";

const seqDigits = 10;
const eventKey = new RegExp(`^e\\|(\\d{${seqDigits}})$`);

/** The number that the key of an event's row stands for; undefined for other rows. */
export function seqOfEventRow({ rowKey }: Row): number | undefined {
  const inverted = eventKey.exec(rowKey)?.[1];
  return inverted === undefined ? undefined : 10 ** seqDigits - 1 - Number(inverted);
}

/** What stands in the place of event `seq`: the event as it was stored, which is what was hashed, or why the row cannot be it. */
export function storedEvent(found: Row, seq: number): StoredEvent {
  const row = storedForm(found);
  const broken = (problem: string): StoredEvent => ({ seq, first: seq, problem });
  try {
    const event = readStoredEvent(row);
    if (event.seq !== seq) return broken(`event ${event.seq} stands in the place of event ${seq}`);
    const { kind, time, requestId } = event;
    const shown = [numberIn(row, "seq"), textIn(row, "kind"), textIn(row, "time"), textIn(row, "requestId")];
    // People who look into the table read the columns.
    if (shown.join("|") !== [seq, kind, time, requestId ?? ""].join("|")) {
      return broken(`event ${seq} was altered: its columns say something else than its body`);
    }
    return { seq, event };
  } catch (error) {
    return broken(`event ${seq} cannot be read: ${messageOf(error)}`);
  }
}
