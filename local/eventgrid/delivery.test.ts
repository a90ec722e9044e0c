import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openBroker } from "./broker.ts";
import { arrived, fastRetries, patienceMs, setUp, subscriptionTo } from "./test-broker.ts";
import { startWebhook } from "./test-webhook.ts";
import { connectionId, connectionWrite, consumer, endpointWrite, provider } from "./test-writes.ts";

const plain = { settings: { mixedCasing: false } } as const;

describe("an event that is delivered", () => {
  it("comes in the Event Grid schema as an array of one, with Event Grid's headers", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: plain });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const request = webhook.notifications[0] ?? assert.fail();
    const { headers } = request;
    assert.deepEqual(
      [request.method, request.path, headers["content-type"]],
      ["POST", "/events?code=secret-key", "application/json; charset=utf-8"],
    );
    const grid = Object.entries(headers).filter(([name]) => name.startsWith("aeg-"));
    assert.deepEqual(Object.fromEntries(grid), {
      "aeg-event-type": "Notification",
      "aeg-subscription-name": "to-webhook",
      "aeg-delivery-count": "0",
      "aeg-data-version": "2",
      "aeg-metadata-version": "1",
    });
    const [event, ...others] = arrived(webhook);
    assert.deepEqual(others, []);
    assert.equal(event?.["subject"], connectionId);
    assert.deepEqual(Object.keys(event ?? {}).sort(), [
      "data",
      "dataVersion",
      "eventTime",
      "eventType",
      "id",
      "metadataVersion",
      "subject",
      "topic",
    ]);
  });

  it("comes in the CloudEvents schema as one object with the renamed fields", async (t) => {
    const { broker, webhook } = await setUp(t, { broker: plain, subscription: { schema: "CloudEventSchemaV1_0" } });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const request = webhook.notifications[0] ?? assert.fail();
    assert.equal(request.headers["content-type"], "application/cloudevents+json; charset=utf-8");
    const { id, time, data, ...envelope } = request.body as Readonly<Record<string, unknown>>;
    assert.deepEqual(envelope, {
      source: `/subscriptions/${provider.subscriptionId}`,
      subject: connectionId,
      type: "Microsoft.Resources.ResourceWriteSuccess",
      specversion: "1.0",
    });
    assert.equal((data as { resourceUri: string }).resourceUri, connectionId);
    assert.deepEqual([typeof id, typeof time], ["string", "string"]);
  });

  it("comes to every subscription that wants it, and to no other", async (t) => {
    const { broker, webhook } = await setUp(t);
    const other = await startWebhook();
    t.after(() => other.close());
    const topic = { type: "Microsoft.Resources.Subscriptions", subscriptionId: consumer.subscriptionId } as const;
    await broker.subscribe({ ...subscriptionTo(other), name: "of-consumer", topic });

    broker.publish(endpointWrite());
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);

    assert.equal(webhook.notifications.length, 2);
    assert.equal(other.notifications.length, 1);
  });

  it("comes alone when the subscription does not batch", async (t) => {
    const { broker, webhook } = await setUp(t);
    for (let i = 0; i < 3; i++) broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(
      webhook.notifications.map(({ body }) => (body as unknown[]).length),
      [1, 1, 1],
    );
  });

  it("shares a POST with others up to the size of a batch", async (t) => {
    const { broker, webhook } = await setUp(t, { subscription: { maxEventsPerBatch: 2 } });
    for (let i = 0; i < 3; i++) broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(webhook.notifications.map(({ body }) => (body as unknown[]).length).sort(), [1, 2]);
  });

  it("comes in an array of CloudEvents when these are batched", async (t) => {
    const batched = { schema: "CloudEventSchemaV1_0", maxEventsPerBatch: 10 } as const;
    const { broker, webhook } = await setUp(t, { subscription: batched });
    broker.publish(connectionWrite());
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const request = webhook.notifications[0] ?? assert.fail();
    assert.equal(request.headers["content-type"], "application/cloudevents-batch+json; charset=utf-8");
    assert.deepEqual(
      arrived(webhook).map((event) => event["specversion"]),
      ["1.0", "1.0"],
    );
  });
});

describe("an endpoint that fails", () => {
  it("with 500 gets the whole POST again, until it takes it", async (t) => {
    const { broker, webhook } = await setUp(t, {
      broker: { settings: fastRetries },
      subscription: { maxEventsPerBatch: 2 },
      notification: (_, before) => ({ status: before < 2 ? 500 : 200 }),
    });
    broker.publish(connectionWrite());
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(
      webhook.notifications.map(({ headers }) => headers["aeg-delivery-count"]),
      ["0", "1", "2"],
    );
    const [first, second, third] = webhook.notifications.map(({ body }) => body);
    assert.equal((first as unknown[]).length, 2);
    assert.deepEqual([second, third], [first, first]);
  });

  for (const status of [400, 401, 403, 413]) {
    it(`with ${status} gets the event no second time, and it is dropped`, async (t) => {
      const { broker, webhook } = await setUp(t, {
        broker: { settings: fastRetries },
        notification: () => ({ status }),
      });
      broker.publish(connectionWrite());
      await broker.idle(patienceMs);
      assert.equal(webhook.notifications.length, 1);
      assert.deepEqual(
        broker.deliveries().map(({ answer, outcome, attempt }) => ({ answer, outcome, attempt })),
        [{ answer: status, outcome: "dropped", attempt: 1 }],
      );
    });
  }

  it("by hanging up gets the event again", async (t) => {
    const { broker } = await setUp(t, {
      broker: { settings: fastRetries },
      notification: (_, before) => (before === 0 ? "hang-up" : { status: 204 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(
      broker.deliveries().map(({ answer }) => answer),
      ["unreachable", 204],
    );
  });

  it("by not answering in time gets the event again", async (t) => {
    const { broker } = await setUp(t, {
      broker: { settings: { ...fastRetries, answerTimeoutMs: 1_000 } },
      notification: (_, before) => (before === 0 ? "never" : { status: 204 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(
      broker.deliveries().map(({ answer }) => answer),
      ["timed-out", 204],
    );
  });

  it("for ever is given up after the attempts that its policy allows", async (t) => {
    const { broker, webhook } = await setUp(t, {
      broker: { settings: fastRetries },
      subscription: { retryPolicy: { maxDeliveryAttempts: 3, eventTimeToLiveInMinutes: 1_440 } },
      notification: () => ({ status: 500 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.equal(webhook.notifications.length, 3);
    assert.deepEqual(
      broker.deliveries().map(({ outcome }) => outcome),
      ["will-retry", "will-retry", "dropped"],
    );
  });
});

describe("the broker", () => {
  it("delivers nothing to a subscription whose handshake failed", async (t) => {
    const webhook = await startWebhook({ handshake: () => ({ status: 404 }) });
    const broker = openBroker({});
    t.after(async () => {
      await broker.stop();
      await webhook.close();
    });
    await assert.rejects(broker.subscribe(subscriptionTo(webhook)), /answered the validation with 404/);
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual(webhook.notifications, []);
  });

  it("refuses a subscription that Azure would refuse, before any handshake", async (t) => {
    const { broker, webhook } = await setUp(t);
    const unlimited = { ...subscriptionTo(webhook), maxEventsPerBatch: 0 };
    await assert.rejects(broker.subscribe(unlimited), /to-webhook was not made: maxEventsPerBatch/);
    assert.equal(webhook.handshakes.length, 1);
  });

  it("refuses dead-lettering without a place for dead letters", async (t) => {
    const { broker, webhook } = await setUp(t);
    const lettering = { ...subscriptionTo(webhook), deadLetter: true };
    await assert.rejects(broker.subscribe(lettering), /dead-lettering needs a store/);
  });

  it("replaces a subscription of the same name", async (t) => {
    const { broker, webhook } = await setUp(t);
    const other = await startWebhook();
    t.after(() => other.close());
    await broker.subscribe(subscriptionTo(other));
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.deepEqual([webhook.notifications.length, other.notifications.length], [0, 1]);
  });

  it("is not idle while an event waits for its next attempt", async (t) => {
    const { broker } = await setUp(t, { notification: () => ({ status: 500 }) });
    broker.publish(connectionWrite());
    await assert.rejects(broker.idle(300), /1 deliveries under way/);
  });

  it("stops at once, in the middle of an answer and of a wait", async (t) => {
    const { broker, webhook } = await setUp(t, {
      notification: (_, before) => (before === 0 ? "never" : { status: 500 }),
    });
    broker.publish(connectionWrite());
    broker.publish(connectionWrite());
    await assert.rejects(broker.idle(300), /under way/);
    await broker.stop();
    await broker.idle(0);
    assert.equal(webhook.notifications.length, 2);
  });

  it("writes neither the endpoint's key nor anybody's name into its log", async (t) => {
    const { broker, log } = await setUp(t, {
      broker: { settings: fastRetries },
      notification: (_, before) => ({ status: before === 0 ? 500 : 200 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.match(log.join("\n"), /to-webhook Microsoft\.Resources\.ResourceWriteSuccess .* attempt 2: 200, delivered/);
    assert.doesNotMatch(log.join("\n"), /secret-key|Quillfeather/i);
  });
});
