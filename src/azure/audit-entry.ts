import * as z from "zod";
import { auditKinds } from "../ledger/event.ts";
import type { AuditEntry } from "../ledger/query.ts";
import { placesOf } from "./audit-rows.ts";
import { damaged, type Row, readBody } from "./rows.ts";

const text = z.string("is not text");
const perhaps = text.nullable();

const auditEntry = z.object({
  time: text.refine((time) => !Number.isNaN(Date.parse(time)), "is not a time"),
  kind: z.enum(auditKinds, "is no kind of event that this version knows"),
  who: text,
  whoName: perhaps,
  door: text,
  what: text,
  rules: z.array(text, "is no list"),
  justification: perhaps,
  service: text.regex(/^[a-z2-7]{16}$/, "is not the key of a chain"),
  serviceId: perhaps,
  seq: z.int("is not a number of an event").min(1, "is not a number of an event").max(9_999_999_999),
  hash: text.regex(/^[0-9a-f]{64}$/, "is not a hash"),
  requestId: perhaps,
  connectionId: perhaps,
  consumerSubscriptionId: perhaps,
  linkIdentifier: perhaps,
  correlation: text,
}) satisfies z.ZodType<AuditEntry>;

/** What a row may carry beside its body. */
const columns = ["time", "request", "link", "consumer", "service", "actor", "kind"];

/**
 * The entry that a row of the index holds. Throws for a row that we did not write like this: one whose fields are not
 * theirs, or that stands where its entry does not belong, and would answer a question that is not about it.
 */
export function readEntry(row: Row): AuditEntry {
  const { data: entry, error } = auditEntry.safeParse(readBody(row));
  if (!entry) throw damaged(row, problemIn(error));
  const places = placesOf(entry);
  if (row.rowKey !== places.rowKey || !places.partitions.includes(row.partitionKey)) {
    throw damaged(row, `it holds event ${entry.seq} of ${entry.service}, which does not belong there`);
  }
  const other = columns.find((column) => (row[column] ?? undefined) !== places.columns[column]);
  if (other !== undefined) throw damaged(row, `its column ${other} and its body differ`);
  return entry;
}

function problemIn(error: z.ZodError | undefined): string {
  const [issue] = error?.issues ?? [];
  return `${issue?.path.join(".") || "its body"} ${issue?.message ?? "holds no event"}`;
}
