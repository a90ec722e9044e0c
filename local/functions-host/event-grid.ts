import type { TypedData } from "./core-module.ts";
import type { Answer, HostReply, HostRequest } from "./http-server.ts";
import { callerKey } from "./http-trigger.ts";
import type { Invoke } from "./invoke.ts";
import { type HostKeys, opens } from "./keys.ts";
import type { FunctionOf } from "./load-app.ts";

export type EventGridSwitches = {
  /** No. 19: the version read answers the CloudEvents OPTIONS handshake with 400. "allow" goes beyond the real host. */
  readonly cloudEventsHandshake?: "refuse" | "allow";
  /** No. 20 [U]: "rewritten" trims trailing zeros of the dates' fractions, as the real host's JSON reader may do. */
  readonly eventDates?: "as-sent" | "rewritten";
};
export type EventGridOptions = {
  readonly functions: readonly FunctionOf<"eventGridTrigger">[];
  readonly invoke: Invoke;
  readonly keys: HostKeys;
  readonly keyChecks: boolean;
  readonly switches: EventGridSwitches;
};

const METHODS = ["GET", "PUT", "POST", "DELETE", "OPTIONS"];

/** Answers `/runtime/webhooks/EventGrid?functionName=…` (A.3 nos. 13-20). */
export function eventGridWebhook(options: EventGridOptions): Answer {
  return async (request) => {
    if (!METHODS.includes(request.method)) return { status: 404 };
    if (options.keyChecks && !opens("system", callerKey(request), options.keys)) return { status: 401 };
    const name = request.url.searchParams.get("functionName");
    const fn = options.functions.find((candidate) => candidate.name.toLowerCase() === name?.toLowerCase());
    if (fn === undefined) return text(404, `cannot find function: '${name ?? ""}'`);
    if (request.method === "OPTIONS") return handshake(request, options.switches);
    return receive(request, fn, options);
  };
}

async function receive(
  request: HostRequest,
  fn: FunctionOf<"eventGridTrigger">,
  options: EventGridOptions,
): Promise<HostReply> {
  switch (request.headers["aeg-event-type"]?.toLowerCase()) {
    case "subscriptionvalidation":
      return validation(await readJson(request));
    case "notification":
      return notification(await readJson(request), fn, options);
    case "unsubscribe":
      return { status: 202 };
    default:
      return { status: 400 };
  }
}

function handshake(request: HostRequest, switches: EventGridSwitches): HostReply {
  if (switches.cloudEventsHandshake !== "allow") return { status: 400 };
  return {
    status: 200,
    headers: {
      "WebHook-Allowed-Origin": request.headers["webhook-request-origin"] ?? "*",
      "WebHook-Allowed-Rate": "*",
    },
  };
}

async function readJson(request: HostRequest): Promise<unknown> {
  return parseJson((await request.body()).toString("utf8"));
}

function validation(body: unknown): HostReply {
  const event: unknown = Array.isArray(body) ? body[0] : body;
  const data = property(event, "data");
  const code = property(typeof data === "string" ? parseJson(data) : data, "validationCode");
  if (typeof code !== "string") return text(400, "the validation event has no data.validationCode");
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify({ validationResponse: code }),
  };
}

/** A body that is no JSON is answered with 400, which Event Grid does not retry [P]. */
async function notification(
  body: unknown,
  fn: FunctionOf<"eventGridTrigger">,
  options: EventGridOptions,
): Promise<HostReply> {
  if (typeof body !== "object" || body === null) return text(400, "the body is not a JSON event");
  const events: readonly unknown[] = Array.isArray(body) ? body : [body];
  const runs = inputs(events, fn, options.switches).map((input) => options.invoke(fn, { input }));
  const failed = (await Promise.allSettled(runs)).find((run) => run.status === "rejected");
  if (failed === undefined) return { status: 202 };
  // Event Grid, not a person, reads this; the real host sends the message too (no. 18) [S].
  return text(500, failed.reason instanceof Error ? failed.reason.message : String(failed.reason));
}

function inputs(
  events: readonly unknown[],
  fn: FunctionOf<"eventGridTrigger">,
  switches: EventGridSwitches,
): TypedData[] {
  const texts = events.map((event) =>
    JSON.stringify(event, switches.eventDates === "rewritten" ? rewriteDate : undefined),
  );
  return fn.trigger.cardinality === "many"
    ? [{ collectionString: { string: texts } }]
    : texts.map((json) => ({ json }));
}

function rewriteDate(_: string, value: unknown): unknown {
  const parts = typeof value === "string" ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$/.exec(value) : null;
  if (parts === null) return value;
  const fraction = (parts[2] ?? "").replace(/\.?0+$/, "");
  return `${parts[1]}${fraction}Z`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function text(status: number, body: string): HostReply {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}
