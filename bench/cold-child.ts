import { glob } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { collectRegistrations, type FunctionCallback } from "../local/functions-host/core-module.ts";

/*
 * One cold start, in a process of its own (bench/cold.ts bundles this file, so that no type stripping is timed): imports every
 * file that a glob names as the Functions worker does, then calls one function as the worker would, and prints what it took.
 */
export type Coldness = {
  /** Milliseconds from the first line of this file to the last registered function. */
  readonly importMs: number;
  /** The same in CPU time of all threads: what other work on the machine cannot lengthen. */
  readonly importCpuMs: number;
  readonly rssMiB: number;
  readonly heapMiB: number;
  readonly functions: number;
  /** From the same first line to the end of the call, and the memory after it; not there when nothing was called. */
  readonly callMs?: number;
  readonly callCpuMs?: number;
  readonly callRssMiB?: number;
  readonly said?: string;
};

/** What to call, and with what: a body for the queue, a path and a token for HTTP. */
export type Wish = {
  readonly name: string;
  readonly message?: unknown;
  readonly url?: string;
  readonly token?: string;
};

const [dir = "", pattern = "", wishText] = process.argv.slice(2);
const files: string[] = [];
if (pattern) for await (const name of glob(pattern, { cwd: dir })) files.push(join(dir, name));

const began = performance.now();
const cpuBegan = process.cpuUsage();
const { functions } = await collectRegistrations(
  async () => {
    for (const file of files.sort()) await import(pathToFileURL(file).href);
  },
  () => {},
);
const imported = {
  importMs: performance.now() - began,
  importCpuMs: cpuSince(cpuBegan),
  ...memory(),
  functions: functions.size,
};
const called = wishText ? await call(JSON.parse(wishText)) : {};
process.stdout.write(JSON.stringify({ ...imported, ...called }), () => process.exit(0));

async function call(wish: Wish): Promise<Partial<Coldness>> {
  const callback = functions.get(wish.name)?.callback;
  if (!callback) throw new Error(`no function is called ${wish.name}`);
  const answer = await callback(argument(wish), context(wish.name));
  const [callMs, callCpuMs] = [performance.now() - began, cpuSince(cpuBegan)];
  return { callMs, callCpuMs, callRssMiB: memory().rssMiB, said: statusOf(answer) };
}

/** What a handler reads of a request: not the library's class, which neither variant has to build then. */
function argument({ message, url, token }: Wish): Parameters<FunctionCallback>[0] {
  if (!url) return message;
  const headers = new Headers(token ? { authorization: `Bearer ${token}` } : {});
  const query = new URL(url).searchParams;
  return { method: "GET", url, headers, query, params: {}, text: async () => "" };
}

function context(functionName: string) {
  const say = (level: string) => (text: string) => {
    if (level === "error") process.stderr.write(`${text}\n`);
  };
  const logs = { info: say("info"), warn: say("warn"), error: say("error"), log: say("info"), debug: say("debug") };
  return { ...logs, functionName, invocationId: crypto.randomUUID(), options: { trigger: {} } };
}

function statusOf(answer: unknown): string {
  return typeof answer === "object" && answer !== null && "status" in answer ? String(answer.status) : "done";
}

function memory() {
  const { rss, heapUsed } = process.memoryUsage();
  return { rssMiB: rss / 2 ** 20, heapMiB: heapUsed / 2 ** 20 };
}

function cpuSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}
