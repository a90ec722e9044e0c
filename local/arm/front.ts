import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { ArmError, badRequest } from "./arm-error.ts";
import type { Counter } from "./counts.ts";
import type { Faults, OrderedFault } from "./faults.ts";
import { answerRequest, type CallTrace, type Incoming, type Pipeline } from "./pipeline.ts";
import { type RecordedExchange, withoutSecrets } from "./recorder.ts";
import { answerFaults } from "./shapes.ts";

type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

export type Front = {
  readonly pipeline: Pipeline;
  readonly faults: Faults;
  readonly counter: Counter;
  readonly record: (exchange: RecordedExchange) => void;
  /** Records every body whole; else those of long lists are left out, so that a large world is not kept many times over. */
  readonly recordWhole: boolean;
};

const recordedBody = 64 * 1024;
const bodyLimit = 4 * 1024 * 1024;

/** Serves one request over the wire: reads it, plays the fault that was ordered for it, writes the answer, records both. */
export async function serve(front: Front, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const started = Date.now();
  const trace: CallTrace = {};
  const fault = front.faults.next(request.method ?? "GET", pathOf(request));
  const text = await readBody(request);
  const reply = await replyTo(front, request, text, fault, trace);
  const sent = reply !== undefined && send(reply, response, fault) ? reply : undefined;
  front.counter.count(trace, sent?.status);
  const injected = fault !== undefined && "status" in fault;
  const about = { started, injected, now: front.pipeline.world.now(), whole: front.recordWhole };
  front.record(exchangeOf(request, text ?? "", sent, about));
  if (fault && "reset" in fault) request.socket.destroy();
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

/** The reply, or undefined when the connection is to break before the call is looked at. */
async function replyTo(
  front: Front,
  request: IncomingMessage,
  text: string | undefined,
  fault: OrderedFault | undefined,
  trace: CallTrace,
): Promise<Reply | undefined> {
  if (fault && "reset" in fault && fault.reset === "before") return undefined;
  if (fault && "status" in fault) return injectedReply(fault);
  if (fault && "delayMs" in fault) await front.pipeline.timers.wait(fault.delayMs);
  const ids = { "x-ms-request-id": randomUUID(), "x-ms-correlation-request-id": correlationId(request) };
  try {
    if (text === undefined) throw new ArmError(413, "RequestContentTooLarge", "The body of the request is too large.");
    const incoming = incomingOf(request, text, ids["x-ms-correlation-request-id"], fault);
    const answer = await answerRequest(front.pipeline, incoming, trace);
    return jsonReply(answer.status, { ...ids, ...answer.headers }, answer.body);
  } catch (error) {
    const refusal = error instanceof ArmError ? error : unexpected(error);
    return jsonReply(refusal.status, { ...ids, ...refusal.headers }, checkedError(front, refusal));
  }
}

/** Writes the reply, or as much of it as the fault lets through. Answers whether all of it went out. */
function send(reply: Reply, response: ServerResponse, fault: OrderedFault | undefined): boolean {
  if (fault && "reset" in fault) return false;
  if (fault && "stall" in fault && fault.stall === "headers") return false;
  response.writeHead(reply.status, { ...reply.headers, "content-length": Buffer.byteLength(reply.text) });
  if (fault && "stall" in fault) {
    response.write(reply.text.slice(0, reply.text.length / 2));
    return false;
  }
  response.end(reply.text);
  return true;
}

function incomingOf(
  request: IncomingMessage,
  text: string,
  correlation: string,
  fault: OrderedFault | undefined,
): Incoming {
  const host = request.headers.host ?? "";
  // Links in answers carry this name back to the client: anything but a plain authority would be somebody's trick.
  if (!/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?$/i.test(host)) {
    throw badRequest("InvalidHostHeader", "The Host header of the request is not valid.");
  }
  const [, ...rest] = (request.url ?? "/").split("?");
  const origin = `https://${host}`;
  return {
    method: request.method ?? "GET",
    path: pathOf(request),
    query: new URLSearchParams(rest.join("?")),
    headers: flatHeaders(request),
    text,
    origin,
    url: `${origin}${request.url ?? "/"}`,
    correlationId: correlation,
    ...(fault && "failOperation" in fault ? { failOperationWith: fault.failOperation } : {}),
  };
}

function correlationId(request: IncomingMessage): string {
  const given = request.headers["x-ms-correlation-request-id"];
  return typeof given === "string" && /^[0-9a-f-]{36}$/i.test(given) ? given : randomUUID();
}

function injectedReply(fault: Extract<OrderedFault, { status: number }>): Reply {
  if (fault.body === undefined) return { status: fault.status, headers: fault.headers, text: "" };
  if (typeof fault.body === "string") return { status: fault.status, headers: fault.headers, text: fault.body };
  const headers = { "content-type": "application/json; charset=utf-8", ...fault.headers };
  return { status: fault.status, headers, text: JSON.stringify(fault.body) };
}

function jsonReply(status: number, headers: Readonly<Record<string, string>>, body: object | undefined): Reply {
  const common = { "cache-control": "no-cache", ...headers };
  if (body === undefined) return { status, headers: common, text: "" };
  const text = JSON.stringify(body);
  return { status, headers: { "content-type": "application/json; charset=utf-8", ...common }, text };
}

function checkedError(front: Front, refusal: ArmError): object {
  const body = refusal.body();
  const faults = answerFaults("error", body);
  if (faults.length > 0) front.pipeline.onShapeFault(faults);
  return body;
}

function unexpected(error: unknown): ArmError {
  console.error("The local ARM failed:", error);
  return new ArmError(500, "InternalServerError", "The local ARM failed; its log says why.");
}

/** The body as text; undefined when it is larger than ARM takes. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= bodyLimit) chunks.push(chunk);
  }
  return length <= bodyLimit ? Buffer.concat(chunks).toString("utf8") : undefined;
}

function flatHeaders(request: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join(", ")]));
}

function exchangeOf(
  request: IncomingMessage,
  text: string,
  reply: Reply | undefined,
  about: { readonly started: number; readonly injected: boolean; readonly now: Date; readonly whole: boolean },
): RecordedExchange {
  const { method = "GET", url = "/" } = request;
  const headers = withoutSecrets(flatHeaders(request));
  return {
    time: about.now.toISOString(),
    durationMs: Date.now() - about.started,
    request: { method, url, headers, ...bodyOf(text, about.whole) },
    ...(reply
      ? { response: { status: reply.status, headers: reply.headers, ...bodyOf(reply.text, about.whole) } }
      : {}),
    injected: about.injected,
  };
}

function bodyOf(text: string, whole: boolean): { readonly body?: unknown } {
  if (text === "" || (!whole && text.length > recordedBody)) return {};
  try {
    return { body: JSON.parse(text) };
  } catch {
    // Not JSON: the record keeps what came.
    return { body: text };
  }
}
