import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { freePort } from "./free-port.ts";
import { functionsElsewhere, whenAnswered } from "./functions-elsewhere.ts";

const dir = await mkdtemp(join(tmpdir(), "plgate-elsewhere-"));
after(() => rm(dir, { recursive: true, force: true }));

describe("Functions that run elsewhere", () => {
  it("are told their settings and their port in a file that only its owner reads", async () => {
    const settingsFile = join(dir, "local.settings.json");
    const host = await functionsElsewhere({ port: 7071, environment: { PLGATE_MODE: "enforce" }, settingsFile });
    assert.equal(host.url, "http://127.0.0.1:7071");
    assert.deepEqual(JSON.parse(await readFile(settingsFile, "utf8")), {
      IsEncrypted: false,
      Values: { FUNCTIONS_WORKER_RUNTIME: "node", PLGATE_MODE: "enforce" },
      Host: { LocalHttpPort: 7071 },
    });
    assert.equal((await stat(settingsFile)).mode & 0o077, 0);
  });

  it("are waited for until they answer, even that something is wrong", async (t) => {
    const port = await freePort(0);
    const waiting = whenAnswered(`http://127.0.0.1:${port}`, AbortSignal.timeout(20_000));
    const server = createServer((_, answer) => answer.writeHead(503).end()).listen(port, "127.0.0.1");
    t.after(() => server.close());
    await waiting;
  });

  it("are not waited for any more when the stack stops", async () => {
    const stop = new AbortController();
    const waiting = whenAnswered(`http://127.0.0.1:${await freePort(0)}`, stop.signal);
    stop.abort();
    await assert.rejects(waiting, { name: "AbortError" });
  });
});
