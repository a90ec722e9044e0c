import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { subscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request, type Server } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { ReadableStream } from "node:stream/web";
import { describe, it, mock } from "node:test";
import { app, type HttpHandler } from "@azure/functions";
import { setSetting, startStreamingTestHost, type TestHost, until } from "./test-host.ts";

/** The library's listeners that took a request in this process. */
const listeners = new Set<Server>();
subscribe("http.server.request.start", (message) => {
  const { request, server } = message as { request: IncomingMessage; server: Server };
  if ("x-ms-invocation-id" in request.headers) listeners.add(server);
});

type Gate = { readonly open: () => void; readonly passed: Promise<void> };
function gate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { open: resolve, passed: promise };
}

/** An answer of "first", then what comes behind a gate. */
function twoParts({ passed }: Gate, second: () => string): HttpHandler {
  return () => ({
    body: ReadableStream.from(
      (async function* () {
        yield Buffer.from("first");
        await passed;
        yield Buffer.from(second());
      })(),
    ),
  });
}

const echo: HttpHandler = async (incoming) => ({ body: new Uint8Array(await incoming.arrayBuffer()) });

async function answerTo(outgoing: ClientRequest): Promise<IncomingMessage> {
  const [answer] = await once(outgoing, "response");
  return answer;
}

async function next(pieces: AsyncIterator<Uint8Array>): Promise<string> {
  const { value, done } = await pieces.next();
  return done ? "the end" : Buffer.from(value).toString();
}

async function piecesOf(url: string): Promise<AsyncIterator<Uint8Array>> {
  const { body } = await fetch(url);
  assert.ok(body);
  return body[Symbol.asyncIterator]();
}

describe("11. an app that streams, in the local functions host", () => {
  it("sends the first bytes before the function has finished", async (t) => {
    const barrier = gate();
    const host = await startStreamingTestHost(t, () =>
      app.http("slow", { handler: twoParts(barrier, () => "second") }),
    );
    const pieces = await piecesOf(`${host.url}/api/slow`);
    assert.equal(await next(pieces), "first");
    assert.deepEqual(
      host.lines.filter((line) => line.startsWith("slow")),
      [],
    );
    barrier.open();
    assert.equal(await next(pieces), "second");
    assert.equal(await next(pieces), "the end");
    assert.match(host.lines.join("\n"), /^slow succeeded in \d+ ms$/m);
  });

  it("breaks the connection when the answer fails in its middle, so that half of it is not taken for the whole", async (t) => {
    const barrier = gate();
    const fail = (): never => {
      throw new Error("the table is gone");
    };
    const host = await startStreamingTestHost(t, () => app.http("half", { handler: twoParts(barrier, fail) }));
    const pieces = await piecesOf(`${host.url}/api/half`);
    assert.equal(await next(pieces), "first");
    barrier.open();
    await assert.rejects(next(pieces), /terminated/);
    assert.match(host.lines.join("\n"), /^half failed in \d+ ms: Error: the table is gone$/m);
  });

  it("breaks the connection when the function runs into functionTimeout in the middle of its answer", async (t) => {
    const host = await startStreamingTestHost(t, () => app.http("endless", { handler: twoParts(gate(), () => "") }), {
      hostJson: { functionTimeout: "00:00:00.5" },
    });
    const pieces = await piecesOf(`${host.url}/api/endless`);
    assert.equal(await next(pieces), "first");
    await assert.rejects(next(pieces), /terminated/);
    assert.match(host.lines.join("\n"), /endless ran longer than functionTimeout, 500 ms/);
  });

  it("answers 500 without a body when the function throws, and 204 when it answers nothing, and leaves no request hanging", async (t) => {
    const host = await startStreamingTestHost(t, () => {
      app.http("broken", { handler: () => Promise.reject(new Error("the secret detail")) });
      app.http("silent", { handler: () => undefined as never });
    });
    for (const [name, status] of [
      ["broken", 500],
      ["silent", 204],
    ] as const) {
      const response = await fetch(`${host.url}/api/${name}`);
      assert.deepEqual([response.status, await response.text()], [status, ""]);
    }
    assert.match(host.lines.join("\n"), /^broken failed in \d+ ms: Error: the secret detail\n\s+at /m);
  });

  it("carries bytes both ways unchanged, with a declared length or without", async (t) => {
    const host = await startStreamingTestHost(t, () =>
      app.http("echo", { methods: ["POST", "DELETE"], handler: echo }),
    );
    const bytes = randomBytes(3_000_000);
    for (const method of ["POST", "DELETE"]) {
      const declared = await fetch(`${host.url}/api/echo`, { method, body: bytes });
      assert.ok(bytes.equals(Buffer.from(await declared.arrayBuffer())), method);
      const outgoing = request(`${host.url}/api/echo`, { method, headers: { "transfer-encoding": "chunked" } });
      outgoing.write(bytes.subarray(0, 1_000_000));
      outgoing.end(bytes.subarray(1_000_000));
      const chunked = await (await answerTo(outgoing)).toArray();
      assert.ok(bytes.equals(Buffer.concat(chunked)), method);
    }
  });

  it("shows the function the request as the client made it, and the client what the function answered", async (t) => {
    const host = await startStreamingTestHost(t, () =>
      app.http("things", {
        route: "things/{kind}/{*rest}",
        handler: async ({ url, params, query, headers }) => ({
          status: 201,
          headers: { "x-kind": "list", connection: "x-private", "x-private": "1" },
          cookies: [
            { name: "plain", value: "a b" },
            { name: "full", value: "x", maxAge: 60, secure: true, httpOnly: true, sameSite: "Strict" },
          ],
          jsonBody: { url, params, query: [...query], many: headers.get("x-many"), cookie: headers.get("cookie") },
        }),
      }),
    );
    const url = `${host.url}/api/things/a%20b/c/d?a=1&b=x%26y&a=2`;
    const outgoing = request(url, { headers: { "x-many": ["one", "two"], cookie: ["a=1", "b=2"] } });
    outgoing.setHeader("x-forwarded-host", "elsewhere.example");
    outgoing.setHeader("x-ms-invocation-id", "not-mine");
    outgoing.end();
    const answer = await answerTo(outgoing);
    assert.deepEqual(JSON.parse(await text(answer)), {
      url,
      params: { kind: "a b", rest: "c/d" },
      // Read from the URL by the library: a repeated key is there twice, where an app that does not stream sees "1,2" (no. 5).
      query: [
        ["a", "1"],
        ["b", "x&y"],
        ["a", "2"],
      ],
      many: "one,two",
      cookie: "a=1; b=2",
    });
    assert.equal(answer.statusCode, 201);
    assert.equal(answer.headers["x-kind"], "list");
    assert.equal(answer.headers["x-private"], undefined);
    assert.notEqual(answer.headers["x-ms-invocation-id"], "not-mine");
    assert.deepEqual(answer.headers["set-cookie"], [
      "plain=a%20b",
      "full=x; Max-Age=60; HttpOnly; Secure; SameSite=Strict",
    ]);
  });

  it("answers 413 to a body over the limit: a declared one never reaches the function, another one breaks off for it", async (t) => {
    setSetting(t, "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1000");
    const handler = mock.fn(echo);
    const host = await startStreamingTestHost(t, () => app.http("size", { handler }));
    const post = (body: Buffer) => fetch(`${host.url}/api/size`, { method: "POST", body });
    assert.equal((await (await post(Buffer.alloc(1000))).bytes()).length, 1000);
    assert.equal((await post(Buffer.alloc(1001))).status, 413);
    assert.equal(handler.mock.callCount(), 1);
    const outgoing = request(`${host.url}/api/size`, { method: "POST" });
    outgoing.write(Buffer.alloc(900));
    await until("the function has begun", () => handler.mock.callCount() === 2);
    outgoing.end(Buffer.alloc(900));
    assert.equal((await answerTo(outgoing)).statusCode, 413);
    await until("the function failed", () => host.lines.some((line) => line.startsWith("size failed")));
    assert.equal((await post(Buffer.alloc(7))).status, 200);
  });

  it("listens on loopback alone, for its own requests alone, and no longer than the host runs", async (t) => {
    listeners.clear();
    const host = await startStreamingTestHost(t, () => app.http("hello", { handler: () => ({ body: "hi" }) }));
    assert.equal(await (await fetch(`${host.url}/api/hello`)).text(), "hi");
    const [listener] = listeners;
    const address = listener?.address();
    assert.ok(typeof address === "object" && address !== null);
    assert.equal(address.address, "127.0.0.1");
    const stranger = fetch(`http://127.0.0.1:${address.port}/api/hello`, { headers: { "x-ms-invocation-id": "1" } });
    await assert.rejects(stranger, /fetch failed/);
    await host.stop();
    const [refusal] = await once(connect(address.port, "127.0.0.1"), "error");
    assert.equal(refusal.code, "ECONNREFUSED");
  });

  it("runs beside another host of the same process, and goes on when that one stops", async (t) => {
    const start = (body: string) => startStreamingTestHost(t, () => app.http("who", { handler: () => ({ body }) }));
    const [first, second] = [await start("first"), await start("second")];
    const ask = async ({ url }: TestHost) => (await fetch(`${url}/api/who`)).text();
    assert.deepEqual(await Promise.all([ask(first), ask(second)]), ["first", "second"]);
    await first.stop();
    assert.equal(await ask(second), "second");
    assert.equal(await ask(await start("third")), "third");
  });

  it("lets an answer that is being sent come to its end when the host stops", async (t) => {
    const barrier = gate();
    const host = await startStreamingTestHost(t, () =>
      app.http("slow", { handler: twoParts(barrier, () => "second") }),
    );
    const pieces = await piecesOf(`${host.url}/api/slow`);
    assert.equal(await next(pieces), "first");
    const stopped = host.stop();
    barrier.open();
    assert.equal(await next(pieces), "second");
    assert.equal(await next(pieces), "the end");
    await stopped;
    assert.deepEqual(
      host.lines.filter((line) => line.startsWith("warning")),
      [],
    );
  });
});
