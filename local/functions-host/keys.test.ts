import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { app } from "@azure/functions";
import { startTestHost, until } from "./test-host.ts";

const keys = { master: "the-master", eventGrid: "the-system", function: "the-function" };
const says = (body: string) => () => ({ body });

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.arrayBuffer();
  return response.status;
}

describe("keys of the local functions host", () => {
  it("6. a missing or wrong key is 401 with an empty body, and the header wins over the query", async (t) => {
    const host = await startTestHost(t, () => app.http("locked", { authLevel: "function", handler: says("open") }), {
      keys,
    });
    const url = `${host.url}/api/locked`;
    assert.equal(await (await fetch(url, { headers: { "x-functions-key": keys.function } })).text(), "open");
    assert.equal(await (await fetch(`${url}?code=${keys.function}`)).text(), "open");
    for (const [query, headers] of [
      ["", {}],
      ["?code=", {}],
      ["?code=wrong", {}],
      [`?code=${keys.function}`, { "x-functions-key": "wrong" }],
    ] as const) {
      const response = await fetch(url + query, { headers });
      assert.deepEqual([response.status, await response.text()], [401, ""], query);
    }
  });

  it("7. the master key opens every level, any other key exactly its own", async (t) => {
    const register = () => {
      for (const authLevel of ["anonymous", "function", "admin"] as const)
        app.http(authLevel, { authLevel, handler: says("") });
    };
    const host = await startTestHost(t, register, { keys, functionKeys: { function: "its-own", admin: "not-enough" } });
    const opened = async (key: string): Promise<string[]> => {
      const paths = ["api/anonymous", "api/function", "api/admin", "admin/host/status", "runtime/webhooks/EventGrid"];
      const statuses = await Promise.all(paths.map((path) => statusOf(`${host.url}/${path}?code=${key}`)));
      return paths.filter((_, index) => statuses[index] !== 401);
    };
    assert.deepEqual(await opened(""), ["api/anonymous"]);
    assert.deepEqual(await opened(keys.function), ["api/anonymous", "api/function"]);
    assert.deepEqual(await opened("its-own"), ["api/anonymous", "api/function"]);
    assert.deepEqual(await opened("not-enough"), ["api/anonymous"]);
    assert.deepEqual(await opened(keys.eventGrid), ["api/anonymous", "runtime/webhooks/EventGrid"]);
    assert.equal((await opened(keys.master)).length, 5);
  });

  it("8. key checks are on unless the host is told otherwise", async (t) => {
    const register = () => app.http("locked", { authLevel: "admin", handler: says("open") });
    const checking = await startTestHost(t, register);
    assert.equal(await statusOf(`${checking.url}/api/locked`), 401);
    const lax = await startTestHost(t, register, { keyChecks: false });
    assert.equal(await statusOf(`${lax.url}/api/locked`), 200);
    assert.equal(await statusOf(`${lax.url}/admin/host/status`), 200);
  });

  it("12. the master key reads the host's state and functions and runs a function now", async (t) => {
    const inputs: unknown[] = [];
    const register = () => {
      app.http("web", { handler: says("") });
      app.eventGrid("on-event", { handler: (event) => void inputs.push(event) });
      app.timer("sweep", { schedule: "0 0 3 * * *", handler: (timer) => void inputs.push(timer.isPastDue) });
    };
    const host = await startTestHost(t, register, { keys });
    const call = (path: string, init: RequestInit = {}) => fetch(`${host.url}/admin/${path}?code=${keys.master}`, init);
    assert.equal((await call("host/ping")).status, 200);
    assert.equal(JSON.parse(await (await call("host/status")).text()).state, "Running");
    const listed: { name: string }[] = JSON.parse(await (await call("functions")).text());
    assert.deepEqual(listed.map(({ name }) => name).sort(), ["on-event", "sweep", "web"]);
    assert.equal((await call("functions/sweep", { method: "POST" })).status, 202);
    const event = { method: "POST", body: JSON.stringify({ input: '{"id":"e1"}' }) };
    assert.equal((await call("functions/on-event", event)).status, 202);
    await until("both ran", () => inputs.length === 2);
    assert.deepEqual(inputs, [false, { id: "e1" }]);
    assert.equal((await call("functions/web", { method: "POST" })).status, 400);
    assert.equal((await call("functions/none", { method: "POST" })).status, 404);
    assert.equal((await call("unknown")).status, 404);
  });
});
