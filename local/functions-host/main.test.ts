import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it, type TestContext } from "node:test";
import { QueueServiceClient } from "@azure/storage-queue";
import { build } from "esbuild";
import { type Azurite, startAzurite } from "../storage/azurite.ts";
import { testApp, until } from "./test-host.ts";

let azurite: Azurite;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
});
after(() => azurite.stop());

type Child = {
  readonly process: ChildProcess;
  readonly url: string;
  readonly stdout: readonly string[];
  readonly log: () => string;
};

/** Starts main.ts on an app; resolves when it is ready or has ended. */
async function startChild(t: TestContext, appDir: string, args: readonly string[] = []): Promise<Child> {
  const state = join(appDir, "state");
  const orphanGuard = ["--import", import.meta.resolve("../storage/die-with-parent.ts")];
  const all = [
    ...orphanGuard,
    join(import.meta.dirname, "main.ts"),
    "--app-dir",
    appDir,
    "--state-dir",
    state,
    "--port",
    "0",
  ];
  const env = {
    ...process.env,
    AzureWebJobsStorage: azurite.connectionString,
    FUNCTIONS_HOST_FUNCTION_KEY: "fk",
    APP_DIR: appDir,
  };
  const child = spawn(process.execPath, [...all, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const stdout: string[] = [];
  const stderr: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  await until("the host is ready or gone", () => stdout.length > 0 || child.exitCode !== null);
  const { url = "" } = JSON.parse(stdout[0] ?? "{}");
  return { process: child, url, stdout, log: () => stderr.join("\n") };
}

async function exitCode(child: Child): Promise<number | null> {
  await until("the host is gone", () => child.process.exitCode !== null || child.process.signalCode !== null);
  return child.process.exitCode;
}

/** What the app below has noted so far; the file alone may already be there without its first line. */
function notesOf(appDir: string): string {
  const file = join(appDir, "notes");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** Makes of an app's sources what `npm run build` makes of ours. */
async function bundle(appDir: string, files: readonly string[]): Promise<void> {
  await build({
    entryPoints: files.map((file) => join(appDir, file)),
    outdir: join(appDir, "dist/functions"),
    bundle: true,
    splitting: true,
    chunkNames: "../chunks/[name]-[hash]",
    platform: "node",
    format: "esm",
    external: ["@azure/functions-core"],
    banner: { js: "import { createRequire as create } from 'node:module'; const require = create(import.meta.url);" },
    logLevel: "silent",
  });
}

const hello = (name: string) => `
  import { app } from "@azure/functions";
  console.log("${name} loads");
  app.http("${name}", { authLevel: "function", handler: (request) => ({ jsonBody: { name: "${name}", query: request.query.get("q") } }) });`;
const slow = `
  import { app } from "@azure/functions";
  import { setTimeout } from "node:timers/promises";
  import { appendFileSync, existsSync } from "node:fs";
  const note = (text) => appendFileSync(process.env.APP_DIR + "/notes", text + "\\n");
  const gate = async () => { while (!existsSync(process.env.APP_DIR + "/open")) await setTimeout(20); };
  app.hook.appTerminate(() => note("terminated"));
  app.http("slow", { handler: async () => { note("slow begins"); await gate(); return { body: "finished" }; } });
  app.storageQueue("work", { queueName: "crash", connection: "", handler: async (message) => { note("work " + message.id); await gate(); } });`;

describe("the functions host as a process", () => {
  it("loads the ESM bundle that package.json's main names, with the library inside", async (t) => {
    const files = { "functions/one.ts": hello("one"), "functions/two.ts": hello("two") };
    const appDir = await testApp(t, files, { main: "dist/functions/*.js" });
    await bundle(appDir, Object.keys(files));
    const child = await startChild(t, appDir);
    for (const name of ["one", "two"]) {
      const response = await fetch(`${child.url}/api/${name}?q=5`, { headers: { "x-functions-key": "fk" } });
      assert.deepEqual(await response.json(), { name, query: "5" });
      assert.equal((await fetch(`${child.url}/api/${name}`)).status, 401);
    }
    // The app's own output is log; stdout holds the ready line alone.
    assert.deepEqual(child.stdout, [
      JSON.stringify({ ready: true, url: child.url, port: Number(new URL(child.url).port) }),
    ]);
    assert.match(child.log(), /one loads[\s\S]*one succeeded in/);
  });

  it("loads plain TypeScript sources by another glob than package.json's", async (t) => {
    const appDir = await testApp(
      t,
      { "functions/one.ts": `const typed: number = 1; typed.toFixed(); ${hello("one")}` },
      { main: "dist/*.js" },
    );
    const child = await startChild(t, appDir, ["--main", "functions/*.ts", "--no-key-checks"]);
    assert.equal((await fetch(`${child.url}/api/one`)).status, 200);
  });

  it("11. runs an app that streams, set up in a file of its own and bundled, and ends without waiting for its listener", async (t) => {
    const setUp = `import { app } from "@azure/functions"; app.setup({ enableHttpStream: true });`;
    const files = { "functions/one.ts": hello("one"), "functions/setup.ts": setUp, "functions/two.ts": hello("two") };
    const appDir = await testApp(t, files, { main: "dist/functions/*.js" });
    await bundle(appDir, Object.keys(files));
    const child = await startChild(t, appDir);
    for (const name of ["one", "two"]) {
      const response = await fetch(`${child.url}/api/${name}?q=5`, { headers: { "x-functions-key": "fk" } });
      assert.deepEqual(await response.json(), { name, query: "5" });
      assert.match(response.headers.get("x-ms-invocation-id") ?? "none", /^[0-9a-f-]{36}$/);
      assert.equal((await fetch(`${child.url}/api/${name}`)).status, 401);
    }
    child.process.kill("SIGTERM");
    assert.equal(await exitCode(child), 0);
  });

  it("ends with the reason if no file matches main", async (t) => {
    const child = await startChild(t, await testApp(t, {}, { main: "dist/functions/*.js" }));
    assert.equal(await exitCode(child), 1);
    assert.match(child.log(), /no file of the app matches main "dist\/functions\/\*.js": is it built\?/);
  });

  it("32. SIGTERM lets running invocations end, takes no new ones, runs the appTerminate hooks and exits 0", async (t) => {
    const appDir = await testApp(t, { "app.mjs": slow }, { main: "app.mjs" });
    const child = await startChild(t, appDir);
    const answer = fetch(`${child.url}/api/slow`).then((response) => response.text());
    await until("it runs", () => notesOf(appDir) === "slow begins\n");
    child.process.kill("SIGTERM");
    await until("no more are taken", () =>
      fetch(child.url).then(
        () => false,
        () => true,
      ),
    );
    await writeFile(join(appDir, "open"), "");
    assert.equal(await answer, "finished");
    assert.equal(await exitCode(child), 0);
    assert.equal(notesOf(appDir), "slow begins\nterminated\n");
  });

  it("32. SIGKILL loses what ran: the next host gets the message when its lease is over", async (t) => {
    const queue = QueueServiceClient.fromConnectionString(azurite.connectionString).getQueueClient("crash");
    await queue.create();
    await queue.sendMessage(Buffer.from('{"id":7}').toString("base64"));
    const hostJson = { extensions: { queues: { maxPollingInterval: "00:00:00.100" } } };
    const appDir = await testApp(t, { "app.mjs": slow }, { main: "app.mjs", hostJson });
    const killed = await startChild(t, appDir, ["--queue-lease-seconds", "2"]);
    await until("it runs", () => notesOf(appDir) === "work 7\n");
    killed.process.kill("SIGKILL");
    await exitCode(killed);
    await writeFile(join(appDir, "open"), "");
    await startChild(t, appDir);
    await until("the message is done", async () => (await queue.getProperties()).approximateMessagesCount === 0);
    assert.equal(notesOf(appDir), "work 7\nwork 7\n");
  });
});
