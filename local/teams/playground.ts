import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type PlaygroundScene, playgroundConfig } from "./playground-config.ts";

export type PlaygroundOptions = PlaygroundScene & {
  /** Wished; another one is taken when it is busy. */
  readonly port?: number;
  /** Where its activities go: the signing proxy's. */
  readonly messagesUrl: string;
  /** Holds its configuration and log; made if absent. */
  readonly workDir: string;
};

export type Playground = {
  readonly url: string;
  /** The `serviceUrl` of its activities: its Bot Connector. */
  readonly serviceUrl: string;
  readonly pid: number;
  readonly logFile: string;
  /** Resolves when the process is gone, asked for or not, with the errors of its log. */
  readonly exited: Promise<string>;
  /** May be called twice. */
  stop(): Promise<void>;
};

type Files = { readonly config: string; readonly log: string };
type Running = { readonly child: ChildProcess; readonly gone: Promise<void>; readonly port: number };

const startBoundMs = 60_000;
const stopBoundMs = 5_000;
const pollMs = 50;
const portAttempts = 5;
const shownErrors = 10;

/**
 * Starts the Microsoft 365 Agents Playground, the Teams client of the laptop (local-azure.md section E), on loopback.
 *
 * Ready when it has read its configuration and serves its page. Without telemetry and browser; the child ends with its parent,
 * whatever ends the parent. Rejects with the errors of its log, the only place where it names them.
 */
export async function startPlayground(options: PlaygroundOptions): Promise<Playground> {
  const files = await prepare(options);
  const { child, gone, port } = await startOnPort(options, files, portAttempts);
  return {
    url: `http://127.0.0.1:${port}`,
    serviceUrl: serviceUrlOn(port),
    pid: child.pid ?? 0,
    logFile: files.log,
    exited: gone.then(() => errorsIn(files.log)),
    stop: () => stop(child, gone),
  };
}

async function prepare(options: PlaygroundOptions): Promise<Files> {
  const files = { config: join(options.workDir, "playground.yml"), log: join(options.workDir, "playground.log") };
  await mkdir(options.workDir, { recursive: true });
  await writeFile(files.config, playgroundConfig(options));
  // It appends, and an error of an earlier run would be shown as this one's.
  await rm(files.log, { force: true });
  return files;
}

async function startOnPort(options: PlaygroundOptions, files: Files, attempts: number): Promise<Running> {
  const wished = await freePort(options.port ?? 0);
  const child = start(options, files, wished);
  const gone = untilExit(child);
  const port = await untilReady(child, gone, wished).catch(async (cause: unknown) => {
    await stop(child, gone);
    const why = cause instanceof Error ? cause.message : String(cause);
    const errors = await errorsIn(files.log);
    throw new Error(`the Playground did not start: ${why}. Errors in ${files.log}:\n${errors}`, { cause });
  });
  if (port === wished) return { child, gone, port };
  // Somebody took the port between our look and its start. It moved silently, while its service URL names the old port.
  await stop(child, gone);
  if (attempts <= 1) throw new Error(`the Playground did not get port ${wished}`);
  return startOnPort(options, files, attempts - 1);
}

/** The port it really took; when that is the wished one, it serves there. */
async function untilReady(child: ChildProcess, gone: Promise<void>, wished: number): Promise<number> {
  const waiting = new AbortController();
  const bounded = (step: Promise<number>) => Promise.race([step, failure(gone), timeout(waiting.signal)]);
  try {
    const port = await bounded(listeningPort(child));
    return port === wished ? await bounded(untilServing(port, waiting.signal)) : port;
  } finally {
    waiting.abort();
  }
}

function start({ messagesUrl, workDir }: PlaygroundOptions, files: Files, port: number): ChildProcess {
  const args = [
    ...["--import", import.meta.resolve("../storage/die-with-parent.ts")],
    ...["--import", import.meta.resolve("./loopback-only.ts")],
    createRequire(import.meta.url).resolve("@microsoft/m365agentsplayground/cli.js"),
    ...["--app-endpoint", messagesUrl, "--channel-id", "msteams", "--port", String(port)],
    ...["--service-url", serviceUrlOn(port), "--disable-telemetry"],
  ];
  return spawn(process.execPath, args, {
    cwd: workDir,
    stdio: ["pipe", "pipe", "pipe"],
    // Its own process group: Ctrl-C must reach the stack, which stops its parts in order.
    detached: process.platform !== "win32",
    windowsHide: true,
    env: {
      ...inherited(),
      TEAMSAPPTESTER_BROWSER: "none",
      M365_AGENTS_PLAYGROUND_CONFIG_PATH: files.config,
      M365_AGENTS_PLAYGROUND_LOGFILE: files.log,
    },
  });
}

/** Our environment without what would configure the Playground behind our back. */
function inherited(): NodeJS.ProcessEnv {
  const foreign = /^(TEAMSAPPTESTER_|M365_AGENTS_PLAYGROUND_|TEAMS_APP_TEST_TOOL_)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
}

function serviceUrlOn(port: number): string {
  return `http://127.0.0.1:${port}/_connector`;
}

async function freePort(wished: number): Promise<number> {
  const probe = createServer();
  const port = await new Promise<number | undefined>((resolve) => {
    probe.once("error", () => resolve(undefined));
    probe.listen(wished, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
  return port ?? freePort(0);
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      // Both are read to the end, or a full pipe would stop the child.
      if (stream) createInterface({ input: stream }).on("line", (line) => resolveListening(line, resolve));
    }
  });
}

function resolveListening(line: string, resolve: (port: number) => void): void {
  const port = /^Listening on (\d+)$/.exec(line)?.[1];
  if (port) resolve(Number(port));
}

/** It listens before it has read its configuration; its own API answers only afterwards. */
async function untilServing(port: number, waiting: AbortSignal): Promise<number> {
  while (!waiting.aborted) {
    const answer = await fetch(`http://127.0.0.1:${port}/_internal/v1/config`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) return port;
    await sleep(pollMs);
  }
  return port;
}

async function untilExit(child: ChildProcess): Promise<void> {
  // Without a pid the start itself failed, which Node tells by "error" and nothing else.
  await once(child, child.pid === undefined ? "error" : "close");
}

async function failure(gone: Promise<void>): Promise<never> {
  await gone;
  throw new Error("it ended before it was ready");
}

async function timeout(waiting: AbortSignal): Promise<never> {
  // Ended by the signal when somebody else won the race; nobody hears that rejection any more.
  await sleep(startBoundMs, undefined, { signal: waiting });
  throw new Error(`it was not ready within ${startBoundMs / 1000} s`);
}

async function errorsIn(logFile: string): Promise<string> {
  const log = await readFile(logFile, "utf8").catch(() => "");
  const errors = log.split("\n").filter((line) => line.startsWith("error "));
  return errors.slice(-shownErrors).join("\n");
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), stopBoundMs);
  await gone;
  clearTimeout(kill);
}
