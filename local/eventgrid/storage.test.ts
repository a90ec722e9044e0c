import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { QueueClient } from "@azure/storage-queue";
import { type Azurite, startAzurite } from "../storage/azurite.ts";
import { type BlobContainer, openBlobContainer } from "../storage/blob-container.ts";
import type { EventSubscription } from "./event-subscription.ts";
import { fastRetries, patienceMs, setUp } from "./test-broker.ts";
import { connectionWrite } from "./test-writes.ts";

let azurite: Azurite;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
});
after(() => azurite.stop());

describe("a dead letter in storage", () => {
  it("is a blob of its own with the event and why it was given up", async (t) => {
    const deadLetters = await openBlobContainer(azurite.connectionString, "given-up");
    const now = () => new Date("2026-11-23T09:05:00Z");
    const { broker, webhook } = await setUp(t, {
      broker: { deadLetters, now },
      subscription: { deadLetter: true, maxEventsPerBatch: 2 },
      notification: () => ({ status: 401 }),
    });
    broker.publish(connectionWrite());
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);

    const names = await deadLetters.list();
    for (const name of names) assert.match(name, /^TO-WEBHOOK\/2026\/11\/23\/9\/[0-9a-f-]{36}\.json$/);
    const letters = await Promise.all(names.map((name) => readLetter(deadLetters, name)));
    const sent = webhook.notifications.flatMap(({ body }) => body as readonly Letter[]);
    const expected = sent.map((event) => ({
      ...event,
      deadLetterReason: "UndeliverableDueToClientError",
      deliveryAttempts: 1,
      lastDeliveryOutcome: "Unauthorized",
      publishTime: now().toISOString(),
      lastDeliveryAttemptTime: now().toISOString(),
    }));
    assert.equal(letters.length, 2);
    assert.deepEqual(letters.toSorted(byId), expected.toSorted(byId));
    assert.deepEqual(
      broker.deliveries().map(({ outcome }) => outcome),
      ["dead-lettered", "dead-lettered"],
    );
  });

  it("of a CloudEvent has its reasons in lower case, after the last attempt that the policy allows", async (t) => {
    const deadLetters = await openBlobContainer(azurite.connectionString, "given-up-cloud-events");
    const { broker } = await setUp(t, {
      broker: { deadLetters, settings: fastRetries },
      subscription: {
        deadLetter: true,
        schema: "CloudEventSchemaV1_0",
        retryPolicy: { maxDeliveryAttempts: 2, eventTimeToLiveInMinutes: 1_440 },
      },
      notification: () => ({ status: 404 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const [name = "", ...others] = await deadLetters.list();
    assert.deepEqual(others, []);
    const letter = await readLetter(deadLetters, name);
    assert.deepEqual(
      [letter["deadletterreason"], letter["deliveryattempts"], letter["lastdeliveryoutcome"]],
      ["MaxDeliveryAttemptsExceeded", 2, "NotFound"],
    );
  });

  it("that cannot be stored is dropped, and the log says so", async (t) => {
    const deadLetters = { put: () => Promise.reject(new Error("the store is full")) };
    const { broker, log } = await setUp(t, {
      broker: { deadLetters },
      subscription: { deadLetter: true },
      notification: () => ({ status: 400 }),
    });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    assert.equal(broker.deliveries()[0]?.outcome, "dropped");
    assert.match(log.join("\n"), /could not be stored: Error: the store is full/);
  });
});

describe("a storage queue as destination", () => {
  it("receives each event as base64, without any handshake", async (t) => {
    const queue = new QueueClient(azurite.connectionString, "events");
    await queue.create();
    const { broker } = await setUp(t, { subscription: { destination: toQueue("events") } });
    broker.publish(connectionWrite());
    await broker.idle(patienceMs);
    const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32 });
    const [text, ...others] = receivedMessageItems.map(({ messageText }) => messageText);
    assert.deepEqual(others, []);
    const event: Letter = JSON.parse(Buffer.from(text ?? "", "base64").toString("utf8"));
    assert.equal(event["id"], broker.deliveries()[0]?.eventId);
  });

  it("has to exist when the subscription is made", async (t) => {
    const missing = setUp(t, { subscription: { destination: toQueue("nowhere") } });
    await assert.rejects(missing, /to-webhook was not made: there is no queue nowhere/);
  });

  it("that went away is tried again, and gets the event once it is back", async (t) => {
    const queue = new QueueClient(azurite.connectionString, "comes-back");
    await queue.create();
    const { broker } = await setUp(t, {
      broker: { settings: fastRetries },
      subscription: { destination: toQueue("comes-back") },
    });
    await queue.delete();
    broker.publish(connectionWrite());
    await assert.rejects(broker.idle(100), /under way/);
    await queue.create();
    await broker.idle(patienceMs);
    const outcomes = broker.deliveries().map(({ outcome }) => outcome);
    assert.deepEqual([outcomes[0], outcomes.at(-1)], ["will-retry", "delivered"]);
  });
});

describe("a blob container", () => {
  it("gives back what was put, under the name it was put", async () => {
    const container = await openBlobContainer(azurite.connectionString, "words");
    await container.put("a folder/b.json", '{"word":"grün"}');
    await container.put("a folder/b.json", '{"word":"rot"}');
    assert.deepEqual(await container.list(), ["a folder/b.json"]);
    assert.equal(await container.get("a folder/b.json"), '{"word":"rot"}');
  });

  it("says what storage answered when there is no such blob", async () => {
    const container = await openBlobContainer(azurite.connectionString, "empty");
    await assert.rejects(container.get("missing"), /GET .*\/empty\/missing answered 404 \(BlobNotFound\)/);
  });

  it("names what a connection string lacks", async () => {
    await assert.rejects(openBlobContainer("AccountName=a", "any"), /needs AccountName, AccountKey and BlobEndpoint/);
  });
});

type Letter = Readonly<Record<string, unknown>>;

/** Each letter is an array of one. */
async function readLetter(container: BlobContainer, name: string): Promise<Letter> {
  const [letter, ...others] = JSON.parse(await container.get(name)) as readonly Letter[];
  assert.deepEqual(others, []);
  return letter ?? assert.fail();
}

function byId(one: Letter, other: Letter): number {
  return String(one["id"]) < String(other["id"]) ? -1 : 1;
}

function toQueue(queueName: string): EventSubscription["destination"] {
  return { kind: "storage-queue", connectionString: azurite.connectionString, queueName };
}
