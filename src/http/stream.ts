import type { HttpResponseInit } from "@azure/functions";
import type { Log } from "../runtime/log.ts";

/** An answer that is sent while it is made. */
export function streamed(
  contentType: string,
  lines: AsyncIterable<string>,
  _call: { readonly correlation: string; readonly log: Log },
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  const body = ReadableStream.from(lines).pipeThrough(new TextEncoderStream());
  return { status: 200, headers: { ...headers, "content-type": contentType }, body };
}
