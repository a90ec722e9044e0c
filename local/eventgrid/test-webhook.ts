import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";

export type WebhookRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined when there was no body. */
  readonly body: unknown;
};

export type WebhookAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | "hang-up"
  | "never";

export type Webhook = {
  readonly url: string;
  /** All requests but those of the handshake. */
  readonly notifications: readonly WebhookRequest[];
  readonly handshakes: readonly WebhookRequest[];
  close(): Promise<void>;
};

type Answering = (request: WebhookRequest, before: number) => WebhookAnswer;

/** An endpoint of our own: shakes hands as it should unless told otherwise, and answers notifications as programmed. */
export async function startWebhook(
  answers: { readonly notification?: Answering; readonly handshake?: Answering } = {},
): Promise<Webhook> {
  const notifications: WebhookRequest[] = [];
  const handshakes: WebhookRequest[] = [];
  const notify = answers.notification ?? accept;
  const shake = answers.handshake ?? goodHandshake;
  const server = createServer(async (incoming, response) => {
    const request = await read(incoming);
    const [seen, answering] = isHandshake(request) ? [handshakes, shake] : [notifications, notify];
    seen.push(request);
    reply(response, answering(request, seen.length - 1));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The webhook listens on no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    notifications,
    handshakes,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function read(incoming: IncomingMessage): Promise<WebhookRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  const { method = "", url: path = "", headers } = incoming;
  return { method, path, headers, body: text === "" ? undefined : JSON.parse(text) };
}

function isHandshake({ method, headers }: WebhookRequest): boolean {
  return method === "OPTIONS" || headers["aeg-event-type"] === "SubscriptionValidation";
}

const accept: Answering = () => ({ status: 202 });

const goodHandshake: Answering = ({ method, body }) =>
  method === "OPTIONS"
    ? { status: 200, headers: { "webhook-allowed-origin": "eventgrid.azure.net" } }
    : { status: 200, body: { validationResponse: validationCode(body) } };

/** The code in the validation event, whichever of the two forms it has. */
function validationCode(body: unknown): string {
  const [event] = (Array.isArray(body) ? body : [body]) as readonly { readonly data: unknown }[];
  const data: unknown = typeof event?.data === "string" ? JSON.parse(event.data) : event?.data;
  return (data as { readonly validationCode: string }).validationCode;
}

function reply(response: ServerResponse, answer: WebhookAnswer): void {
  if (answer === "never") return;
  if (answer === "hang-up") {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
  response.end(answer.body === undefined ? "" : JSON.stringify(answer.body));
}
