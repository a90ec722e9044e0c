import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FinishedWrite } from "../arm/finished-write.ts";
import { seededRandom } from "../seeded-random.ts";
import { eventsOfWrite } from "./events-of-write.ts";
import type { GridEvent } from "./grid-event.ts";
import { madeUpPerson } from "./made-up-person.ts";
import { defaultSettings, type EventGridSettings } from "./settings.ts";
import {
  connectionId,
  connectionWrite,
  consumer,
  endpointDelete,
  endpointId,
  endpointWrite,
  provider,
  serviceId,
} from "./test-writes.ts";

const proxyId = `${serviceId}/privateEndpointConnectionProxies/To-Checkout.5f0c1d5e`;
const written = "Microsoft.Resources.ResourceWriteSuccess";
const deleted = "Microsoft.Resources.ResourceDeleteSuccess";
const notified = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated";

// Nobody could tell which of these is what Azure does: every one of them is an assumption.
describe("what the provider's topic shows when a consumer makes an endpoint", () => {
  const cases: Readonly<Record<EventGridSettings["onConsumerCreate"], readonly (readonly [string, string])[]>> = {
    none: [],
    proxy: [[written, proxyId]],
    notification: [[notified, serviceId]],
    all: [
      [written, proxyId],
      [written, connectionId],
      [notified, serviceId],
    ],
  };
  for (const [onConsumerCreate, expected] of Object.entries(cases)) {
    it(`is ${expected.length} events with "${onConsumerCreate}"`, () => {
      const seen = shownToProvider(endpointWrite(), { onConsumerCreate } as Partial<EventGridSettings>);
      assert.deepEqual(seen, expected);
    });
  }

  it("is nothing when the write failed", () => {
    assert.deepEqual(shownToProvider(endpointWrite({ succeeded: false }), { onConsumerCreate: "all" }), []);
  });

  it("is the deletion of the same resources when the endpoint is deleted", () => {
    assert.deepEqual(shownToProvider(endpointDelete(), { onConsumerCreate: "all" }), [
      [deleted, proxyId],
      [deleted, connectionId],
      [notified, serviceId],
    ]);
  });

  it("has no notification when the service is gone, for nothing is left to describe", () => {
    const { service: _, ...target } = endpointWrite().target ?? assert.fail();
    assert.deepEqual(shownToProvider({ ...endpointWrite(), target }, { onConsumerCreate: "notification" }), []);
  });
});

describe("what the consumer's topic shows", () => {
  it("is the endpoint's write, whatever the provider sees", () => {
    for (const onConsumerCreate of ["none", "all"] as const) {
      const events = eventsOf(endpointWrite(), { onConsumerCreate }).filter((event) => !isProviders(event));
      assert.deepEqual(events.map(outline), [[written, endpointId]]);
    }
  });

  it("is a failure when the write failed", () => {
    const [event] = eventsOf(endpointWrite({ succeeded: false }));
    assert.deepEqual([event?.eventType, event?.data["status"]], ["Microsoft.Resources.ResourceWriteFailure", "Failed"]);
  });
});

describe("the event of a write", () => {
  it("has the fields of the published samples and no others", () => {
    const [event] = eventsOf(connectionWrite());
    const { id, data, eventTime, ...envelope } = event ?? assert.fail();
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.match(eventTime, /^2026-11-23T10:00:00\.123\d{4}Z$/);
    assert.deepEqual(envelope, {
      topic: `/subscriptions/${provider.subscriptionId}`,
      subject: connectionId,
      eventType: written,
      dataVersion: "2",
      metadataVersion: "1",
    });
    const { claims: _, ...rest } = data;
    const operationName = "Microsoft.Network/privateLinkServices/privateEndpointConnections/write";
    assert.deepEqual(rest, {
      authorization: { scope: connectionId, action: operationName, evidence: { role: "Subscription Admin" } },
      correlationId: "correlation-1",
      httpRequest: {
        clientRequestId: "client-request-1",
        clientIpAddress: madeUpPerson.ipAddress,
        method: "PUT",
        url: `https://management.azure.com${connectionId}?api-version=2026-01-01`,
      },
      resourceProvider: "Microsoft.Network",
      resourceUri: connectionId,
      operationName,
      status: "Succeeded",
      ...provider,
    });
  });

  it("names the tenant of the resource, and the caller's only among the claims", () => {
    const proxy = eventsOf(endpointWrite()).find(isProviders);
    assert.equal(proxy?.data["tenantId"], provider.tenantId);
    const claims = proxy?.data["claims"] as Readonly<Record<string, string>>;
    assert.equal(claims["http://schemas.microsoft.com/identity/claims/tenantid"], consumer.tenantId);
    assert.equal(claims["http://schemas.microsoft.com/identity/claims/objectidentifier"], "object-of-caller");
  });

  it("carries a person's data, so that tests can prove that it goes no further", () => {
    const text = JSON.stringify(eventsOf(connectionWrite()));
    for (const secret of Object.values(madeUpPerson)) assert.ok(text.includes(secret), secret);
  });

  const requests: Readonly<Record<string, readonly [FinishedWrite, boolean]>> = {
    "has no httpRequest when the resource is new": [endpointWrite({ created: true }), false],
    "has one when the resource was there": [endpointWrite({ created: false }), true],
    "has one when the resource is deleted": [endpointDelete(), true],
  };
  for (const [sentence, [given, expected]] of Object.entries(requests)) {
    it(sentence, () => assert.equal("httpRequest" in (eventsOf(given)[0]?.data ?? {}), expected));
  }
});

describe("a resource notification", () => {
  it("describes the service in the words of the wire", () => {
    const event = eventsOf(endpointWrite(), { onConsumerCreate: "notification" }).find(isProviders) ?? assert.fail();
    assert.deepEqual(event.data, {
      resourceInfo: {
        id: serviceId,
        name: "Checkout",
        type: "Microsoft.Network/privateLinkServices",
        location: "westeurope",
        tags: { team: "shop" },
        properties: {},
      },
      apiVersion: "2026-01-01",
      operationalInfo: { resourceEventTime: event.eventTime },
    });
  });

  it("of a deleted service has only its id, name and type", () => {
    const operationName = "Microsoft.Network/privateLinkServices/delete";
    const write = connectionWrite({ resourceId: serviceId, operationName, method: "DELETE" });
    const event = eventsOf(write, { onConsumerCreate: "notification" }).find(({ eventType }) => eventType !== deleted);
    assert.equal(event?.eventType, "Microsoft.ResourceNotifications.Resources.Deleted");
    assert.deepEqual(event?.data["resourceInfo"], {
      id: serviceId,
      name: "Checkout",
      type: "Microsoft.Network/privateLinkServices",
    });
    assert.equal("apiVersion" in event.data, false);
  });
});

describe("events for a resource already gone", () => {
  it("follow a deletion when switched on", () => {
    assert.deepEqual(eventsOf(endpointDelete(), { onConsumerCreate: "none", staleAfterDelete: true }).map(outline), [
      [deleted, endpointId],
      [written, connectionId],
    ]);
  });

  it("are older than the deletion that they follow", () => {
    const [deletion, stale] = eventsOf(endpointDelete(), { onConsumerCreate: "none", staleAfterDelete: true });
    assert.ok((stale?.eventTime ?? "") < (deletion?.eventTime ?? ""));
  });

  it("do not follow a write", () => {
    assert.equal(eventsOf(connectionWrite(), { staleAfterDelete: true }).length, 1);
  });
});

describe("mixed casing", () => {
  const subjects = (seed: number) => {
    const context = { settings: { ...defaultSettings, mixedCasing: true }, random: seededRandom(seed) };
    return Array.from({ length: 40 }, () => eventsOfWrite(connectionWrite(), context)[0]?.event["subject"]);
  };

  it("spells an id in several ways that all mean the same", () => {
    const seen = new Set(subjects(1));
    assert.ok(seen.size >= 3, [...seen].join("\n"));
    assert.ok(seen.has(connectionId.replace("resourceGroups", "resourcegroups")));
    assert.ok(seen.has(connectionId.toLowerCase()));
    for (const each of seen) assert.equal(String(each).toLowerCase(), connectionId.toLowerCase());
  });

  it("is the same for the same seed and another for another", () => {
    assert.deepEqual(subjects(7), subjects(7));
    assert.notDeepEqual(subjects(7), subjects(8));
  });
});

function eventsOf(write: FinishedWrite, change: Partial<EventGridSettings> = {}): readonly GridEvent[] {
  const settings = { ...defaultSettings, mixedCasing: false, ...change };
  return eventsOfWrite(write, { settings, random: seededRandom(1) }).map(({ event }) => event as GridEvent);
}

function shownToProvider(write: FinishedWrite, change: Partial<EventGridSettings>) {
  return eventsOf(write, change).filter(isProviders).map(outline);
}

function isProviders({ topic }: GridEvent): boolean {
  return topic === `/subscriptions/${provider.subscriptionId}`;
}

function outline({ eventType, subject }: GridEvent): readonly [string, string] {
  return [eventType, subject];
}
