import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export type HostRequest = {
  readonly method: string;
  readonly url: URL;
  /** Lower-case names; a repeated header's values are joined by a comma, cookies by a semicolon. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body. Rejects with BodyTooLarge beyond the host's limit. */
  readonly body: () => Promise<Buffer>;
};
export type HostReply = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Uint8Array | string;
};
/** Anything that answers a request. It never lets an app's error reach the caller. */
export type Answer = (request: HostRequest) => Promise<HostReply>;

class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/** The plain HTTP side: bytes in, one `Answer`, bytes out. Oversized bodies get 413, unreadable requests 400, surprises 500 with an empty body. */
export function createHttpServer(answer: Answer, bodyLimit: number, log: (line: string) => void): Server {
  const server = createServer((incoming, response) => {
    const replied = answerOne(incoming, answer, bodyLimit, log).then((reply) => {
      // A stopping server must not wait for a kept-alive connection.
      if (!server.listening) response.shouldKeepAlive = false;
      send(response, reply, incoming);
    });
    replied.catch((error: unknown) => {
      log(`error while answering ${incoming.method}: ${error instanceof Error ? error.stack : String(error)}`);
      response.destroy();
    });
  });
  return server;
}

async function answerOne(
  incoming: IncomingMessage,
  answer: Answer,
  bodyLimit: number,
  log: (line: string) => void,
): Promise<HostReply> {
  const url = requestUrl(incoming);
  if (url === undefined) return { status: 400 };
  try {
    const body = (): Promise<Buffer> => readBody(incoming, bodyLimit);
    return await answer({ method: incoming.method ?? "", url, headers: joinHeaders(incoming.rawHeaders), body });
  } catch (error) {
    if (error instanceof BodyTooLarge) return { status: 413 };
    log(`error in ${url.pathname}: ${error instanceof Error ? error.stack : String(error)}`);
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
  if (Number(incoming.headers["content-length"] ?? 0) > limit) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Without destroyOnReturn: false the socket would close before the 413 is out; the rest is read and dropped by `send`.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > limit) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, reply: HostReply, incoming: IncomingMessage): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const body = Buffer.from(reply.body ?? "");
  response.statusCode = reply.status;
  if (![204, 304].includes(reply.status)) response.setHeader("content-length", body.length);
  response.end(body);
  incoming.resume();
}
