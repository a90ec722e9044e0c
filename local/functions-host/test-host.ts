import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { app } from "@azure/functions";
import { type HostOptions, type RunningHost, startHost } from "./host.ts";

export type TestHost = RunningHost & { readonly lines: readonly string[]; readonly stateDir: string };
export type TestHostOptions = Partial<HostOptions> & { readonly hostJson?: Readonly<Record<string, unknown>> };

/** Runs an app that a test registers by calling `app.*` itself, on a free port; stopped when the test ends. */
export async function startTestHost(
  t: TestContext,
  register: () => void,
  options: TestHostOptions = {},
): Promise<TestHost> {
  const { hostJson, ...given } = options;
  const appDir = await testApp(
    t,
    { "app.mjs": `globalThis["functions-host-test-app"]();` },
    { main: "app.mjs", hostJson },
  );
  Reflect.set(globalThis, "functions-host-test-app", register);
  const lines: string[] = [];
  const log = (line: string): void => void lines.push(line);
  const stateDir = join(appDir, "state");
  const storageConnectionString = "UseDevelopmentStorage=true";
  const host = await startHost({ appDir, stateDir, port: 0, storageConnectionString, log, ...given });
  t.after(() => host.stop());
  return { ...host, lines, stateDir: given.stateDir ?? stateDir };
}

let isSetUp = false;

/** The same for an app whose answers are streamed. The library takes its set-up once in a process: from then on all its hosts stream. */
export function startStreamingTestHost(
  t: TestContext,
  register: () => void,
  options?: TestHostOptions,
): Promise<TestHost> {
  const registerAll = (): void => {
    if (!isSetUp) app.setup({ enableHttpStream: true });
    isSetUp = true;
    register();
  };
  return startTestHost(t, registerAll, options);
}

/** A folder with an app's files, able to import what this repository imports; removed when the test ends. */
export async function testApp(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  options: { readonly main: string; readonly hostJson?: unknown },
): Promise<string> {
  const appDir = await mkdtemp(join(tmpdir(), "functions-host-"));
  t.after(() => rm(appDir, { recursive: true, force: true, maxRetries: 5 }));
  const all = {
    ...files,
    "host.json": JSON.stringify({ version: "2.0", ...(options.hostJson ?? {}) }),
    "package.json": JSON.stringify({ type: "module", main: options.main }),
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(appDir, name)), { recursive: true });
    await writeFile(join(appDir, name), text);
  }
  await symlink(join(import.meta.dirname, "../../node_modules"), join(appDir, "node_modules"));
  return appDir;
}

/** Waits for a condition; fails after half a minute, far beyond what any of them takes. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`it never came about that ${what}`);
    await delay(20);
  }
}

/** Sets a setting of the app for one test. */
export function setSetting(t: TestContext, name: string, value: string): void {
  process.env[name] = value;
  t.after(() => {
    delete process.env[name];
  });
}
