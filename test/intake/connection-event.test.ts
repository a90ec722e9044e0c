import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readConnectionEvent } from "../../src/intake/connection-event.ts";

const ours = "10000000-0000-4000-8000-000000000001";
const theirs = "20000000-0000-4000-8000-000000000002";
const service = `/subscriptions/${ours}/resourcegroups/rg/providers/Microsoft.Network/privateLinkServices/pls1`;
const connection = `${service}/privateEndpointConnections/pe1.4f1c6e62-0000-4000-8000-000000000001`;
const serviceId = service.toLowerCase();

const subscriptionEvent = {
  id: "1",
  topic: `/subscriptions/${ours}`,
  subject: connection,
  eventType: "Microsoft.Resources.ResourceWriteSuccess",
  eventTime: "2026-11-23T10:00:00.6117357Z",
  dataVersion: "2",
  metadataVersion: "1",
  data: { resourceUri: connection, operationName: "x", claims: { name: "Real Person" } },
};
const notification = {
  id: "2",
  topic: `/subscriptions/${ours}`,
  subject: service,
  eventType: "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated",
  data: { resourceInfo: { id: service, tags: "a string, as the table says" }, operationalInfo: {} },
};
const { eventType: type, topic: source, ...rest } = subscriptionEvent;
const { eventType: notified, ...notificationRest } = notification;

function read(event: unknown) {
  const result = readConnectionEvent(event, [ours]);
  return result.kind === "service" ? result.service.id : result.kind === "sweep" ? "sweep" : `ignored: ${result.why}`;
}

describe("An event asks for a review of the service it is about", () => {
  const cases: Record<string, unknown> = {
    "a subscription event in the Event Grid schema": subscriptionEvent,
    "a subscription event as CloudEvent": { ...rest, specversion: "1.0", type, source },
    "a CloudEvent that kept its topic": { ...rest, specversion: "1.0", type, topic: source },
    "a resource notification in the Event Grid schema": notification,
    "a resource notification as CloudEvent": { ...notificationRest, specversion: "1.0", type: notified, source },
    "an event about the service itself": { ...subscriptionEvent, subject: service, data: { resourceUri: service } },
    "an event about a connection proxy": {
      ...subscriptionEvent,
      data: {},
      subject: connection.replace("Connections", "ConnectionProxies"),
    },
    "a deletion": { ...subscriptionEvent, eventType: "Microsoft.Resources.ResourceDeleteSuccess" },
    "an id in upper case": { ...subscriptionEvent, data: { resourceUri: connection.toUpperCase() } },
    "a type in lower case": { ...subscriptionEvent, eventType: subscriptionEvent.eventType.toLowerCase() },
    "data that is missing": { ...subscriptionEvent, data: undefined },
    "data of another shape": { ...subscriptionEvent, data: "text" },
    "a resourceUri of another type": { ...subscriptionEvent, data: { resourceUri: 7 } },
    "fields that nobody knows": { ...subscriptionEvent, extra: { deep: [1] } },
  };
  for (const [name, event] of Object.entries(cases)) it(name, () => assert.equal(read(event), serviceId));

  it("a written private endpoint does not say at which service, so the subscription is swept", () => {
    const subject = `/subscriptions/${ours}/resourceGroups/rg/providers/Microsoft.Network/privateEndpoints/pe`;
    assert.equal(read({ ...subscriptionEvent, subject, data: {} }), "sweep");
  });
});

describe("An event that does not concern us is ignored with the reason", () => {
  const cases: Record<string, [unknown, RegExp]> = {
    "no event at all": ["text", /not an event/],
    nothing: [undefined, /not an event/],
    "an event without a type": [{ ...subscriptionEvent, eventType: undefined }, /no type/],
    "a type that nobody subscribed to": [{ ...subscriptionEvent, eventType: "Contoso.Sold" }, /not one that plgate/],
    "a write that failed": [
      { ...subscriptionEvent, eventType: "Microsoft.Resources.ResourceWriteFailure" },
      /succeeded/,
    ],
    "an action": [{ ...subscriptionEvent, eventType: "Microsoft.Resources.ResourceActionSuccess" }, /succeeded/],
    "another subscription's service": [
      { ...subscriptionEvent, subject: service.replace(ours, theirs), data: {} },
      /PLGATE_SUBSCRIPTIONS/,
    ],
    "an id that climbs out of its path": [
      { ...subscriptionEvent, data: {}, subject: `${service}/../../../virtualMachines/vm` },
      /about no Private Link Service/,
    ],
  };
  for (const [name, [event, why]] of Object.entries(cases)) it(name, () => assert.match(read(event), why));

  it("Azure's own published samples, which are about storage accounts", (t) => {
    const samples = publishedSamples();
    if (samples.length === 0) t.diagnostic("the published samples are not beside the checkout: not read");
    for (const sample of samples) assert.match(read(sample), /about no Private Link Service/);
  });

  it("but when they are about a Private Link Service, that service is looked at", () => {
    for (const sample of publishedSamples()) {
      const text = JSON.stringify(sample).replaceAll(/"\/subscriptions\/[^"]+\/providers\/[^"]+"/gi, `"${service}"`);
      assert.equal(read(JSON.parse(text)), serviceId, text);
    }
  });

  it("whatever is sent, reading it never throws and never leaves the watched subscriptions", () => {
    const bodies = fc.oneof(
      fc.anything(),
      fc.record({ eventType: fc.constant(type), subject: fc.string(), data: fc.anything() }),
    );
    fc.assert(
      fc.property(bodies, (body) => {
        const result = readConnectionEvent(body, [ours]);
        if (result.kind === "service") assert.equal(result.service.subscriptionId, ours);
      }),
    );
  });
});

function publishedSamples(): readonly unknown[] {
  const folder = new URL("../../../shared/samples/events/", import.meta.url);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file): unknown => JSON.parse(readFileSync(new URL(file, folder), "utf8")));
}
