import type { Actor } from "../decision/decision.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import type { AuditEvent } from "./event.ts";
import { presentEvent } from "./migrate-row.ts";
import type { AuditEntry } from "./query.ts";

/** The word that an audit search finds an actor by: a person's object id, `plgate`, or `outside`. */
function actorWord(actor: Actor): string {
  switch (actor.kind) {
    case "person":
      return actor.objectId.toLowerCase();
    case "robot":
      return "plgate";
    case "outside":
      return "outside";
  }
}

/** The line of an event in a listing. Carries no detail: facts and trace stay in the ledger. */
export function entryOf(service: ServiceKey, stored: AuditEvent): AuditEntry {
  const event = presentEvent(service, stored);
  return {
    time: event.time,
    kind: event.kind,
    who: actorWord(event.who),
    whoName: event.who.kind === "person" ? event.who.name : null,
    door: event.door,
    what: event.what,
    rules: event.why?.rules ?? [],
    justification: event.why?.justification ?? null,
    service,
    serviceId: event.serviceId,
    seq: event.seq,
    hash: event.hash,
    requestId: event.requestId,
    connectionId: event.connectionId,
    consumerSubscriptionId: event.consumerSubscriptionId,
    linkIdentifier: event.linkIdentifier,
    correlation: event.correlation,
  };
}
