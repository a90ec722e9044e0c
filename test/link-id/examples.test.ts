import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { linkIdTlv, writeProxyHeader } from "../../src/link-id/link-id.ts";
import { probe, throughEndpoint } from "./some-headers.ts";

const examples = join(import.meta.dirname, "..", "..", "docs", "examples");
const header = writeProxyHeader(throughEndpoint, { checksum: true });
/** Long enough for a header on a busy machine, short enough to wait for. */
const headerMs = 1500;

/** An example as a reader starts it, with what it printed. */
class Example {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  #port = 0;

  constructor(name: string, ...more: readonly string[]) {
    const options = ["--port", "0", "--header-ms", String(headerMs), ...more];
    const stdio = ["ignore", "pipe", "inherit"] as const;
    this.#child = spawn(process.execPath, [join(examples, name), ...options], { stdio: [...stdio] });
    if (this.#child.stdout) createInterface(this.#child.stdout).on("line", (line) => this.lines.push(line));
  }

  async ready(): Promise<void> {
    const line = await this.until(/^listening on/);
    this.#port = Number(/"port":(\d+)/.exec(line)?.[1]);
  }

  async until(pattern: RegExp): Promise<string> {
    while (this.#child.exitCode === null) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return assert.fail(`the example ended without ${pattern}: ${this.lines.join("\n")}`);
  }

  async connect(): Promise<Client> {
    const socket = connect(this.#port, "127.0.0.1");
    await once(socket, "connect");
    return new Client(socket);
  }

  get isAlive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async stop(): Promise<void> {
    if (!this.isAlive) return;
    this.#child.kill();
    await once(this.#child, "exit");
  }
}

class Client {
  readonly #socket: Socket;
  #received = "";

  constructor(socket: Socket) {
    this.#socket = socket.setNoDelay(true);
    socket.on("data", (piece) => {
      this.#received += piece.toString("latin1");
    });
    // That the server resets a connection is what some of the tests want.
    socket.on("error", () => {});
  }

  send(...pieces: readonly (Uint8Array | string)[]): this {
    this.#socket.write(Buffer.concat(pieces.map((piece) => Buffer.from(piece))));
    return this;
  }

  /** Each byte in a packet of its own. */
  async sendByteByByte(bytes: Uint8Array): Promise<void> {
    for (const byte of bytes) {
      await new Promise((resolve) => this.#socket.write(Uint8Array.of(byte), resolve));
      await new Promise(setImmediate);
    }
  }

  async receives(text: string): Promise<void> {
    while (!this.#received.includes(text)) {
      if (this.#socket.closed) assert.fail(`closed after ${JSON.stringify(this.#received)}, without ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Whatever came until the server closed the connection. */
  async untilClosed(): Promise<string> {
    // Not `once` of node:events, which would take a reset for a failure.
    if (!this.#socket.closed) await new Promise((closed) => this.#socket.once("close", closed));
    return this.#received;
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }
}

type Talk = { readonly greeting: string; readonly answer: string; readonly answerToProbe: string };

/** What every server behind a Private Link Service has to survive. */
function survives(example: Example, { greeting, answer, answerToProbe }: Talk): void {
  const isAnswered = async (client: Client) => {
    await client.receives(answer);
    client.end();
  };

  it("reads a header and what follows it from one packet", async () => {
    await isAnswered((await example.connect()).send(header, greeting));
  });

  it("reads a header that comes byte by byte", async () => {
    const client = await example.connect();
    await client.sendByteByByte(header);
    await isAnswered(client.send(greeting));
  });

  it("answers a health probe, and says nothing of it", async () => {
    for (const parts of [probe, { ...throughEndpoint, tlvs: [] }]) {
      const client = (await example.connect()).send(writeProxyHeader(parts), greeting);
      await client.receives(answerToProbe);
      client.end();
    }
    const bare = await example.connect();
    bare.end();
    await bare.untilClosed();
    // Whatever was said of them would stand before what is said of the next one.
    const next = { ...throughEndpoint, tlvs: [linkIdTlv(77)] };
    (await example.connect()).send(writeProxyHeader(next), greeting).end();
    await example.until(/LinkID 77$/);
    assert.deepEqual(
      example.lines.slice(1).filter((line) => !/LinkID (77|553665985)$/.test(line)),
      [],
    );
  });

  const hostile = {
    "what is no header": ["GET / HTTP/1.1\r\n\r\n", "not-proxy"],
    "a header of version 1": ["PROXY TCP4 10.0.0.4 10.1.0.5 50000 443\r\n", "not-proxy"],
    "a header with a wrong checksum": [Uint8Array.from(header, (byte, at) => (at === 32 ? 0 : byte)), "wrong-checksum"],
    "a header that claims 64 KB": [
      Uint8Array.from(header.subarray(0, 16), (byte, at) => (at > 13 ? 0xff : byte)),
      "longer-than-allowed",
    ],
  } as const;
  for (const [name, [bytes, why]] of Object.entries(hostile)) {
    it(`closes on ${name}, without a word`, async () => {
      const client = (await example.connect()).send(bytes);
      assert.equal(await client.untilClosed(), "");
      await example.until(new RegExp(`^closed: ${why}$`));
    });
  }

  it("closes on one who sends nothing, and on one who sends a byte now and then", async () => {
    const silent = await example.connect();
    const slow = (await example.connect()).send(header.subarray(0, 16));
    const since = Date.now();
    let at = 16;
    const trickle = setInterval(() => slow.send(header.subarray(at, ++at)), headerMs / 10);
    const said = await Promise.all([silent.untilClosed(), slow.untilClosed()]);
    clearInterval(trickle);
    assert.deepEqual(said, ["", ""]);
    assert.ok(at > 20 && at < header.length, `${at} of ${header.length} bytes`);
    assert.ok(Date.now() - since >= headerMs * 0.9, "closed before the time was over");
    await example.until(/^closed: too-slow$/);
  });

  it("survives peers that reset the connection, before the header, in it and behind it", async () => {
    for (const bytes of ["", header.subarray(0, 20), header]) {
      const client = (await example.connect()).send(bytes);
      client.reset();
      await client.untilClosed();
    }
    await isAnswered((await example.connect()).send(header, greeting));
    assert.ok(example.isAlive);
  });
}

describe("docs/examples/tcp-echo.ts", () => {
  const example = new Example("tcp-echo.ts");
  before(() => example.ready());
  after(() => example.stop());

  survives(example, { greeting: "hello\n", answer: "hello\n", answerToProbe: "hello\n" });

  it("prints the LinkID of each connection", async () => {
    const parts = { ...throughEndpoint, tlvs: [linkIdTlv(4_000_000_001)] };
    const client = (await example.connect()).send(writeProxyHeader(parts), "hello\n");
    await client.receives("hello\n");
    client.end();
    await example.until(/^connection of LinkID 4000000001$/);
    await example.until(/^connection of LinkID 553665985$/);
  });
});

describe("docs/examples/http-server.ts", () => {
  const example = new Example("http-server.ts", "--request-ms", "1000");
  before(() => example.ready());
  after(() => example.stop());

  survives(example, {
    greeting: "GET / HTTP/1.1\r\nHost: example\r\n\r\n",
    answer: "you came through LinkID 553665985\n",
    answerToProbe: "a health probe, or nobody we know\n",
  });

  it("knows the LinkID of each request of a connection", async () => {
    const client = await example.connect();
    client.send(header, "GET /first HTTP/1.1\r\nHost: example\r\n\r\n");
    await client.receives("you came through LinkID 553665985\n");
    client.send("GET /second HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n");
    const received = await client.untilClosed();
    assert.equal(received.split("you came through LinkID 553665985\n").length, 3, received);
    await example.until(/^GET \/second of LinkID 553665985$/);
  });

  it("gives a request that never ends no more time than a header", async () => {
    const client = (await example.connect()).send(header, "GET / HTTP/1.1\r\nHost: example\r\nX-Slow: ");
    const trickle = setInterval(() => client.send("a"), 100);
    const received = await client.untilClosed().finally(() => clearInterval(trickle));
    assert.match(received, /^HTTP\/1.1 408 /);
  });
});
