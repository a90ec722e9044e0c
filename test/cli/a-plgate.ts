import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";

export type Heard = {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
};

/** What a route answers: status, body, and headers that replace the usual ones. */
export type Said = readonly [status: number, body?: unknown, headers?: Readonly<Record<string, string>>];

/** An app that answers as the test says, by method and path, and remembers what it heard. */
export async function aPlgate(t: TestContext, answers: Readonly<Record<string, (heard: Heard) => Said>>) {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    const one = await heardIn(request);
    heard.push(one);
    const [status, body, headers = {}] = answers[`${one.method} ${one.path}`]?.(one) ?? [404];
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

async function heardIn(request: IncomingMessage): Promise<Heard> {
  const body = await text(request);
  return {
    method: request.method ?? "",
    path: request.url ?? "",
    authorization: request.headers.authorization,
    body: body === "" ? undefined : JSON.parse(body),
  };
}
