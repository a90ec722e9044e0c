import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Authority, loadOrCreateAuthority } from "../../local/certificates.ts";
import { startEventGrid } from "../../local/eventgrid/server.ts";
import { decisionTopic, noPublisher, type TopicOptions } from "../../src/azure/decision-events.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { type DecisionEvent, decisionEvent } from "../../src/ledger/decision-event.ts";
import { event, request } from "../builders.ts";
import { assertDecision } from "../workflow/published.ts";

const telling = { chain: request().service, request: request(), customer: "Contoso", mode: "enforce", publicUrl: null };
const told = (count: number): readonly DecisionEvent[] =>
  link(
    emptyHead,
    Array.from({ length: count }, () => event()),
  ).events.map((one) => decisionEvent(one, "plgate.request.received", { ...telling, mode: "enforce" }));
const credential = { getToken: async () => ({ token: "good", expiresOnTimestamp: Date.now() + 3_600_000 }) };

describe("The topic of decisions", () => {
  let directory: string;
  let tls: Authority;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "plgate-topic-"));
    tls = await loadOrCreateAuthority(directory);
    setDefaultCACertificates([...getCACertificates(), tls.caPem]);
  });
  after(() => rm(directory, { recursive: true }));

  /** A topic that answers so, one after the other, and 200 when nothing is left to say; `stall` is no answer. */
  async function answering(t: TestContext, ...answers: (number | "stall")[]) {
    const asked: string[] = [];
    const server = createServer(tls, (incoming, outgoing) => {
      asked.push(`${incoming.method} ${incoming.headers["content-type"]}`);
      const next = answers.shift() ?? 200;
      incoming.resume();
      if (next !== "stall") outgoing.writeHead(next, { "content-length": 0 }).end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    assert.ok(address && typeof address === "object");
    return { endpoint: `https://127.0.0.1:${address.port}/api/events`, asked };
  }

  const topicAt = (endpoint: string, more: Partial<TopicOptions> = {}) =>
    decisionTopic({ endpoint, credential, restMs: 0, ...more });

  it("takes a commit's events as one batch of CloudEvents that hold to the schema, by the app's token", async (t) => {
    const tokens: string[] = [];
    const grid = await startEventGrid({ tls, verifyToken: async (token) => void tokens.push(token) });
    t.after(() => grid.stop());
    await topicAt(`${grid.url}/api/events`).publish(told(3));
    assert.deepEqual(tokens, ["good"], "one call");
    assert.deepEqual(
      grid.received().map(({ id }) => id),
      told(3).map(({ id }) => id),
    );
    for (const received of grid.received()) assertDecision(received);
  });

  const refusals = {
    400: /400; .*its input schema is not CloudEventSchemaV1_0/,
    401: /401; plgate's identity needs the role EventGrid Data Sender/,
    403: /403; plgate's identity needs the role EventGrid Data Sender/,
    404: /404; PLGATE_DECISIONS_TOPIC names no topic/,
    413: /413; the batch is too large/,
  } as const;
  for (const [status, message] of Object.entries(refusals)) {
    it(`that answers ${status} is asked once, and what has to be done is said`, async (t) => {
      const { endpoint, asked } = await answering(t, Number(status), Number(status));
      await assert.rejects(topicAt(endpoint).publish(told(1)), { name: "PlgateError", message });
      assert.equal(asked.length, 1);
    });
  }

  it("that refuses these very events is not left alone for them, and whoever sent them is told that nothing will help", async (t) => {
    const { endpoint, asked } = await answering(t, 413);
    const topic = topicAt(endpoint, { restMs: 60_000 });
    await assert.rejects(topic.publish(told(1)), { retryable: false });
    await topic.publish(told(1));
    assert.equal(asked.length, 2);
  });

  it("in trouble is asked once more, with the same ids", async (t) => {
    const { endpoint, asked } = await answering(t, 503);
    await topicAt(endpoint).publish(told(1));
    assert.equal(asked.length, 2);
  });

  it("that never answers is given up, and left alone for a moment by all who come meanwhile", async (t) => {
    const { endpoint, asked } = await answering(t, "stall", "stall");
    let now = 0;
    const topic = topicAt(endpoint, { timeoutMs: 200, restMs: 15_000, now: () => now });
    await assert.rejects(topic.publish(told(1)), { retryable: true, message: /no certain answer/ });
    const calls = asked.length;
    await assert.rejects(topic.publish(told(1)), { retryable: true, message: /left alone for a moment: .*no certain/ });
    assert.equal(asked.length, calls);
    now = 15_001;
    await assert.rejects(topic.publish(told(1)), { message: /no certain answer/ });
    assert.equal(asked.length, calls + 1, "asked again after that");
    now = 60_000;
    await topic.publish(told(1));
  });

  it("that is not there at all is no certain answer", async () => {
    await assert.rejects(topicAt("https://127.0.0.1:1/api/events").publish(told(1)), {
      retryable: true,
      message: /no certain answer \(.*ECONNREFUSED/,
    });
  });

  it("is off where none is configured", async () => {
    assert.equal(noPublisher.isOn, false);
    await noPublisher.publish(told(1));
  });
});
