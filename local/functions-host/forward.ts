import { randomUUID } from "node:crypto";
import { type ClientRequest, request as httpRequest, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { HostReply, HostRequest } from "./http-server.ts";
import { INVOCATION_ID, type WorkerProxy } from "./worker-proxy.ts";

// They belong to one connection, not to the request or answer that it carries.
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "host",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Sends a request to the library's listener, runs the function that it is for, and answers with what the library sends back, while
 * it comes (A.3 no. 11).
 *
 * The answer ends when the invocation has ended well, as the real host's does [S]. An invocation that fails after its first bytes
 * breaks the connection, so that half an answer never passes for a whole one; before them it is 500. A client that goes away takes
 * the proxied request with it. An invocation that answers nothing is 204, and no request is left hanging [P]: the real host waits for
 * an answer that the library does not send, up to 240 s [S].
 */
export async function forward(
  proxy: WorkerProxy,
  request: HostRequest,
  run: (invocationId: string) => Promise<unknown>,
): Promise<HostReply> {
  const body = Readable.from(request.stream(), { objectMode: false });
  const invocationId = randomUUID();
  const arrival = proxy.arrival(invocationId);
  const outgoing = openRequest(proxy.port, request, invocationId);
  const head = headOf(outgoing);
  // Not `pipeline`, which would hide the body's error behind a hang-up.
  body.once("error", (error) => outgoing.destroy(error)).pipe(outgoing);
  outgoing.once("close", () => body.destroy());
  try {
    const first = await Promise.race([arrival, head]);
    // The listener itself refused, before the library saw anything: headers too large, for example.
    if (first instanceof IncomingMessage) return toReply(first, first);
    const answered = run(invocationId).then(() => first.writableEnded);
    const giveUp = (): void => void outgoing.destroy();
    answered.then((whole) => whole || giveUp(), giveUp);
    return await firstOf(head, answered);
  } finally {
    proxy.forget(invocationId);
  }
}

function openRequest(port: number, { method, url, headers, gone }: HostRequest, invocationId: string): ClientRequest {
  const isChunked = "transfer-encoding" in headers;
  const outgoing = httpRequest({
    host: "127.0.0.1",
    port,
    method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name))),
      ...(isChunked ? { "transfer-encoding": "chunked" } : {}),
      [INVOCATION_ID]: invocationId,
      "x-forwarded-host": url.host,
      "x-forwarded-proto": "http",
    },
    agent: false,
    signal: gone,
  });
  outgoing.flushHeaders();
  return outgoing;
}

function headOf(outgoing: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    outgoing.once("response", resolve);
    // Stays for good: an error after the answer began reaches its reader by the answer's own stream.
    outgoing.on("error", reject);
  });
}

function firstOf(head: Promise<IncomingMessage>, answered: Promise<boolean>): Promise<HostReply> {
  const replied = head.then((answer) => toReply(answer, untilEnded(answer, answered)));
  const ended = answered.then(
    (whole) => (whole ? replied : { status: 204 }),
    // The invocation has logged it with its stack; the caller must not see it (no. 9).
    () => ({ status: 500 }),
  );
  return Promise.race([replied, ended]);
}

async function* untilEnded(answer: IncomingMessage, answered: Promise<boolean>): AsyncGenerator<Uint8Array> {
  yield* answer;
  if (!(await answered)) throw new Error("the invocation ended in the middle of its answer");
}

function toReply(answer: IncomingMessage, body: AsyncIterable<Uint8Array>): HostReply {
  const headers = Object.entries(answer.headersDistinct).filter(([name]) => !HOP_BY_HOP.has(name));
  return {
    status: answer.statusCode ?? 500,
    headers: Object.fromEntries(headers.map(([name, values]) => [name, values ?? []])),
    body,
  };
}
