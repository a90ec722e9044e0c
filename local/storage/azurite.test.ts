import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { TableClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { type Azurite, startAzurite } from "./azurite.ts";

describe("Azurite in memory", () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite.stop());

  it("keeps what the real table client writes", async () => {
    const table = await createTable(azurite, "inmemory");
    await table.createEntity({ partitionKey: "p", rowKey: "r", word: "kept" });
    assert.equal((await table.getEntity<{ word: string }>("p", "r")).word, "kept");
  });

  it("writes a group of rows as one or not at all", async () => {
    const table = await createTable(azurite, "groups");
    await table.createEntity({ partitionKey: "p", rowKey: "taken" });
    await assert.rejects(
      table.submitTransaction([
        ["create", { partitionKey: "p", rowKey: "new" }],
        ["create", { partitionKey: "p", rowKey: "taken" }],
      ]),
      { statusCode: 409 },
    );
    await assert.rejects(table.getEntity("p", "new"), { statusCode: 404 });
  });

  it("hands a message from the real queue client to its receiver", async () => {
    const queue = new QueueClient(azurite.connectionString, "words");
    await queue.create();
    await queue.sendMessage("hello");
    const received = await queue.receiveMessages();
    assert.deepEqual(
      received.receivedMessageItems.map((message) => message.messageText),
      ["hello"],
    );
  });

  it("serves blobs on the port that the connection string names", async () => {
    const endpoint = /BlobEndpoint=([^;]+)/.exec(azurite.connectionString)?.[1];
    const response = await fetch(`${endpoint}?comp=list`);
    assert.equal(response.status, 403);
    assert.match(response.headers.get("server") ?? "", /Azurite-Blob\/3\.37/);
  });

  it("runs as the process whose id it gives", () => {
    assert.equal(isRunning(azurite.pid), true);
  });
});

describe("Azurite's life", () => {
  it("keeps what is on disk from one start to the next", async (t) => {
    const location = await mkdtemp(join(tmpdir(), "plgate-azurite-"));
    t.after(() => rm(location, { recursive: true }));
    const first = await startAzurite({ location });
    t.after(() => first.stop());
    const table = await createTable(first, "ondisk");
    await table.createEntity({ partitionKey: "p", rowKey: "r", word: "still here" });
    await first.stop();

    const second = await startAzurite({ location });
    t.after(() => second.stop());
    const reopened = TableClient.fromConnectionString(second.connectionString, "ondisk", plainHttp);
    assert.equal((await reopened.getEntity<{ word: string }>("p", "r")).word, "still here");
  });

  it("takes the wished ports that are free and others in place of the taken", async (t) => {
    const location = await mkdtemp(join(tmpdir(), "plgate-azurite-"));
    t.after(() => rm(location, { recursive: true }));
    const occupied = createServer().listen(0, "127.0.0.1");
    t.after(() => occupied.close());
    await once(occupied, "listening");
    const wished = { blob: portOf(occupied), queue: await freePort(), table: await freePort() };

    const azurite = await startAzurite({ location, ports: wished });
    t.after(() => azurite.stop());

    assert.notEqual(azurite.ports.blob, wished.blob);
    assert.deepEqual([azurite.ports.queue, azurite.ports.table], [wished.queue, wished.table]);
  });

  it("is gone after stop, its port free again, and a second stop does no harm", async () => {
    const azurite = await startAzurite({ inMemory: true });
    await azurite.stop();
    await azurite.stop();
    assert.equal(isRunning(azurite.pid), false);
    assert.equal(await accepts(azurite.ports.table), false);
  });

  it("tells with its last lines when it dies unasked", async () => {
    const azurite = await startAzurite({ inMemory: true });
    process.kill(azurite.pid, "SIGKILL");
    assert.match(await azurite.exited, /Table service is successfully listening/);
  });

  it("fails to start with the reason that Azurite printed", async () => {
    await assert.rejects(startAzurite({ location: join(import.meta.filename, "below-a-file") }), (error: Error) => {
      assert.match(error.message, /^Azurite did not start: it ended before it was ready/);
      assert.match(error.message, /Exit due to unhandled error: ENOTDIR/);
      return true;
    });
  });

  it("does not outlive a parent that was killed", async () => {
    const module = JSON.stringify(import.meta.resolve("./azurite.ts"));
    const script = `const { startAzurite } = await import(${module});
      console.log((await startAzurite({ inMemory: true })).pid);`;
    const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), "line");
    const pid = Number(line);
    assert.equal(isRunning(pid), true);

    parent.kill("SIGKILL");

    await until(() => !isRunning(pid));
  });
});

const plainHttp = { allowInsecureConnection: true };

async function createTable(azurite: Azurite, name: string): Promise<TableClient> {
  const table = TableClient.fromConnectionString(azurite.connectionString, name, plainHttp);
  await table.createTable();
  return table;
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return address.port;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const port = portOf(probe);
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!holds()) {
    assert.ok(Date.now() < deadline, "the condition did not hold within a minute");
    await sleep(20);
  }
}
