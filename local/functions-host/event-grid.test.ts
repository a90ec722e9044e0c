import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { app } from "@azure/functions";
import { startTestHost, type TestHostOptions } from "./test-host.ts";

const keys = { master: "the-master", eventGrid: "the-system", function: "the-function" };
type Handler = (event: unknown) => void | Promise<void>;

async function startReceiver(t: TestContext, handler: Handler, options: TestHostOptions = {}) {
  const register = () => {
    app.eventGrid("receive", { handler });
    app.generic("receive-many", {
      trigger: { type: "eventGridTrigger", name: "events", cardinality: "many" },
      handler,
    });
  };
  const host = await startTestHost(t, register, { keys, ...options });
  const send = (
    body: unknown,
    init: { type?: string; query?: string; method?: string; headers?: Record<string, string> } = {},
  ) => {
    const {
      type = "Notification",
      query = `functionName=receive&code=${keys.eventGrid}`,
      method = "POST",
      headers = {},
    } = init;
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const hasBody = method !== "GET" && method !== "OPTIONS";
    return fetch(`${host.url}/runtime/webhooks/EventGrid?${query}`, {
      method,
      headers: { ...(type === "" ? {} : { "aeg-event-type": type }), ...headers },
      ...(hasBody ? { body: text } : {}),
    });
  };
  return { host, send };
}
const ignore: Handler = () => undefined;

describe("Event Grid triggers of the local functions host", () => {
  it("13. the webhook takes five verbs and needs the system key or the master key", async (t) => {
    const { host, send } = await startReceiver(t, ignore);
    for (const method of ["GET", "PUT", "POST", "DELETE", "OPTIONS"])
      assert.notEqual((await send([], { method })).status, 404, method);
    assert.equal((await send([], { method: "PATCH" })).status, 404);
    assert.equal((await send([], { query: `functionName=receive&code=${keys.master}` })).status, 202);
    assert.equal(
      (await send([], { query: "functionName=receive", headers: { "x-functions-key": keys.eventGrid } })).status,
      202,
    );
    for (const code of ["", "wrong", keys.function])
      assert.equal((await send([], { query: `functionName=receive&code=${code}` })).status, 401);
    assert.ok(!host.lines.join().includes(keys.eventGrid));
  });

  it("14. an unknown or missing function is 404 with a text that names it", async (t) => {
    const { send } = await startReceiver(t, ignore);
    for (const [query, name] of [
      ["functionName=nobody&", "nobody"],
      ["", ""],
    ] as const) {
      const response = await send([], { query: `${query}code=${keys.eventGrid}` });
      assert.deepEqual([response.status, await response.text()], [404, `cannot find function: '${name}'`]);
    }
  });

  it("15. a validation event is answered with its code, in the Event Grid and both CloudEvents forms", async (t) => {
    const { send } = await startReceiver(t, ignore);
    const data = { validationCode: "code-1", validationUrl: "https://example.com" };
    for (const body of [[{ id: "1", data }], { id: "1", data }, { id: "1", data: JSON.stringify(data) }]) {
      const response = await send(body, { type: "SubscriptionValidation" });
      assert.deepEqual([response.status, await response.json()], [200, { validationResponse: "code-1" }]);
    }
    assert.equal((await send([{ id: "1" }], { type: "SubscriptionValidation" })).status, 400);
  });

  it("16. a notification and an unsubscribe are 202; any other or no type, and a body that is no JSON, are 400", async (t) => {
    const events: unknown[] = [];
    const { send } = await startReceiver(t, (event) => void events.push(event));
    assert.equal((await send([{ id: "1", eventType: "T", data: { deep: [1] } }])).status, 202);
    assert.equal((await send({ id: "2", specversion: "1.0" })).status, 202);
    assert.deepEqual(events, [
      { id: "1", eventType: "T", data: { deep: [1] } },
      { id: "2", specversion: "1.0" },
    ]);
    assert.equal((await send([], { type: "unsubscribe" })).status, 202);
    for (const type of ["Other", ""]) assert.equal((await send([{ id: "3" }], { type })).status, 400);
    assert.equal((await send("{ not json")).status, 400);
    assert.equal(events.length, 2);
  });

  it("17. events of one POST run in parallel, one invocation each, or as one if the cardinality is many", async (t) => {
    const waiting = new Set<unknown>();
    const all = Promise.withResolvers<void>();
    const { send } = await startReceiver(
      t,
      (event) => {
        waiting.add(event);
        if (waiting.size === 3 || Array.isArray(event)) all.resolve();
        return all.promise;
      },
      { hostJson: { functionTimeout: "00:00:20" } },
    );
    const events = [{ id: "1" }, { id: "2" }, { id: "3" }];
    assert.equal((await send(events)).status, 202);
    assert.deepEqual([...waiting], events);
    waiting.clear();
    assert.equal((await send(events, { query: `functionName=receive-many&code=${keys.eventGrid}` })).status, 202);
    assert.deepEqual([...waiting], [events]);
  });

  it("18. one failed event makes the whole POST 500 with the error's message, after all have run", async (t) => {
    const done: unknown[] = [];
    const { send } = await startReceiver(t, async (event) => {
      if (JSON.stringify(event).includes("bad")) throw new Error("bad event");
      await new Promise(setImmediate);
      done.push(event);
    });
    const response = await send([{ id: "bad" }, { id: "1" }, { id: "2" }]);
    assert.deepEqual([response.status, await response.text()], [500, "bad event"]);
    assert.deepEqual(done, [{ id: "1" }, { id: "2" }]);
  });

  it("19. the CloudEvents handshake is 400 [S]; a switch that goes beyond the real host allows it", async (t) => {
    const handshake = { method: "OPTIONS", type: "", headers: { "WebHook-Request-Origin": "eventgrid.azure.net" } };
    const refusing = await startReceiver(t, ignore);
    assert.equal((await refusing.send("", handshake)).status, 400);
    const allowing = await startReceiver(t, ignore, { switches: { cloudEventsHandshake: "allow" } });
    const response = await allowing.send("", handshake);
    assert.deepEqual([response.status, response.headers.get("WebHook-Allowed-Origin")], [200, "eventgrid.azure.net"]);
  });

  it("20. event times may be written anew on the way [U]: as sent, or by a switch without trailing zeros", async (t) => {
    const times: unknown[] = [];
    const event = {
      id: "1",
      eventTime: "2026-01-02T03:04:05.1230000Z",
      data: { at: "2026-01-02T03:04:05.000Z", text: "1.500" },
    };
    for (const eventDates of ["as-sent", "rewritten"] as const) {
      const { send } = await startReceiver(t, (got) => void times.push(got), { switches: { eventDates } });
      assert.equal((await send([event])).status, 202);
    }
    const rewritten = {
      id: "1",
      eventTime: "2026-01-02T03:04:05.123Z",
      data: { at: "2026-01-02T03:04:05Z", text: "1.500" },
    };
    assert.deepEqual(times, [event, rewritten]);
  });
});
