import assert from "node:assert/strict";
import { describe, it } from "node:test";
import filters from "../../infra/event-filters.json" with { type: "json" };
import { type EventSubscription, faultsOf, wants } from "./event-subscription.ts";
import type { GridEvent, PublishedEvent } from "./grid-event.ts";
import { provider, serviceId } from "./test-writes.ts";

const gridEvent: GridEvent = {
  id: "event-1",
  topic: `/subscriptions/${provider.subscriptionId}`,
  subject: serviceId,
  eventType: "Microsoft.Resources.ResourceWriteSuccess",
  eventTime: "2026-11-23T10:00:00.1234567Z",
  data: {},
  dataVersion: "2",
  metadataVersion: "1",
};

describe("a subscription with the filters that we ship", () => {
  const cases: Readonly<Record<string, readonly [PublishedEvent, boolean]>> = {
    "wants a write on a connection": [event(), true],
    "wants it with the operation in lower case": [
      event({ operationName: "microsoft.network/privatelinkservices/privateendpointconnections/write" }),
      true,
    ],
    "wants it with the subscription id in capitals": [
      event({}, { topic: provider.subscriptionId.toUpperCase() }),
      true,
    ],
    "wants a deletion": [event({}, { eventType: "Microsoft.Resources.ResourceDeleteSuccess" }), true],
    "does not want a failed write": [event({}, { eventType: "Microsoft.Resources.ResourceWriteFailure" }), false],
    "does not want an operation that only begins alike": [
      event({ operationName: "Microsoft.Network/privateLinkServices/write/extra" }),
      false,
    ],
    "does not want another operation": [event({ operationName: "Microsoft.Network/virtualNetworks/write" }), false],
    "does not want an event without the filtered field": [event({ operationName: undefined }), false],
    "does not want an event of another subscription": [event({}, { topic: "another" }), false],
  };
  for (const [sentence, [given, expected]] of Object.entries(cases)) {
    it(sentence, () => assert.equal(wants(subscription(), given), expected));
  }

  it("knows every operation on the list", () => {
    const { operationNames } = filters.subscriptionEvents;
    assert.equal(operationNames.length, 7);
    for (const operationName of operationNames)
      assert.ok(wants(subscription(), event({ operationName })), operationName);
  });
});

describe("a subscription to resource notifications", () => {
  it("wants those of services, whatever the case of the type", () => {
    for (const type of ["Microsoft.Network/privateLinkServices", "MICROSOFT.NETWORK/PRIVATELINKSERVICES"]) {
      assert.equal(wants(notificationSubscription, notification(type)), true);
    }
  });

  it("does not want those of other resources", () => {
    assert.equal(wants(notificationSubscription, notification("Microsoft.Network/virtualNetworks")), false);
  });

  it("hears nothing of the subscription topic, though both have the same name", () => {
    const everything: EventSubscription = { ...notificationSubscription, advancedFilters: [] };
    const { includedEventTypes: _, ...unfiltered } = everything;
    assert.equal(wants(unfiltered, event()), false);
    assert.equal(wants(unfiltered, notification("Microsoft.Network/virtualNetworks")), true);
  });
});

describe("a new subscription", () => {
  it("has no fault when it keeps Azure's limits", () => {
    const retryPolicy = { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1_440 };
    assert.deepEqual(faultsOf({ ...subscription(), retryPolicy, maxEventsPerBatch: 5_000 }), []);
  });

  const faults: Readonly<Record<string, readonly [Partial<EventSubscription>, RegExp]>> = {
    "may not be named with a blank": [{ name: "my subscription" }, /the name/],
    "may not try more than thirty times": [policy(31, 1), /maxDeliveryAttempts/],
    "may not try half a time": [policy(0.5, 1), /maxDeliveryAttempts/],
    "may not keep events for more than a day": [policy(1, 1_441), /eventTimeToLiveInMinutes/],
    "may not ask for no event type at all": [{ includedEventTypes: [] }, /includedEventTypes/],
    "may not ask for empty batches": [{ maxEventsPerBatch: 0 }, /maxEventsPerBatch/],
    "may not filter by more than 25 values": [
      { advancedFilters: [{ operatorType: "StringIn", key: "data.a", values: Array(26).fill("v") }] },
      /25 values/,
    ],
  };
  for (const [sentence, [change, expected]] of Object.entries(faults)) {
    it(sentence, () => {
      const found = faultsOf({ ...subscription(), ...change });
      assert.equal(found.length, 1);
      assert.match(found[0] ?? "", expected);
    });
  }
});

function policy(maxDeliveryAttempts: number, eventTimeToLiveInMinutes: number): Partial<EventSubscription> {
  return { retryPolicy: { maxDeliveryAttempts, eventTimeToLiveInMinutes } };
}

function subscription(): EventSubscription {
  const { includedEventTypes, operationNames } = filters.subscriptionEvents;
  return {
    name: "shipped",
    topic: { type: "Microsoft.Resources.Subscriptions", subscriptionId: provider.subscriptionId },
    destination: { kind: "webhook", url: "http://127.0.0.1:1" },
    schema: "EventGridSchema",
    includedEventTypes,
    advancedFilters: [{ operatorType: "StringIn", key: "data.operationName", values: operationNames }],
  };
}

const notificationSubscription: EventSubscription = {
  ...subscription(),
  topic: { type: "Microsoft.ResourceNotifications.Resources", subscriptionId: provider.subscriptionId },
  includedEventTypes: filters.resourceNotifications.includedEventTypes,
  advancedFilters: [
    { operatorType: "StringIn", key: "data.resourceInfo.type", values: filters.resourceNotifications.resourceTypes },
  ],
};

function event(
  data: { readonly operationName?: string | undefined } = {},
  envelope: { readonly topic?: string; readonly eventType?: string } = {},
): PublishedEvent {
  const operationName = "Microsoft.Network/privateLinkServices/privateEndpointConnections/write";
  const topic = `/subscriptions/${envelope.topic ?? provider.subscriptionId}`;
  return {
    topicType: "Microsoft.Resources.Subscriptions",
    form: "EventGridSchema",
    event: { ...gridEvent, ...envelope, topic, data: { operationName, ...data } },
  };
}

function notification(type: string): PublishedEvent {
  const eventType = "Microsoft.ResourceNotifications.Resources.CreatedOrUpdated";
  return {
    topicType: "Microsoft.ResourceNotifications.Resources",
    form: "EventGridSchema",
    event: { ...gridEvent, eventType, data: { resourceInfo: { type } } },
  };
}
