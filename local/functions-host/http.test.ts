import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { describe, it } from "node:test";
import { app, type HttpHandler, type HttpRequest } from "@azure/functions";
import { setSetting, startTestHost } from "./test-host.ts";

const says =
  (body: string): HttpHandler =>
  () => ({ body });
const echoParams: HttpHandler = (incoming) => ({ jsonBody: incoming.params });

function textOf(url: string, init: RequestInit = {}): Promise<string> {
  return fetch(url, init).then((response) => response.text());
}
async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

describe("HTTP triggers of the local functions host", () => {
  it("1. routes stand under /api or the prefix of host.json, default to the function's name, and ignore case", async (t) => {
    const register = () => app.http("hello", { handler: says("hi") });
    const usual = await startTestHost(t, register);
    assert.equal(await textOf(`${usual.url}/api/hello`), "hi");
    assert.equal(await textOf(`${usual.url}/API/Hello/`), "hi");
    assert.equal(await statusOf(`${usual.url}/hello`), 404);

    const prefixed = await startTestHost(t, register, {
      hostJson: { extensions: { http: { routePrefix: "v1/app" } } },
    });
    assert.equal(await textOf(`${prefixed.url}/v1/app/hello`), "hi");
    const bare = await startTestHost(t, register, { hostJson: { extensions: { http: { routePrefix: "" } } } });
    assert.equal(await textOf(`${bare.url}/hello`), "hi");
  });

  it("2. routes are tried by the function's name, not by how specific they are, and a shadowed one is warned of", async (t) => {
    const host = await startTestHost(t, () => {
      app.http("B-special", { route: "items/special", handler: says("special") });
      app.http("a-any", { route: "items/{id}", handler: says("any") });
    });
    assert.equal(await textOf(`${host.url}/api/items/special`), "any");
    assert.deepEqual(
      host.lines.filter((line) => line.startsWith("warning")),
      ["warning: route api/items/special of B-special is never reached: api/items/{id} of a-any comes first by name"],
    );
  });

  it("3. optional, constrained and catch-all parameters work; a failed constraint is 404", async (t) => {
    const host = await startTestHost(t, () => {
      app.http("optional", { route: "optional/{name?}", handler: echoParams });
      app.http("number", { route: "number/{id:int}", handler: echoParams });
      app.http("rest", { route: "rest/{*path}", handler: echoParams });
    });
    const cases = {
      "optional/Ann%20B": { name: "Ann B" },
      optional: {},
      "number/42": { id: "42" },
      "rest/a/b%2Fc/d": { path: "a/b%2Fc/d" },
    };
    for (const [path, expected] of Object.entries(cases)) {
      assert.deepEqual(JSON.parse(await textOf(`${host.url}/api/${path}`)), expected, path);
    }
    for (const path of ["number/x", "number", "number/1/2", "optional/a/b"])
      assert.equal(await statusOf(`${host.url}/api/${path}`), 404, path);
    const refused = startTestHost(t, () => app.http("odd", { route: "odd/{a}.{b}", handler: says("") }));
    await assert.rejects(refused, /function odd: the route segment "{a}.{b}" is not supported/);
  });

  it("4. a verb that is not listed is 404, and another function may have it", async (t) => {
    const host = await startTestHost(t, () => {
      app.http("read", { route: "thing", methods: ["GET"], handler: says("read") });
      app.http("write", { route: "thing", methods: ["PUT"], handler: says("written") });
    });
    assert.equal(await textOf(`${host.url}/api/thing`), "read");
    assert.equal(await textOf(`${host.url}/api/thing`, { method: "PUT" }), "written");
    assert.equal(await statusOf(`${host.url}/api/thing`, { method: "DELETE" }), 404);
  });

  it("5. a repeated query key reaches the function joined by a comma", async (t) => {
    const host = await startTestHost(t, () =>
      app.http("query", { handler: ({ query }) => ({ jsonBody: [...query] }) }),
    );
    assert.deepEqual(JSON.parse(await textOf(`${host.url}/api/query?a=1&b=x%26y&a=2`)), [
      ["a", "1,2"],
      ["b", "x&y"],
    ]);
  });

  it("9. a disabled function is 404; an error is 500 with an empty body and its stack in the log", async (t) => {
    setSetting(t, "AzureWebJobs.off.Disabled", "true");
    const host = await startTestHost(t, () => {
      app.http("off", { handler: says("") });
      app.http("broken", {
        handler: () => {
          throw new Error("the secret detail");
        },
      });
      app.http("silent", { handler: () => undefined as never });
    });
    assert.equal(await statusOf(`${host.url}/api/off`), 404);
    const response = await fetch(`${host.url}/api/broken`);
    assert.deepEqual([response.status, await response.text()], [500, ""]);
    assert.match(host.lines.join("\n"), /^broken failed in \d+ ms: Error: the secret detail\n\s+at /m);
    assert.equal(await statusOf(`${host.url}/api/silent`), 204);
    assert.match(host.lines.join("\n"), /^silent succeeded in \d+ ms$/m);
  });

  it("10. a body over the limit is 413, and a function over functionTimeout is 500", async (t) => {
    setSetting(t, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1000");
    const register = () => {
      app.http("size", { handler: async (incoming) => ({ body: String((await incoming.arrayBuffer()).byteLength) }) });
      app.http("endless", { handler: () => new Promise(() => undefined) });
    };
    const host = await startTestHost(t, register, { hostJson: { functionTimeout: "00:00:00.5" } });
    const post = (size: number) => fetch(`${host.url}/api/size`, { method: "POST", body: Buffer.alloc(size) });
    assert.equal(await (await post(1000)).text(), "1000");
    assert.equal((await post(1001)).status, 413);
    assert.equal((await post(1_000_000)).status, 413);
    assert.equal(await (await post(7)).text(), "7");
    assert.equal(await statusOf(`${host.url}/api/endless`), 500);
    assert.match(host.lines.join("\n"), /endless ran longer than functionTimeout, 500 ms/);
  });

  it("11. cookies, repeated headers and binary bodies survive both ways", async (t) => {
    const seen: HttpRequest[] = [];
    const host = await startTestHost(t, () =>
      app.http("echo", {
        handler: async (incoming) => {
          seen.push(incoming);
          const cookies = [
            { name: "plain", value: "a b" },
            {
              name: "full",
              value: "x",
              domain: "example.com",
              maxAge: 60,
              secure: true,
              httpOnly: true,
              sameSite: "Strict" as const,
            },
          ];
          return {
            status: 201,
            headers: { "x-kind": "bytes" },
            cookies,
            body: new Uint8Array(await incoming.arrayBuffer()),
          };
        },
      }),
    );
    const bytes = randomBytes(100_000);
    const { headers, body } = await rawPost(`${host.url}/api/echo?x=1`, bytes, {
      "x-many": ["one", "two"],
      cookie: ["a=1", "b=2"],
    });
    assert.ok(bytes.equals(body));
    assert.equal(headers["x-kind"], "bytes");
    assert.deepEqual(headers["set-cookie"], [
      "plain=a%20b; path=/",
      "full=x; max-age=60; domain=example.com; path=/; secure; samesite=strict; httponly",
    ]);
    const [incoming] = seen;
    assert.equal(incoming?.url, `${host.url}/api/echo?x=1`);
    assert.equal(incoming?.headers.get("x-many"), "one,two");
    assert.equal(incoming?.headers.get("cookie"), "a=1; b=2");
  });
});

function rawPost(url: string, body: Buffer, headers: Readonly<Record<string, string[]>>) {
  const { promise, resolve, reject } = Promise.withResolvers<{
    headers: NodeJS.Dict<string | string[]>;
    body: Buffer;
  }>();
  const outgoing = request(url, { method: "POST" }, (response) => {
    response
      .toArray()
      .then((chunks: Buffer[]) => resolve({ headers: response.headers, body: Buffer.concat(chunks) }), reject);
  });
  outgoing.on("error", reject);
  for (const [name, values] of Object.entries(headers)) outgoing.setHeader(name, values);
  outgoing.end(body);
  return promise;
}
