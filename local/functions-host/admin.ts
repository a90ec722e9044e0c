import type { Answer, HostReply, HostRequest } from "./http-server.ts";
import { callerKey } from "./http-trigger.ts";
import type { Invoke } from "./invoke.ts";
import { type HostKeys, opens } from "./keys.ts";
import type { LoadedApp, LoadedFunction } from "./load-app.ts";
import type { TimerListener } from "./timer-trigger.ts";

export type AdminOptions = {
  readonly app: LoadedApp;
  readonly invoke: Invoke;
  readonly timers: ReadonlyMap<string, TimerListener>;
  readonly keys: HostKeys;
  readonly keyChecks: boolean;
};

/** Answers `/admin/…` for holders of the master key (A.3 no. 12): host status, ping, the functions, run one now. */
export function adminRoutes(options: AdminOptions): Answer {
  return async (request) => {
    if (options.keyChecks && !opens("admin", callerKey(request), options.keys)) return { status: 401 };
    const path = request.url.pathname.toLowerCase().replace(/\/$/, "");
    switch (`${request.method} ${path}`) {
      case "GET /admin/host/ping":
        return { status: 200 };
      case "GET /admin/host/status":
        return json({ state: "Running", version: "4.1037.0", processUptime: Math.round(process.uptime() * 1000) });
      case "GET /admin/functions":
        return json(options.app.functions.map(describeFunction));
      default:
        return request.method === "POST" ? runNow(request, path, options) : { status: 404 };
    }
  };
}

/** Accepted as soon as the run has begun, like the real host: who waits for its effect has to look for it. */
async function runNow(request: HostRequest, path: string, options: AdminOptions): Promise<HostReply> {
  const name = /^\/admin\/functions\/([^/]+)$/.exec(path)?.[1];
  const fn = options.app.functions.find((candidate) => candidate.name.toLowerCase() === name);
  if (fn === undefined || fn.disabled) return { status: 404 };
  if (fn.trigger.type === "httpTrigger") return { status: 400, body: `${fn.name} has an HTTP trigger: call its route` };
  const input = inputOf((await request.body()).toString("utf8"));
  const run = options.timers.get(fn.name)?.runNow() ?? options.invoke(fn, { input: { string: input } });
  // The invocation has logged its failure; nobody waits for it here.
  run.catch(() => undefined);
  return { status: 202 };
}

function inputOf(body: string): string {
  const parsed: unknown = body === "" ? {} : JSON.parse(body);
  const input: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, "input") : undefined;
  return typeof input === "string" ? input : JSON.stringify(input ?? "");
}

function describeFunction(fn: LoadedFunction) {
  const bindings = Object.entries(fn.metadata.bindings).map(([name, binding]) => ({ ...binding, name }));
  return { name: fn.name, language: "node", isDisabled: fn.disabled, config: { name: fn.name, bindings } };
}

function json(value: unknown): HostReply {
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8" }, body: JSON.stringify(value) };
}
