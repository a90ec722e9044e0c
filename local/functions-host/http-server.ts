import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

export type HostRequest = {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names; a repeated header's values are joined by a comma, cookies by a semicolon. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body. Rejects with BodyTooLarge beyond the host's limit. */
  readonly body: () => Promise<Buffer>;
  /** The body as it comes. Throws BodyTooLarge at once if that is declared, else when it is met. */
  readonly stream: () => AsyncIterable<Buffer>;
  /** Aborted when the client goes away before it has its whole answer. */
  readonly gone: AbortSignal;
};
export type HostReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An iterable is sent piece by piece, at the client's pace; if it throws, the connection is destroyed instead of ended. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array>;
};
/** Anything that answers a request. It never lets an app's error reach the caller. */
export type Answer = (request: HostRequest) => Promise<HostReply>;

class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The plain HTTP side: bytes in, one `Answer`, bytes out. Oversized bodies get 413, unreadable requests 400, surprises 500 with an empty body. */
export function createHttpServer(answer: Answer, bodyLimit: number, log: (line: string) => void): Server {
  const server = createServer((incoming, response) => {
    const gone = goneSignal(response);
    // Begun before the server stopped, ended after: the connection is idle now, and nobody else would close it.
    response.once("close", () => server.listening || server.closeIdleConnections());
    const replied = answerOne(incoming, gone, answer, bodyLimit, log).then((reply) => {
      // A stopping server must not wait for a kept-alive connection.
      if (!server.listening) response.shouldKeepAlive = false;
      return send(response, reply, incoming);
    });
    replied.catch((error: unknown) => {
      const reason = error instanceof Error ? error.stack : String(error);
      if (!gone.aborted) log(`error while answering ${incoming.method} ${incoming.url}: ${reason}`);
      response.destroy();
    });
  });
  return server;
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}

async function answerOne(
  incoming: IncomingMessage,
  gone: AbortSignal,
  answer: Answer,
  bodyLimit: number,
  log: (line: string) => void,
): Promise<HostReply> {
  const url = requestUrl(incoming);
  if (url === undefined) return { status: 400 };
  const body = (): Promise<Buffer> => readBody(incoming, bodyLimit);
  const stream = (): AsyncIterable<Buffer> => limited(incoming, bodyLimit);
  const headers = joinHeaders(incoming.rawHeaders);
  try {
    return await answer({ method: incoming.method ?? "", url, headers, body, stream, gone });
  } catch (error) {
    if (error instanceof BodyTooLarge) return { status: 413 };
    if (!gone.aborted) log(`error in ${url.pathname}: ${error instanceof Error ? error.stack : String(error)}`);
    return { status: 500 };
  }
}

function requestUrl(incoming: IncomingMessage): URL | undefined {
  if (incoming.url?.startsWith("/") !== true) return undefined;
  const url = `http://${incoming.headers.host ?? "localhost"}${incoming.url}`;
  return URL.canParse(url) ? new URL(url) : undefined;
}

function joinHeaders(raw: readonly string[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase();
    const value = String(raw[index + 1]);
    const earlier = joined[name];
    joined[name] = earlier === undefined ? value : `${earlier}${name === "cookie" ? "; " : ","}${value}`;
  }
  return joined;
}

async function readBody(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of limited(incoming, limit)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function limited(incoming: IncomingMessage, limit: number): AsyncIterable<Buffer> {
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
  return pieces(incoming, limit);
}

async function* pieces(incoming: IncomingMessage, limit: number): AsyncGenerator<Buffer> {
  let size = 0;
  try {
    // Without destroyOnReturn: false the socket would close before the 413 is out.
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(chunk)) continue;
      size += chunk.length;
      if (size > limit) throw new BodyTooLarge();
      yield chunk;
    }
  } finally {
    // What nobody wants any more is read and dropped, so that the client gets to its answer.
    incoming.resume();
  }
}

async function send(response: ServerResponse, reply: HostReply, incoming: IncomingMessage): Promise<void> {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.statusCode = reply.status;
  const given = reply.body ?? "";
  if (typeof given !== "string" && !(given instanceof Uint8Array)) return pipeline(given, response);
  const body = Buffer.from(given);
  if (![204, 304].includes(reply.status)) response.setHeader("content-length", body.length);
  response.end(body);
  incoming.resume();
}
