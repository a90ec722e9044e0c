import type { ServiceRef } from "../../src/connection/arm-id.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import type { Index } from "../../src/workflow/ports.ts";
import { aServiceRef, event } from "../builders.ts";

export const ada = {
  kind: "person",
  objectId: "44444444-0000-4000-8000-000000000004",
  tenantId: "t",
  name: "Ada",
} as const;

const newest = Date.parse("2026-11-24T12:00:00.000Z");

/** Events of one service, a minute apart up to noon; every third is a vote of Ada's. */
export function manyEvents(count: number): readonly AuditEvent[] {
  const why = { rules: [], reason: "", justification: '=HYPERLINK("x")\r\n#end,1' };
  const events = Array.from({ length: count }, (_, n) => {
    const time = new Date(newest - (count - 1 - n) * 60_000).toISOString();
    return event(n % 3 === 0 ? { kind: "voted", who: ada, why, time } : { time });
  });
  return link(emptyHead, events).events;
}

export async function addEvents(
  index: Pick<Index, "addEvents">,
  count: number,
  to: ServiceRef = aServiceRef(),
): Promise<void> {
  const events = manyEvents(count);
  // Few at a time: what waits for a busy storage counts against the time limit of its call.
  for (let at = 0; at < count; at += 100) await index.addEvents(serviceKey(to.id), events.slice(at, at + 100));
}
