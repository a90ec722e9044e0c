import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";

/** One HTTP request to a small local server, read completely. */
export type Call = {
  readonly method: string;
  /** As sent: still percent-encoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** Answers the calls that it knows; `undefined` leaves a call to the next route. */
export type Route = (call: Call) => Answer | undefined | Promise<Answer | undefined>;

export type Listening = {
  readonly port: number;
  /** Ends open connections too. May be called twice. */
  stop(): Promise<void>;
};

const maxBodyBytes = 1_048_576;

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}

/** The token of `Authorization: Bearer …`, if there is one. */
export function bearerOf(call: Call): string | undefined {
  return /^Bearer (\S+)$/i.exec(call.headers.authorization ?? "")?.[1];
}

/** The body as a JSON object, or undefined when it is anything else. */
export function objectIn(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Lets a server answer by the first route that knows the call, on loopback only.
 *
 * A call that no route knows gets 404 with its method and path: an emulator never guesses a success. Port 0 is any free port;
 * a port that is taken rejects.
 */
export async function listen(
  server: Server | SecureServer,
  port: number,
  routes: readonly Route[],
): Promise<Listening> {
  server.on(
    "request",
    (request: IncomingMessage, response: ServerResponse) => void exchange(request, response, routes),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { port: (server.address() as AddressInfo).port, stop: () => stop(server) };
}

async function exchange(request: IncomingMessage, response: ServerResponse, routes: readonly Route[]): Promise<void> {
  const answer = await answerTo(request, routes).catch((error: unknown) => json(500, { error: String(error) }));
  if (response.destroyed) return;
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

async function answerTo(request: IncomingMessage, routes: readonly Route[]): Promise<Answer> {
  const body = await readBody(request);
  if (body === undefined) return json(413, { error: `more than ${maxBodyBytes} bytes` });
  const url = new URL(request.url ?? "/", "http://local");
  const call = {
    method: request.method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    body,
  };
  for (const route of routes) {
    const answer = await route(call);
    if (answer) return answer;
  }
  return json(404, { error: `nothing here answers ${call.method} ${call.path}` });
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    // Read on but keep nothing, so that the client hears 413 and not a broken pipe.
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  return size <= maxBodyBytes ? Buffer.concat(chunks).toString("utf8") : undefined;
}

async function stop(server: Server | SecureServer): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
