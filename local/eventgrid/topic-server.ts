import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { mayPublish, publishLimit, readEvents, type TopicAccess } from "./custom-topic.ts";
import type { PublishedEvent } from "./grid-event.ts";

const apiVersion = "2018-01-01";

type Answer = { readonly status: number; readonly code?: string; readonly message?: string };

export type TopicServer = { readonly url: string; close(): Promise<void> };

/**
 * Starts the custom topic's HTTP side: `POST /api/events?api-version=2018-01-01`, and nothing else.
 *
 * 200 with an empty body when every event was taken, else Azure's error envelope: 400 malformed, 401 not allowed, 404
 * another route, 413 above 1 MB (local-azure.md section C; the codes in the envelope are from memory).
 */
export async function startTopicServer(
  options: {
    readonly tls: { readonly key: string; readonly cert: string };
    readonly port: number;
    access: TopicAccess;
  },
  take: (published: PublishedEvent) => void,
): Promise<TopicServer> {
  const server = createServer(options.tls, (request, response) => {
    void answer(request, options.access, take)
      .catch((error: unknown) => ({ status: 500, code: "InternalServerError", message: String(error) }))
      .then((answered) => write(response, answered));
  });
  server.listen(options.port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The custom topic listens on no port.");
  return {
    url: `https://127.0.0.1:${address.port}`,
    async close() {
      if (!server.listening) return;
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  access: TopicAccess,
  take: (published: PublishedEvent) => void,
): Promise<Answer> {
  const url = new URL(request.url ?? "/", "https://topic.invalid");
  if (request.method !== "POST" || url.pathname !== "/api/events") {
    return { status: 404, code: "NotFound", message: `the topic has no ${request.method} ${url.pathname}` };
  }
  if (url.searchParams.get("api-version") !== apiVersion) {
    return { status: 400, code: "BadRequest", message: `api-version has to be ${apiVersion}` };
  }
  const allowed = await mayPublish(request.headers, access);
  if (allowed !== "yes") return allowed;
  const body = await readBody(request);
  if (body === "too-large") return { status: 413, code: "RequestEntityTooLarge", message: "1 MB is the limit" };
  const read = readEvents(request.headers, body);
  if ("status" in read) return read;
  for (const published of read.events) take(published);
  return { status: 200 };
}

/** Reads to the end even when it is too much, so that the sender gets to read the answer. */
async function readBody(request: IncomingMessage): Promise<string | "too-large"> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= publishLimit) chunks.push(chunk);
  }
  return size > publishLimit ? "too-large" : Buffer.concat(chunks).toString("utf8");
}

function write(response: ServerResponse, { status, code, message }: Answer): void {
  if (code === undefined) {
    response.writeHead(status, { "content-length": 0 }).end();
    return;
  }
  const body = JSON.stringify({ error: { code, message } });
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(body);
}
