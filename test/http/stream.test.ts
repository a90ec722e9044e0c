import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ReadableStream } from "node:stream/web";
import { describe, it, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { app, type HttpResponseInit } from "@azure/functions";
import { startStreamingTestHost, type TestHost, until } from "../../local/functions-host/test-host.ts";
import { json } from "../../src/http/respond.ts";
import { answerFailure } from "../../src/http/route.ts";
import { streamed } from "../../src/http/stream.ts";
import { FakeLog } from "../fakes/log.ts";

const MiB = 1024 * 1024;
const csv = "text/csv; charset=utf-8";

async function* of<T>(...given: readonly T[]): AsyncGenerator<T> {
  yield* given;
}

function bodyOf({ body }: HttpResponseInit): ReadableStream<Uint8Array> {
  assert.ok(body instanceof ReadableStream);
  return body;
}

async function piecesOf(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const piece of bodyOf(streamed(csv, lines, { correlation: "", log: new FakeLog() })))
    pieces.push(Buffer.from(piece).toString());
  return pieces;
}

// Before the first host runs in this process: after that, an invocation that nobody proxied is one whose reader left.
describe("A streamed answer by itself", () => {
  it("has the headers of every answer, its content type, and those that it was given", () => {
    const more = { "content-disposition": 'attachment; filename="audit.csv"' };
    const answer = streamed(csv, of(), { correlation: "", log: new FakeLog() }, more);
    const expected = { ...(json(200, {}).headers as Record<string, string>), ...more, "content-type": csv };
    assert.deepEqual([answer.status, answer.headers], [200, expected]);
  });

  it("is whole, whatever its lines hold", async () => {
    assert.deepEqual(await piecesOf(of()), []);
    assert.equal((await piecesOf(of("", "ä\n", "", "🙂\n"))).join(""), "ä\n🙂\n");
  });

  it("sends the first line at once and the rest in pieces of 64 Ki characters", async () => {
    const line = "x".repeat(1024);
    const pieces = await piecesOf(of(...Array.from({ length: 200 }, () => line)));
    assert.deepEqual(
      pieces.map((piece) => piece.length / 1024),
      [1, 64, 64, 64, 7],
    );
  });

  it("holds no line back for longer than a second while others follow", async (t) => {
    t.mock.timers.enable({ apis: ["Date"] });
    const lines = async function* () {
      yield* ["1", "2", "3"];
      t.mock.timers.tick(1000);
      yield* ["4", "5"];
    };
    assert.deepEqual(await piecesOf(lines()), ["1", "234", "5"]);
  });

  it("reads no line before it is asked for one, and ends its source when it is cancelled", async () => {
    const { lines, read, ended } = counted(() => "line\n");
    const body = bodyOf(streamed(csv, lines, { correlation: "", log: new FakeLog() }));
    assert.equal(read(), 0);
    const reader = body.getReader();
    await reader.read();
    await reader.cancel();
    assert.deepEqual([read(), ended()], [1, true]);
  });
});

/** Endless lines that say how many were read, and whether their reader let them go. */
function counted(line: (index: number) => string, most = Number.POSITIVE_INFINITY) {
  let read = 0;
  let ended = false;
  async function* lines() {
    try {
      while (read < most) yield line(read++);
    } finally {
      ended = true;
    }
  }
  return { lines: lines(), read: () => read, ended: () => ended };
}

type Scene = {
  readonly host: TestHost;
  readonly log: FakeLog;
  readonly answer: (lines: AsyncIterable<string>) => Promise<IncomingMessage>;
};

async function start(t: TestContext): Promise<Scene> {
  const log = new FakeLog();
  const sources: AsyncIterable<string>[] = [];
  const host = await startStreamingTestHost(t, () => {
    app.http("export", {
      route: "export/{number}",
      handler: ({ params }, { invocationId }) =>
        streamed(csv, sources[Number(params["number"])] ?? of(), { correlation: invocationId, log }),
    });
    app.http("broken", { handler: () => Promise.reject(new Error("the inner detail")) });
    app.hook.postInvocation(answerFailure);
  });
  const answer = async (lines: AsyncIterable<string>): Promise<IncomingMessage> => {
    const number = sources.push(lines) - 1;
    const [response] = await once(request(`${host.url}/api/export/${number}`).end(), "response");
    return response;
  };
  return { host, log, answer };
}

describe("A streamed answer of an app that streams", () => {
  it("of 96 MB goes through flat memory to a reader who is slow", async (t) => {
    const { answer } = await start(t);
    const size = 96 * MiB;
    // Half a MiB of Latin letters in a line: a piece of that many bytes.
    const line = "x".repeat(MiB / 2);
    const { lines, read } = counted(() => line, size / line.length);
    const response = await answer(lines);
    const heldAtFirst = held();
    let received = 0;
    let ahead = 0;
    let most = 0;
    for await (const chunk of response) {
      const before = received;
      received += chunk.length;
      // A reader who pauses every few MiB, long enough for a writer that does not wait to be done with it all.
      if (Math.floor(before / (8 * MiB)) === Math.floor(received / (8 * MiB))) continue;
      await delay(50);
      ahead = Math.max(ahead, read() * line.length - received);
      most = Math.max(most, held() - heldAtFirst);
    }
    assert.equal(received, size);
    t.diagnostic(`at most ${Math.round(ahead / MiB)} MiB ahead of the reader, ${Math.round(most / MiB)} MiB held`);
    // Two connections of the loopback interface buffer a few MiB each.
    assert.ok(ahead < 32 * MiB, `${ahead / MiB} MiB were made ahead of the reader`);
    assert.ok(most < 32 * MiB, `${most / MiB} MiB more were held`);
  });

  it("waits for a reader who does not read, and ends its source when that one leaves", async (t) => {
    const { host, log, answer } = await start(t);
    const { lines, read, ended } = counted(() => "x".repeat(64 * 1024));
    const response = await answer(lines);
    response.pause();
    await until("the writer waits", async () => {
      const before = read();
      await delay(200);
      return read() === before;
    });
    assert.equal(ended(), false);
    response.destroy();
    await until("the source was let go", ended);
    await until("the invocation has ended", () => host.lines.some((line) => /^export (succeeded|failed)/.test(line)));
    assert.deepEqual(log.lines, []);
  });

  it("breaks the connection when its source fails, and says so in the log", async (t) => {
    const { log, answer } = await start(t);
    const received = Promise.withResolvers<void>();
    const lines = async function* () {
      yield "first\n";
      await received.promise;
      throw new Error("the table is gone");
    };
    const response = await answer(lines());
    response.once("data", () => received.resolve());
    await assert.rejects(text(response), /aborted/);
    const [line] = log.lines;
    assert.deepEqual([line?.level, line?.message], ["error", "a streamed answer broke off"]);
    assert.equal(line?.fields["error"], "the table is gone");
    assert.match(String(line?.fields["correlation"]), /^[0-9a-f-]{36}$/);
  });

  it("breaks a response whose writer leaves it open on a failure, as the library does", async (t) => {
    const received = Promise.withResolvers<void>();
    const lines = async function* () {
      yield "first\n";
      await received.promise;
      throw new Error("the table is gone");
    };
    const server = createServer(async (_, response) => {
      const body = bodyOf(streamed(csv, lines(), { correlation: "left-open", log: new FakeLog() }));
      await assert.rejects(async () => {
        for await (const piece of body) response.write(piece);
      }, /the table is gone/);
    }).listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const outgoing = request({ host: "127.0.0.1", port, headers: { "x-ms-invocation-id": "left-open" } }).end();
    const [response] = await once(outgoing, "response");
    response.once("data", () => received.resolve());
    await assert.rejects(text(response), /aborted/);
  });

  it("is 500 when its source fails before the first line", async (t) => {
    const { host, log, answer } = await start(t);
    const lines = async function* () {
      yield* await Promise.reject<string[]>(new Error("no table"));
    };
    const response = await answer(lines());
    assert.deepEqual([response.statusCode, await text(response)], [500, ""]);
    assert.equal(log.lines.length, 1);
    assert.match(host.lines.join("\n"), /export failed/);
  });

  it("does not begin when its reader left before, and then is no empty answer", async () => {
    const { lines, read } = counted(() => "line\n");
    const log = new FakeLog();
    const body = bodyOf(streamed(csv, lines, { correlation: "one-that-nobody-waits-for", log }));
    await assert.rejects(text(body), /its reader left before it began/);
    assert.deepEqual([read(), log.lines.length], [0, 1]);
  });

  it("is whole for many readers at once", async (t) => {
    const { answer } = await start(t);
    const whole = "x".repeat(1000);
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => text(await answer(counted(() => whole, 1000).lines))),
    );
    assert.deepEqual(
      answers.map(({ length }) => length),
      Array.from({ length: 8 }, () => 1_000_000),
    );
  });
});

describe("An HTTP trigger that throws, in an app that streams", () => {
  it("answers all the same, by the library, with the correlation and nothing of the error", async (t) => {
    const { host } = await start(t);
    const response = await fetch(`${host.url}/api/broken`);
    const correlation = response.headers.get("x-ms-invocation-id");
    assert.deepEqual(
      [response.status, await response.json()],
      [
        500,
        {
          type: "about:blank",
          title: "Error",
          status: 500,
          detail: `The request could not be served. Correlation ${correlation}.`,
        },
      ],
    );
    assert.match(host.lines.join("\n"), /the inner detail/);
  });
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What the process holds of strings and buffers, without what is garbage already. */
function held(): number {
  // Buffers go with the second collection: the first one frees what holds them.
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
