import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { AzureKeyCredential, EventGridPublisherClient } from "@azure/eventgrid";
import { type Authority, loadOrCreateAuthority } from "../certificates.ts";
import { type EventGrid, type EventGridOptions, startEventGrid } from "./server.ts";
import { arrived, patienceMs, subscriptionTo } from "./test-broker.ts";
import { startWebhook } from "./test-webhook.ts";
import { connectionWrite } from "./test-writes.ts";

const cloudEvent = { id: "c", source: "plgate", type: "plgate.decided", specversion: "1.0" };

let directory: string;
let authority: Authority;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), "plgate-eventgrid-"));
  authority = await loadOrCreateAuthority(directory);
  setDefaultCACertificates([...getCACertificates(), authority.caPem]);
});
after(() => rm(directory, { recursive: true }));

describe("the custom topic", () => {
  it("takes events of the real publisher with its key, and hands them on", async (t) => {
    const grid = await started(t);
    const webhook = await listener(t, grid);
    await publisher(grid).send([gridEvent("decided-1"), gridEvent("decided-2")]);
    await grid.idle(patienceMs);
    assert.deepEqual(
      grid.received().map(({ id }) => id),
      ["decided-1", "decided-2"],
    );
    const delivered = arrived(webhook).toSorted((one, other) => (String(one["id"]) < String(other["id"]) ? -1 : 1));
    assert.deepEqual(delivered, grid.received());
    const { eventTime: _, ...first } = delivered[0] ?? assert.fail();
    assert.deepEqual(first, {
      id: "decided-1",
      topic:
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.EventGrid/topics/plgate",
      subject: "requests/decided-1",
      eventType: "Plgate.Decided",
      data: { decision: "approved" },
      dataVersion: "1.0",
      metadataVersion: "1",
    });
  });

  it("takes CloudEvents of the real publisher, with their extension attributes", async (t) => {
    const grid = await started(t);
    const webhook = await listener(t, grid, "CloudEventSchemaV1_0");
    const client = new EventGridPublisherClient(topicUrl(grid), "CloudEvent", new AzureKeyCredential(grid.topicKey));
    await client.send([
      { id: "c-1", type: "plgate.decided", source: "plgate", data: { n: 1 }, extensionAttributes: { round: "2" } },
    ]);
    await grid.idle(patienceMs);
    const body = webhook.notifications[0]?.body as Readonly<Record<string, unknown>>;
    assert.deepEqual([body["id"], body["source"], body["round"], body["data"]], ["c-1", "plgate", "2", { n: 1 }]);
  });

  it("does not turn a CloudEvent into an Event Grid event, which Azure cannot either", async (t) => {
    const grid = await started(t);
    const webhook = await listener(t, grid, "EventGridSchema");
    await assertStatus(post(grid, { contentType: "application/cloudevents+json", body: cloudEvent }), 200);
    await grid.idle(patienceMs);
    assert.deepEqual(webhook.notifications, []);
    assert.equal(grid.deliveries()[0]?.outcome, "not-possible");
  });

  it("takes a bearer token that the issuer's check accepts, from the real publisher", async (t) => {
    const tokens: string[] = [];
    const verifyToken = async (jwt: string) => void tokens.push(jwt);
    const grid = await started(t, { verifyToken });
    const credential = { getToken: async () => ({ token: "good-token", expiresOnTimestamp: Date.now() + 3_600_000 }) };
    await new EventGridPublisherClient(topicUrl(grid), "EventGrid", credential).send([gridEvent("by-token")]);
    assert.deepEqual(tokens, ["good-token"]);
    assert.equal(grid.received().length, 1);
  });

  it("refuses the real publisher with a wrong key, and takes nothing", async (t) => {
    const grid = await started(t);
    const client = new EventGridPublisherClient(topicUrl(grid), "EventGrid", new AzureKeyCredential("wrong"));
    await assert.rejects(client.send([gridEvent("forged")]), { statusCode: 401 });
    assert.deepEqual(grid.received(), []);
  });

  const refusals: Readonly<Record<string, readonly [Post, number, RegExp]>> = {
    "without key or token": [{ headers: {} }, 401, /aeg-sas-key or a bearer token/],
    "with a token that the check does not accept": [
      { headers: { authorization: "Bearer bad-token" } },
      401,
      /not accepted/,
    ],
    "with a body that is not JSON": [{ body: "{" }, 400, /not JSON/],
    "with one event instead of an array": [{ body: gridEvent("1") }, 400, /expected array/],
    "with an event without a subject": [{ body: [{ ...wireEvent(), subject: undefined }] }, 400, /subject/],
    "with a time that is none": [{ body: [{ ...wireEvent(), eventTime: "yesterday" }] }, 400, /eventTime/],
    "with a field that the schema does not know": [{ body: [{ ...wireEvent(), severity: 1 }] }, 400, /severity/],
    "with the topic of somebody else": [{ body: [{ ...wireEvent(), topic: "/subscriptions/other" }] }, 400, /topic/],
    "with a CloudEvent of another version": [
      { contentType: "application/cloudevents-batch+json", body: [{ ...cloudEvent, specversion: "0.3" }] },
      400,
      /specversion/,
    ],
    "with a content type it does not take": [{ contentType: "text/plain" }, 400, /text\/plain/],
    "without its api-version": [{ path: "/api/events" }, 400, /api-version has to be 2018-01-01/],
    "at another route": [{ path: "/api/topics?api-version=2018-01-01" }, 404, /no POST \/api\/topics/],
    "with more than a megabyte": [{ body: [{ ...wireEvent(), data: { text: "x".repeat(1_048_576) } }] }, 413, /1 MB/],
  };
  for (const [sentence, [given, status, message]] of Object.entries(refusals)) {
    it(`answers ${status} ${sentence}`, async (t) => {
      const grid = await started(t, { verifyToken: () => Promise.reject(new Error("bad signature")) });
      const text = await assertStatus(post(grid, given), status);
      const { error } = JSON.parse(text) as { error: { code: string; message: string } };
      assert.match(error.message, message);
      assert.match(error.code, /^[A-Z]\w+$/);
      assert.deepEqual(grid.received(), []);
    });
  }

  it("takes no token at all when it was started without a check", async (t) => {
    const grid = await started(t);
    const text = await assertStatus(post(grid, { headers: { authorization: "Bearer any" } }), 401);
    assert.match(text, /without a check for tokens/);
  });

  it("answers 200 with an empty body", async (t) => {
    const grid = await started(t);
    assert.equal(await assertStatus(post(grid, {}), 200), "");
  });
});

describe("the server", () => {
  it("delivers the events of ARM writes next to its custom topic", async (t) => {
    const grid = await started(t);
    const webhook = await startWebhook();
    t.after(() => webhook.close());
    await grid.subscribe(subscriptionTo(webhook));
    grid.publish(connectionWrite());
    await grid.idle(patienceMs);
    assert.equal(webhook.notifications.length, 1);
    assert.deepEqual(grid.received(), []);
  });

  it("listens no more after it was stopped, and may be stopped twice", async (t) => {
    const grid = await started(t);
    await grid.stop();
    await assert.rejects(post(grid, {}), TypeError);
  });

  it("fails to start on a port that is taken", async (t) => {
    const grid = await started(t);
    const { key, cert } = authority;
    const port = Number(new URL(grid.url).port);
    await assert.rejects(startEventGrid({ tls: { key, cert }, port }), { code: "EADDRINUSE" });
  });
});

async function started(t: TestContext, options: Partial<EventGridOptions> = {}): Promise<EventGrid> {
  const { key, cert } = authority;
  const grid = await startEventGrid({ tls: { key, cert }, ...options });
  t.after(() => grid.stop());
  return grid;
}

async function listener(
  t: TestContext,
  grid: EventGrid,
  schema: "EventGridSchema" | "CloudEventSchemaV1_0" = "EventGridSchema",
) {
  const webhook = await startWebhook();
  t.after(() => webhook.close());
  await grid.subscribe({ ...subscriptionTo(webhook), topic: { type: "custom" }, schema });
  return webhook;
}

function topicUrl(grid: EventGrid): string {
  return `${grid.url}/api/events`;
}

function publisher(grid: EventGrid): EventGridPublisherClient<"EventGrid"> {
  return new EventGridPublisherClient(topicUrl(grid), "EventGrid", new AzureKeyCredential(grid.topicKey));
}

function gridEvent(id: string) {
  return {
    id,
    subject: `requests/${id}`,
    eventType: "Plgate.Decided",
    data: { decision: "approved" },
    dataVersion: "1.0",
  };
}

function wireEvent() {
  return { ...gridEvent("wire"), eventTime: "2026-11-23T10:00:00Z" };
}

type Post = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly path?: string;
  readonly body?: unknown;
};

function post(grid: EventGrid, { headers, contentType, path, body = [wireEvent()] }: Post): Promise<Response> {
  return fetch(grid.url + (path ?? "/api/events?api-version=2018-01-01"), {
    method: "POST",
    headers: { ...(headers ?? { "aeg-sas-key": grid.topicKey }), "content-type": contentType ?? "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

async function assertStatus(answer: Promise<Response>, expected: number): Promise<string> {
  const response = await answer;
  const text = await response.text();
  assert.equal(response.status, expected, text);
  return text;
}
