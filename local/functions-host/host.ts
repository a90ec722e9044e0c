import type { Server } from "node:http";
import { adminRoutes } from "./admin.ts";
import { resolveConnection, resolveSettings } from "./app-settings.ts";
import { type EventGridSwitches, eventGridWebhook } from "./event-grid.ts";
import { type HostJson, readHostJson } from "./host-json.ts";
import { type Answer, createHttpServer } from "./http-server.ts";
import { httpTrigger } from "./http-trigger.ts";
import { createInvoker, type Invoker, type WriteOutputs } from "./invoke.ts";
import { type HostKeys, hostKeys } from "./keys.ts";
import { listen } from "./listen.ts";
import { functionsWith, type LoadedApp, type LoadedFunction, loadApp } from "./load-app.ts";
import { pause } from "./pause.ts";
import { type QueueTarget, queueService, writeQueueOutputs } from "./queue-message.ts";
import { type Listener, startQueueTrigger } from "./queue-trigger.ts";
import { ignoredRetries } from "./retry.ts";
import { orderRoutes, shadowedRoutes } from "./routes.ts";
import { parseSchedule } from "./schedule.ts";
import { timerLeases } from "./timer-lease.ts";
import { startTimer, type TimerListener } from "./timer-trigger.ts";

export type HostOptions = {
  /** Folder with host.json and package.json. */
  readonly appDir: string;
  /** Glob of the files that hold the functions, under appDir; package.json's `main` unless given. For running sources unbuilt. */
  readonly main?: string;
  /** Default 7071; 0 is any free port. A taken port moves to a free one unless `strictPort`. */
  readonly port?: number;
  readonly strictPort?: boolean;
  /** Random per start where not given. */
  readonly keys?: Partial<HostKeys>;
  /** Keys of single functions, by function name. */
  readonly functionKeys?: Readonly<Record<string, string>>;
  /** Default true; `func start` leaves them off (A.3 no. 8). */
  readonly keyChecks?: boolean;
  /** Timer status files live here. */
  readonly stateDir: string;
  /** Default Development: queues are polled at least every 2 s, not every minute. */
  readonly environment?: "Development" | "Production";
  /** The timers' clock. */
  readonly now?: () => Date;
  readonly log?: (line: string) => void;
  /** The connection string AzureWebJobsStorage stands for: queues and the timers' locks. */
  readonly storageConnectionString: string;
  readonly switches?: EventGridSwitches;
  /** Seconds a queue message is leased, default 600 as in Azure. Shorter, a killed host's messages come back sooner. */
  readonly queueLeaseSeconds?: number;
  /** Milliseconds that stop() lets running invocations have, default 10,000. */
  readonly drainTimeout?: number;
};
export type RunningHost = {
  readonly url: string;
  readonly port: number;
  readonly keys: HostKeys;
  readonly stop: () => Promise<void>;
};
type Parts = {
  readonly app: LoadedApp;
  readonly hostJson: HostJson;
  readonly keys: HostKeys;
  readonly log: (line: string) => void;
  /** Aborted last of all: what is still running then has been given up. */
  readonly gone: AbortController;
} & Invoker;

const BODY_LIMIT = 104_857_600;
const DRAIN_TIMEOUT = 10_000;

/**
 * Loads a function app as the Functions worker does and runs it in this process: HTTP, Event Grid, queue and timer triggers, HTTP
 * and queue outputs, over the app's unchanged host.json and package.json. Rejects, with a reason, for anything it does not know.
 * Its behaviour is the numbered list of local-azure.md A.3, read in the real host's sources but never compared with a running one.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const log = options.log ?? (() => undefined);
  const hostJson = await readHostJson(options.appDir, options.environment ?? "Development");
  const app = await loadApp(options.appDir, options.main, log);
  const writeOutputs = outputWriter(app, options, hostJson);
  const invoker = createInvoker(app, { timeout: hostJson.functionTimeout, log, writeOutputs });
  const parts: Parts = { app, hostJson, keys: hostKeys(options.keys), log, gone: new AbortController(), ...invoker };
  for (const warning of ignoredRetries(app.functions)) log(warning);

  const timers = new Map<string, TimerListener>();
  const answer = answerAll(parts, options, timers);
  const starters = [...timerStarters(parts, options, timers), ...queueStarters(parts, options)];
  const limit = Number(process.env["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] ?? BODY_LIMIT);
  const server = createHttpServer(answer, limit, log);
  const port = await listen(server, options.port ?? 7071, options.strictPort === true);
  // Everything that may refuse to start has been asked by now: listeners begin only on a host that stands.
  const listeners = starters.map((start) => start());
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    keys: parts.keys,
    stop: once(() => stopAll(server, listeners, parts, options.drainTimeout ?? DRAIN_TIMEOUT)),
  };
}

function answerAll(
  { app, hostJson, keys, invoke, log }: Parts,
  options: HostOptions,
  timers: ReadonlyMap<string, TimerListener>,
): Answer {
  const keyChecks = options.keyChecks ?? true;
  const routes = orderRoutes(functionsWith(app, "httpTrigger"), hostJson.routePrefix);
  for (const warning of shadowedRoutes(routes)) log(warning);
  const toFunction = httpTrigger({
    routes,
    invoke,
    keys,
    ownKeys: options.functionKeys ?? {},
    keyChecks,
    log,
    proxy: app.proxy,
  });
  const toAdmin = adminRoutes({ app, invoke, timers, keys, keyChecks });
  const functions = functionsWith(app, "eventGridTrigger");
  const toEventGrid = eventGridWebhook({ functions, invoke, keys, keyChecks, switches: options.switches ?? {} });
  return (request) => {
    const path = request.url.pathname.toLowerCase();
    if (path.startsWith("/admin/")) return toAdmin(request);
    if (path === "/runtime/webhooks/eventgrid") return toEventGrid(request);
    return toFunction(request);
  };
}

type Starter = () => Listener;

function timerStarters(
  { app, invoke, gone, log }: Parts,
  options: HostOptions,
  timers: Map<string, TimerListener>,
): Starter[] {
  const claim = timerLeases(options.storageConnectionString, gone.signal);
  const common = { invoke, claim, log, stateDir: options.stateDir, now: options.now ?? (() => new Date()) };
  return functionsWith(app, "timerTrigger").map((fn) => {
    const schedule = parseSchedule(resolveSettings(fn.trigger.schedule, fn.name));
    return () => {
      const timer = startTimer({ ...common, fn, schedule });
      timers.set(fn.name, timer);
      return timer;
    };
  });
}

function queueStarters({ app, hostJson, invoke, gone, log }: Parts, options: HostOptions): Starter[] {
  const common = {
    invoke,
    log,
    settings: hostJson.queues,
    leaseSeconds: options.queueLeaseSeconds ?? 600,
    gone: gone.signal,
  };
  return functionsWith(app, "queueTrigger").map((fn) => {
    const target = queueTarget(fn.trigger, fn.name, options);
    return () => startQueueTrigger({ ...common, ...target, fn });
  });
}

function outputWriter(app: LoadedApp, options: HostOptions, hostJson: HostJson): WriteOutputs {
  const targetsOf = ({ name, queueOutputs }: LoadedFunction): ReadonlyMap<string, QueueTarget> =>
    new Map([...queueOutputs].map(([binding, output]) => [binding, queueTarget(output, name, options)]));
  const targets = new Map(app.functions.map((fn) => [fn, targetsOf(fn)]));
  return (fn, response) => writeQueueOutputs(response, targets.get(fn) ?? new Map(), hostJson.queues.messageEncoding);
}

function queueTarget(
  binding: { queueName: string; connection?: string | undefined },
  functionName: string,
  options: HostOptions,
): QueueTarget {
  const connectionString = resolveConnection(binding.connection, functionName, options.storageConnectionString);
  return { service: queueService(connectionString), queueName: resolveSettings(binding.queueName, functionName) };
}

/** No. 32: no new work, running invocations to their end (bounded), the app's appTerminate hooks. */
async function stopAll(
  server: Server,
  listeners: readonly Listener[],
  { app, running, gone, log }: Parts,
  drainTimeout: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const stopped = Promise.all([closed, ...listeners.map((listener) => listener.stop())]);
  const deadline = new AbortController();
  await Promise.race([stopped, pause(drainTimeout, deadline.signal)]);
  deadline.abort();
  if (running() > 0) log(`warning: stopped while ${running()} invocations were running`);
  gone.abort();
  server.closeAllConnections();
  app.proxy?.close();
  const { hooks } = app.registrations;
  for (const hook of hooks.appTerminate) await hook({ hookData: {}, appHookData: app.appHookData });
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}
