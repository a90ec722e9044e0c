import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

export type HostProcessOptions = {
  readonly appDir: string;
  readonly stateDir: string;
  readonly port: number;
  readonly keys: { readonly master: string; readonly eventGrid: string };
  /** The app's settings, and AzureWebJobsStorage. */
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly restarted?: (pid: number) => void;
};

export type HostProcess = {
  readonly url: string;
  pid(): number;
  /** How often a new host had to be started because the old one died. */
  restarts(): number;
  stop(): Promise<void>;
};

const startBoundMs = 60_000;
const stopBoundMs = 15_000;
const restartsAtMost = 20;

/**
 * Runs the functions host as a process of its own and starts a new one when it dies, as the platform does.
 * The port stays the same: event subscriptions and people keep their addresses.
 */
export async function startHostProcess(options: HostProcessOptions): Promise<HostProcess> {
  const first = await launch(options, options.port, false);
  const state = { child: first.child, restarts: 0, stopping: false, restart: Promise.resolve() };
  const watch = (child: ChildProcess): void => {
    child.once("exit", (code, signal) => {
      if (state.stopping || state.restarts >= restartsAtMost) return;
      state.restarts += 1;
      options.log(`the functions host ended (${signal ?? `exit ${code}`}); starting a new one on the same storage`);
      state.restart = launch(options, first.port, true).then(
        (next) => {
          state.child = next.child;
          watch(next.child);
          options.restarted?.(next.child.pid ?? 0);
        },
        (error: unknown) => options.log(`no new functions host could be started: ${error}`),
      );
    });
  };
  watch(first.child);
  return {
    url: first.url,
    pid: () => state.child.pid ?? 0,
    restarts: () => state.restarts,
    stop: async () => {
      state.stopping = true;
      // A host that is only just starting has to be ended too, or it would outlive the stack.
      await state.restart;
      await end(state.child);
    },
  };
}

async function launch(options: HostProcessOptions, port: number, strictPort: boolean) {
  const main = join(import.meta.dirname, "functions-host", "main.ts");
  // The host ends with this process, whatever ends this process.
  const watchdog = pathToFileURL(join(import.meta.dirname, "storage", "die-with-parent.ts")).href;
  const args = [
    "--import",
    watchdog,
    main,
    "--app-dir",
    options.appDir,
    "--state-dir",
    options.stateDir,
    "--port",
    String(port),
  ];
  const child = spawn(process.execPath, strictPort ? [...args, "--strict-port"] : args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: process.env["HOME"] ?? "",
      ...options.environment,
      FUNCTIONS_HOST_MASTER_KEY: options.keys.master,
      FUNCTIONS_HOST_EVENTGRID_KEY: options.keys.eventGrid,
    },
  });
  const last: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
    options.log(line);
  });
  const ready = await Promise.race([readyLine(child), died(child), timeout()]);
  if (!ready) {
    child.kill("SIGKILL");
    throw new Error(`the functions host did not start:\n${last.join("\n")}`);
  }
  return { child, ...ready };
}

async function readyLine(child: ChildProcess): Promise<{ readonly url: string; readonly port: number } | undefined> {
  if (!child.stdout) return undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const parsed: { ready?: boolean; url?: string; port?: number } = JSON.parse(line);
    if (parsed.ready && parsed.url && parsed.port) return { url: parsed.url, port: parsed.port };
  }
  return undefined;
}

async function died(child: ChildProcess): Promise<undefined> {
  await once(child, "exit");
  return undefined;
}

function timeout(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, startBoundMs, undefined).unref());
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGTERM");
  const killer = setTimeout(() => child.kill("SIGKILL"), stopBoundMs);
  await gone;
  clearTimeout(killer);
}
