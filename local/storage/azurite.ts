import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

export type AzuritePorts = { readonly blob: number; readonly queue: number; readonly table: number };

export type Azurite = {
  readonly connectionString: string;
  readonly ports: AzuritePorts;
  readonly pid: number;
  /** Resolves when the process is gone, asked for or not, with the last lines it printed. */
  readonly exited: Promise<string>;
  /** Asks Azurite to save and end, and kills it when it has not within ten seconds. May be called twice. */
  stop(): Promise<void>;
};

export type AzuriteOptions = (
  | { readonly inMemory: true }
  | { readonly location: string; readonly ports?: AzuritePorts }
) & {
  /** Azurite holds every row in its heap: more than Node's usual few GiB for who stores millions. */
  readonly heapMiB?: number;
};

/** The ports that Azurite's users expect, for `AzuriteOptions.ports`. */
export const defaultAzuritePorts: AzuritePorts = { blob: 10_000, queue: 10_001, table: 10_002 };

const host = "127.0.0.1";
const startBoundMs = 60_000;
const stopBoundMs = 10_000;
const keptLines = 20;
const services = ["blob", "queue", "table"] as const;

/** The emulator account that Azurite documents; the key is public and opens nothing else. */
const developmentAccount = {
  name: "devstoreaccount1",
  key: "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
} as const;

/**
 * Starts blob, queue and table storage as a child of this process (local-azure.md section D).
 *
 * Ready when all three ports answer HTTP. In memory the ports are always free ones; on disk the wished ports are taken
 * if they are free, else others. The child ends with its parent, whatever ends the parent.
 * Rejects with the child's last lines when it ends early or is not ready within a minute.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const child = spawn(process.execPath, await childArguments(options), {
    stdio: ["pipe", "pipe", "pipe"],
    // Its own process group: Ctrl-C must reach the stack, which stops storage last.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const output = readOutput(child);
  const gone = untilExit(child);
  const exited = gone.then(() => output.lastLines());
  try {
    const ports = await Promise.race([output.ports, failure(exited), timeout()]);
    await Promise.all(Object.values(ports).map(untilAnswering));
    return {
      connectionString: connectionString(ports),
      ports,
      pid: child.pid ?? 0,
      exited,
      stop: () => stop(child, gone),
    };
  } catch (cause) {
    await stop(child, gone);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Azurite did not start: ${why}. Its last lines:\n${await exited}`, { cause });
  }
}

async function childArguments(options: AzuriteOptions): Promise<string[]> {
  const wished = "inMemory" in options ? undefined : options.ports;
  const heap = options.heapMiB === undefined ? [] : [`--max-old-space-size=${options.heapMiB}`];
  const portFlags = await Promise.all(
    // Port 0 lets the system choose, which no other process can take from us between choosing and listening.
    services.map(async (service) => [`--${service}Port`, String(await freeOrZero(wished?.[service] ?? 0))]),
  );
  return [
    ...heap,
    "--import",
    import.meta.resolve("./die-with-parent.ts"),
    createRequire(import.meta.url).resolve("azurite/dist/src/azurite.js"),
    ...["--silent", "--disableTelemetry", "--skipApiVersionCheck"],
    ...services.flatMap((service) => [`--${service}Host`, host]),
    ...portFlags.flat(),
    ...("inMemory" in options ? ["--inMemoryPersistence"] : ["--location", options.location]),
  ];
}

async function freeOrZero(port: number): Promise<number> {
  if (port === 0) return 0;
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once("error", () => resolve(0));
    probe.listen(port, host, () => probe.close(() => resolve(port)));
  });
}

/** Azurite prints its real ports even when silent; the promise never settles if it does not get that far. */
function readOutput(child: ChildProcess): { readonly ports: Promise<AzuritePorts>; lastLines(): string } {
  const lines: string[] = [];
  const found = new Map<string, number>();
  const ports = new Promise<AzuritePorts>((resolve) => {
    const take = (line: string) => {
      lines.push(line);
      lines.splice(0, lines.length - keptLines);
      const listening = /^Azurite (Blob|Queue|Table) service is successfully listening at http:\/\/.*:(\d+)$/.exec(
        line,
      );
      if (listening?.[1]) found.set(listening[1].toLowerCase(), Number(listening[2]));
      const [blob, queue, table] = services.map((service) => found.get(service));
      if (blob && queue && table) resolve({ blob, queue, table });
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", take);
    }
  });
  return { ports, lastLines: () => lines.join("\n") };
}

async function untilExit(child: ChildProcess): Promise<void> {
  // Without a pid the start itself failed, which Node tells by "error" and nothing else.
  await once(child, child.pid === undefined ? "error" : "close");
}

async function failure(exited: Promise<string>): Promise<never> {
  await exited;
  throw new Error("it ended before it was ready");
}

function timeout(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`it was not ready within ${startBoundMs / 1000} s`)), startBoundMs).unref();
  });
}

/** Any HTTP answer will do: without a signature Azurite refuses, which only a running server can. */
async function untilAnswering(port: number): Promise<void> {
  const response = await fetch(`http://${host}:${port}/`, { signal: AbortSignal.timeout(startBoundMs) });
  await response.arrayBuffer();
}

function connectionString(ports: AzuritePorts): string {
  const endpoint = (port: number) => `http://${host}:${port}/${developmentAccount.name}`;
  return [
    "DefaultEndpointsProtocol=http",
    `AccountName=${developmentAccount.name}`,
    `AccountKey=${developmentAccount.key}`,
    `BlobEndpoint=${endpoint(ports.blob)}`,
    `QueueEndpoint=${endpoint(ports.queue)}`,
    `TableEndpoint=${endpoint(ports.table)}`,
    "",
  ].join(";");
}

async function stop(child: ChildProcess, gone: Promise<void>): Promise<void> {
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), stopBoundMs);
  await gone;
  clearTimeout(kill);
}
