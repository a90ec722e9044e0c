import type { Connection } from "../../src/connection/connection.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, consumer, service } from "../builders.ts";
import { megan, requestOf, review, type Stage, stage, tenant } from "./stage.ts";

export const stranger = "77777777-0000-4000-8000-000000000007";

/** A connection that shows its LinkID while it is Pending, of the customer or of a stranger. */
export function linked(linkIdentifier: string, name = "pe-x", subscription?: string, at = aServiceRef()): Connection {
  return connection({
    ref: aConnectionRef(`${name}.1111`, at),
    endpoint: subscription === undefined ? anEndpoint(name) : anEndpoint(name, subscription),
    linkIdentifier,
  });
}

/** LinkID 4711 at one service is a customer's, whom policy let in, and at another a stranger's, whom Megan let in later. */
export async function twoUnderOneNumber(): Promise<Stage> {
  const other = aServiceRef("pls-b");
  const ports = stage([
    service({ connections: [linked("4711")] }),
    service({ ref: other, connections: [linked("4711", "pe-s", stranger, other)] }),
  ]);
  ports.consumers.put(consumer());
  await review(ports);
  ports.clock.advance(60);
  await review(ports, "pls-b");
  await approvedByMegan(ports, linked("4711", "pe-s", stranger, other));
  await review(ports, "pls-b");
  return ports;
}

export async function approvedByMegan(ports: Ports, of: Connection): Promise<void> {
  const request = await requestOf(ports, of);
  const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
  const ballot = { vote: "approve", justification: "CHG-4711", person, door: "teams", correlation: "c" } as const;
  await decideManually({ ...ballot, requestId: request?.id ?? "" }, ports);
}
