import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it, type TestContext } from "node:test";
import { app, type InvocationContext } from "@azure/functions";
import { type QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { type Azurite, startAzurite } from "../storage/azurite.ts";
import { setSetting, startTestHost, type TestHostOptions, until } from "./test-host.ts";

type Handler = (message: unknown, context: InvocationContext) => unknown;
const POLLING = { maxPollingInterval: "00:00:00.100" };

let azurite: Azurite;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
});
after(() => azurite.stop());

function queueOf(name: string): QueueClient {
  return QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient(name);
}

async function newQueue(): Promise<QueueClient> {
  const queue = queueOf(`q-${randomUUID()}`);
  await queue.create();
  return queue;
}

function startWorker(
  t: TestContext,
  queueName: string,
  handler: Handler,
  queues: object = {},
  options: TestHostOptions = {},
) {
  const register = () => app.storageQueue("work", { queueName, connection: "AzureWebJobsStorage", handler });
  const hostJson = { extensions: { queues: { ...POLLING, ...queues } } };
  return startTestHost(t, register, { hostJson, storageConnectionString: azurite.connectionString, ...options });
}

const send = (queue: QueueClient, message: unknown) =>
  queue.sendMessage(Buffer.from(JSON.stringify(message)).toString("base64"));

/** Messages in a queue, leased ones included. */
async function countOf(queue: QueueClient): Promise<number> {
  return (await queue.getProperties()).approximateMessagesCount ?? -1;
}
async function textsOf(queue: QueueClient): Promise<string[]> {
  if (!(await queue.exists())) return [];
  const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => Buffer.from(messageText, "base64").toString());
}

describe("queue triggers of the local functions host", () => {
  it("21. a batch is taken when no more than newBatchThreshold run, so at most the sum of both runs at once", async (t) => {
    const queue = await newQueue();
    const gates = Array.from({ length: 10 }, () => Promise.withResolvers<void>());
    for (const id of gates.keys()) await send(queue, { id });
    const started: number[] = [];
    const running = { now: 0, most: 0 };
    const handler: Handler = async (message) => {
      const { id } = message as { id: number };
      started.push(id);
      running.now += 1;
      running.most = Math.max(running.most, running.now);
      await gates[id]?.promise;
      running.now -= 1;
    };
    await startWorker(t, queue.name, handler, { batchSize: 3, newBatchThreshold: 2 });
    await until("the first batch runs", () => started.length === 3);
    assert.equal(await countOf(queue), 10);
    gates[started[0] ?? -1]?.resolve();
    await until("the second batch joins the two left", () => running.now === 5);
    for (const gate of gates) gate.resolve();
    await until("all have run", () => started.length === 10 && running.now === 0);
    assert.equal(running.most, 5);
  });

  it("22. messages are base64 unless host.json says none", async (t) => {
    for (const messageEncoding of ["base64", "none"] as const) {
      const queue = await newQueue();
      const got: unknown[] = [];
      await startWorker(t, queue.name, (message) => void got.push(message), { messageEncoding });
      await queue.sendMessage(messageEncoding === "none" ? "plain text" : Buffer.from('{"a":"ä"}').toString("base64"));
      await until("it is handled", () => got.length === 1);
      assert.deepEqual(got, [messageEncoding === "none" ? "plain text" : { a: "ä" }]);
    }
  });

  it("23. a message is leased for ten minutes and deleted after success", async (t) => {
    const queue = await newQueue();
    const open = Promise.withResolvers<void>();
    const seen: InvocationContext[] = [];
    const handler: Handler = async (_, context) => {
      seen.push(context);
      await open.promise;
    };
    await startWorker(t, queue.name, handler);
    await send(queue, { id: 1 });
    await until("it runs", () => seen.length === 1);
    const { dequeueCount, nextVisibleTime, queueTrigger } = seen[0]?.triggerMetadata ?? {};
    const leasedFor = Date.parse(String(nextVisibleTime)) - Date.now();
    assert.ok(leasedFor > 500_000 && leasedFor <= 601_000, `leased for ${leasedFor} ms`);
    assert.deepEqual([dequeueCount, queueTrigger], [1, { id: 1 }]);
    assert.equal(await countOf(queue), 1);
    open.resolve();
    await until("it is gone", async () => (await countOf(queue)) === 0);
  });

  it("23. the lease is renewed at half, so a function may outlive it and still is the only one", async (t) => {
    const queue = await newQueue();
    const end = performance.now() + 6_000;
    let runs = 0;
    const handler: Handler = async () => {
      runs += 1;
      await until("it has outlived its lease", () => performance.now() > end);
    };
    const host = await startWorker(t, queue.name, handler, {}, { queueLeaseSeconds: 4 });
    await send(queue, { id: 1 });
    await until("it is gone", async () => runs > 0 && performance.now() > end && (await countOf(queue)) === 0);
    assert.equal(runs, 1);
    assert.deepEqual(
      host.lines.filter((line) => !line.startsWith("work succeeded")),
      [],
    );
  });

  it("24. a failed message comes again after visibilityTimeout; at maxDequeueCount it moves to the poison queue", async (t) => {
    const queue = await newQueue();
    const counts: unknown[] = [];
    const times: number[] = [];
    const handler: Handler = (_, context) => {
      counts.push(context.triggerMetadata?.["dequeueCount"]);
      times.push(performance.now());
      throw new Error("not this time");
    };
    await startWorker(t, queue.name, handler, { maxDequeueCount: 3, visibilityTimeout: "00:00:01" });
    await send(queue, { id: "poison" });
    const poison = queueOf(`${queue.name}-poison`);
    await until("it is poison", async () => (await textsOf(poison)).length === 1);
    assert.deepEqual(await textsOf(poison), ['{"id":"poison"}']);
    await until("it is gone", async () => (await countOf(queue)) === 0);
    assert.deepEqual(counts, [1, 2, 3]);
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(
      waits.every((wait) => wait > 900),
      String(waits),
    );
  });

  it("25. a message taken too often goes to poison unseen; a failure in a poison queue stays there", async (t) => {
    const queue = await newQueue();
    await send(queue, { id: "worn" });
    for (let count = 0; count < 2; count += 1) await receiveAndGiveBack(queue);
    const seen: unknown[] = [];
    const host = await startWorker(t, queue.name, (message) => void seen.push(message), { maxDequeueCount: 2 });
    const poison = queueOf(`${queue.name}-poison`);
    await until("it is poison", async () => (await textsOf(poison)).length === 1);
    await host.stop();
    assert.equal(seen.length, 0);

    const failing: Handler = (message) => {
      seen.push(message);
      throw new Error("still poison");
    };
    const second = await startWorker(t, poison.name, failing, { maxDequeueCount: 1 });
    await until("it failed", () => second.lines.some((line) => line.startsWith("work failed")));
    await second.stop();
    assert.deepEqual(seen, [{ id: "worn" }]);
    assert.equal(await countOf(poison), 1);
    assert.equal(await queueOf(`${poison.name}-poison`).exists(), false);
  });

  it("26. a message that somebody else deleted or took is let go, whether its function succeeds or fails", async (t) => {
    const queue = await newQueue();
    const handler: Handler = async (message, { triggerMetadata }) => {
      const { act } = message as { act: string };
      const [id, receipt] = [String(triggerMetadata?.["id"]), String(triggerMetadata?.["popReceipt"])];
      if (act.startsWith("delete")) await queue.deleteMessage(id, receipt);
      else await queue.updateMessage(id, receipt, undefined, 600);
      if (act.endsWith("fail")) throw new Error("failed as told");
    };
    const host = await startWorker(t, queue.name, handler);
    for (const act of ["delete", "delete and fail", "take", "take and fail"]) await send(queue, { act });
    await until("all have run", () => host.lines.length === 4);
    await host.stop();
    assert.deepEqual(host.lines.map((line) => /^work \w+/.exec(line)?.[0]).sort(), [
      "work failed",
      "work failed",
      "work succeeded",
      "work succeeded",
    ]);
    assert.equal(await countOf(queue), 2);
  });

  it("26. a missing queue is waited for and not created; an output creates its queue", async (t) => {
    const [input, output] = [`q-${randomUUID()}`, `q-${randomUUID()}`];
    setSetting(t, "OTHER_STORAGE", azurite.connectionString);
    setSetting(t, "QUEUE_SUFFIX", output.slice(2));
    const results = { type: "queue", queueName: "q-%QUEUE_SUFFIX%", connection: "OTHER_STORAGE", name: "results" };
    const register = () => {
      app.storageQueue("work", {
        queueName: input,
        connection: "",
        return: results,
        extraOutputs: [{ ...results, name: "more" }],
        handler: (message, context) => {
          context.extraOutputs.set("more", ["one", { two: 2 }]);
          return message;
        },
      });
    };
    const hostJson = { extensions: { queues: POLLING } };
    const host = await startTestHost(t, register, { hostJson, storageConnectionString: azurite.connectionString });
    assert.equal(await queueOf(input).exists(), false);
    await queueOf(input).create();
    await send(queueOf(input), { returned: true });
    await until("the outputs are there", async () => (await textsOf(queueOf(output))).length === 3);
    assert.deepEqual((await textsOf(queueOf(output))).sort(), ["one", '{"returned":true}', '{"two":2}']);
    assert.deepEqual(
      host.lines.filter((line) => line.startsWith("error")),
      [],
    );
  });

  it("a connection whose setting is missing stops the start", async (t) => {
    const register = () =>
      app.storageQueue("work", { queueName: "q", connection: "NOT_SET", handler: () => undefined });
    await assert.rejects(startTestHost(t, register), /function work needs the connection string NOT_SET/);
  });
});

async function receiveAndGiveBack(queue: QueueClient): Promise<void> {
  const { receivedMessageItems } = await queue.receiveMessages({ visibilityTimeout: 60 });
  for (const { messageId, popReceipt } of receivedMessageItems)
    await queue.updateMessage(messageId, popReceipt, undefined, 0);
}
