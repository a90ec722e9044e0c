import { subscribe } from "node:diagnostics_channel";
import { IncomingMessage, ServerResponse } from "node:http";
import { ReadableStream } from "node:stream/web";
import type { HttpResponseInit } from "@azure/functions";
import { messageOf } from "../runtime/errors.ts";
import { ownHeaders } from "./respond.ts";
import type { Call } from "./route.ts";

/** A piece goes out when it is this long, in UTF-16 units, or when none went out for this many milliseconds. */
const PIECE = 64 * 1024;
const SILENCE = 1000;

/**
 * An answer of any length, sent while it is made, at the pace of its reader: neither the whole of it nor what the reader did not
 * take yet is ever held.
 *
 * `lines` is read no further when the reader is gone, and its `finally` runs. When it throws, the connection breaks, so that half an
 * answer never passes for a whole one; the status is out by then. The first line goes out at once, since the platform gives up on an
 * answer that is silent for 240 seconds, and later ones in pieces.
 */
export function streamed(
  contentType: string,
  lines: AsyncIterable<string>,
  call: Pick<Call, "correlation" | "log">,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  return {
    status: 200,
    headers: { ...headers, ...ownHeaders, "content-type": contentType },
    body: ReadableStream.from(paced(lines, call)),
  };
}

/**
 * The responses that the Functions library writes to, by invocation id, until they are closed. The library never looks at what
 * `write` returns and so would pile up a whole export before a slow reader; and it shows its response to nobody, but Node announces it.
 */
const responses = new Map<string, ServerResponse>();
/** Whether this process is a worker whose answers are streamed; then an invocation without a response has lost its reader. */
let hasProxy = false;

subscribe("http.server.request.start", (message) => {
  const { request, response } = pairOf(message);
  const id = request?.headers["x-ms-invocation-id"];
  if (typeof id !== "string" || response === undefined) return;
  hasProxy = true;
  responses.set(id, response);
  response.once("close", () => responses.delete(id));
});

function pairOf(message: unknown): { readonly request?: IncomingMessage; readonly response?: ServerResponse } {
  if (typeof message !== "object" || message === null || !("request" in message && "response" in message)) return {};
  const { request, response } = message;
  return request instanceof IncomingMessage && response instanceof ServerResponse ? { request, response } : {};
}

async function* paced(
  lines: AsyncIterable<string>,
  { correlation, log }: Pick<Call, "correlation" | "log">,
): AsyncGenerator<Uint8Array> {
  const response = responses.get(correlation);
  try {
    // An error, not an empty answer, should anybody be there after all.
    if (response === undefined && hasProxy) throw new Error("its reader left before it began");
    for await (const piece of gathered(lines)) {
      yield piece;
      // Asked for more: the piece before has been written.
      await roomIn(response);
      if (response?.destroyed) break;
    }
  } catch (error) {
    log.error("a streamed answer broke off", { correlation, error: messageOf(error) });
    // The library leaves the response open when its body fails, and the platform would wait for the rest.
    response?.destroy();
    throw error;
  }
}

async function* gathered(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = "";
  let sentAt = Number.NEGATIVE_INFINITY;
  for await (const line of lines) {
    text += line;
    if (text.length < PIECE && Date.now() - sentAt < SILENCE) continue;
    yield encoder.encode(text);
    text = "";
    sentAt = Date.now();
  }
  if (text !== "") yield encoder.encode(text);
}

/** Resolves when the response takes more, or never will. */
function roomIn(response: ServerResponse | undefined): Promise<void> | undefined {
  if (!response?.writableNeedDrain) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
