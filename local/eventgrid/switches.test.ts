import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { GridEvent } from "./grid-event.ts";
import type { EventGridSettings } from "./settings.ts";
import { arrived, patienceMs, setUp } from "./test-broker.ts";
import type { Webhook } from "./test-webhook.ts";
import { connectionWrite, endpointDelete, endpointWrite } from "./test-writes.ts";

describe("a switch of the local Event Grid", () => {
  it("doubles every event when it is told to", async (t) => {
    const { broker, webhook } = await setUp(t, {
      broker: { settings: { duplicate: { probability: 1, delayMs: 30 } } },
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const [first, second] = arrived(webhook);
    assert.equal(webhook.notifications.length, 2);
    assert.deepEqual(second, first);
  });

  it("doubles some events and not others", async (t) => {
    const { broker, webhook } = await setUp(t, {
      broker: { settings: { duplicate: { probability: 0.5, delayMs: 0 } } },
    });
    for (let i = 0; i < 40; i++) broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const copies = webhook.notifications.length - 40;
    assert.ok(copies > 5 && copies < 35, `${copies} of 40 were doubled`);
    assert.equal(new Set(ids(webhook)).size, 40);
  });

  it("changes the order of events, and loses none of them", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { shuffle: { windowMs: 200 } } } });
    const inOrder = Array.from({ length: 30 }, (_, at) => `correlation-${at}`);
    for (const correlationId of inOrder) broker.publish(connectionWrite({ correlationId }));
    await broker.idle(patienceMs);
    const seen = arrived(webhook).map(correlation);
    assert.notDeepEqual(seen, inOrder);
    assert.deepEqual(seen.toSorted(), inOrder.toSorted());
  });

  it("loses events and keeps a note of it", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { lose: { probability: 1 } } } });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(webhook.notifications, []);
    assert.deepEqual(
      broker.deliveries().map(({ outcome, attempt }) => ({ outcome, attempt })),
      [{ outcome: "lost", attempt: 0 }],
    );
  });

  it("loses the same events for the same seed", async (t) => {
    const survivors = async (randomSeed: number) => {
      const { broker, webhook } = await setUp(t, { broker: { randomSeed, settings: { lose: { probability: 0.5 } } } });
      for (let i = 0; i < 30; i++) broker.publish(connectionWrite({ correlationId: String(i) }));
      await broker.idle(patienceMs);
      return arrived(webhook).map(correlation).toSorted();
    };
    const first = await survivors(3);
    assert.deepEqual(await survivors(3), first);
    assert.notDeepEqual(await survivors(4), first);
  });

  it("holds every event back for a while", async (t) => {
    const { broker } = await setUp(t, { broker: { settings: { delayMs: 150 } } });
    const publishedAt = Date.now();
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const [delivery] = broker.deliveries();
    // A timer may fire a millisecond early by the wall clock.
    assert.ok((delivery?.at.getTime() ?? 0) - publishedAt >= 148);
  });

  it("lets an event of a resource already gone follow its deletion", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { staleAfterDelete: true } } });
    broker.publish(endpointDelete());
    await broker.idle(patienceMs);
    assert.deepEqual(arrived(webhook).map(type).toSorted(), [
      "Microsoft.Resources.ResourceDeleteSuccess",
      "Microsoft.Resources.ResourceWriteSuccess",
    ]);
  });

  it("delivers the same event by two subscriptions", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { multiTopic: true } } });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const names = webhook.notifications.map(({ headers }) => headers["aeg-subscription-name"]);
    assert.deepEqual(names.toSorted(), ["to-webhook", "to-webhook-2"]);
    assert.equal(new Set(ids(webhook)).size, 1);
  });

  it("shows the provider nothing of a consumer, which the sweep has to find then", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { onConsumerCreate: "none" } } });
    broker.publish(endpointWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(webhook.notifications, []);
  });

  it("takes effect while everything runs", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { onConsumerCreate: "none" } } });
    broker.publish(endpointWrite());
    broker.configure({ onConsumerCreate: "proxy" });
    broker.publish(endpointWrite());
    await broker.idle(patienceMs);
    assert.equal(webhook.notifications.length, 1);
  });

  const refused: Readonly<Record<string, readonly [object, RegExp]>> = {
    "that does not exist": [{ loose: { probability: 1 } }, /loose/],
    "set to a probability above one": [{ lose: { probability: 1.1 } }, /lose\.probability/],
    "set to go back in time": [{ delayMs: -1 }, /delayMs/],
    "set to a word it does not know": [{ onConsumerCreate: "some" }, /onConsumerCreate/],
  };
  for (const [sentence, [change, expected]] of Object.entries(refused)) {
    it(`is refused by name when it is one ${sentence}`, async (t) => {
      const { broker } = await setUp(t);
      assert.throws(() => broker.configure(change as Partial<EventGridSettings>), expected);
    });
  }
});

describe("a wish for a single event", () => {
  const isToCheckout = (event: GridEvent) => event.subject.toLowerCase().includes("/to-checkout");

  it("loses all that one write causes, and nothing after it", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: { settings: { onConsumerCreate: "all" } } });
    broker.loseNext(({ data }) => data["correlationId"] === "second");
    for (const correlationId of ["first", "second", "third"]) broker.publish(endpointWrite({ correlationId }));
    broker.publish(endpointWrite({ correlationId: "second" }));
    await broker.idle(patienceMs);
    assert.deepEqual(arrived(webhook).map(correlation).toSorted(), [
      "first",
      "first",
      "second",
      "second",
      "third",
      "third",
    ]);
    assert.equal(broker.deliveries().filter(({ outcome }) => outcome === "lost").length, 2);
  });

  it("is not used up by events that do not match", async (t) => {
    const { broker, webhook } = await setUp(t);
    broker.loseNext(({ data }) => data["correlationId"] === "never");
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.equal(webhook.notifications.length, 1);
  });

  it("repeats one event as often as wished, all copies alike", async (t) => {
    const { broker, webhook } = await setUp(t);
    broker.repeatNext(isToCheckout, 5);
    broker.publish(connectionWrite());
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const counts = Map.groupBy(ids(webhook), (id) => id);
    assert.deepEqual([...counts.values()].map((same) => same.length).toSorted(), [1, 5]);
  });

  it("repeats what somebody hears, not the consumer's own event that nobody subscribed to", async (t) => {
    const { broker, webhook } = await setUp(t);
    broker.repeatNext(isToCheckout, 3);
    broker.publish(endpointWrite());
    await broker.idle(patienceMs);
    assert.equal(webhook.notifications.length, 3);
  });

  it("mixes the copies of two events", async (t) => {
    const { broker, webhook } = await setUp(t);
    for (const id of ["a", "b"]) broker.repeatNext(({ data }) => data["correlationId"] === id, 5);
    for (const correlationId of ["a", "b"]) broker.publish(connectionWrite({ correlationId }));
    await broker.idle(patienceMs);
    const seen = arrived(webhook).map(correlation).join("");
    assert.equal(seen.length, 10);
    assert.notEqual(seen, "aaaaabbbbb");
  });

  it("is refused when it asks for half a copy", async (t) => {
    const { broker } = await setUp(t);
    assert.throws(() => broker.repeatNext(() => true, 0.5), RangeError);
  });
});

type Arrived = Readonly<Record<string, unknown>>;

function ids(webhook: Webhook): readonly unknown[] {
  return arrived(webhook).map((event) => event["id"]);
}

function type(event: Arrived): unknown {
  return event["eventType"];
}

function correlation(event: Arrived): unknown {
  return (event["data"] as Arrived)["correlationId"];
}
