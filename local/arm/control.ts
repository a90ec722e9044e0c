import { timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { ZodError, z } from "zod";
import { ArmError } from "./arm-error.ts";

/** What the control endpoint can do (local-azure.md B.8). Each throws on input that it does not understand. */
export type Controls = {
  readonly orderFaults: (faults: unknown) => unknown;
  readonly faults: () => unknown;
  readonly changeSettings: (patch: unknown) => unknown;
  readonly settings: () => unknown;
  readonly requests: () => unknown;
  readonly counts: () => unknown;
  readonly seed: (seed: unknown) => Promise<unknown>;
};

/** The name of the header that carries the secret of this run. */
export const controlHeader = "x-plgate-control";

/** The server of the control endpoint: plain http for loopback, apart from every ARM path, closed to whoever lacks the secret. */
export function createControlServer(secret: string, controls: Controls): Server {
  return createServer((request, response) => {
    void answer(secret, controls, request).then(({ status, body }) => {
      response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
      response.end(JSON.stringify(body));
    });
  });
}

type ControlAnswer = { readonly status: number; readonly body: unknown };

async function answer(secret: string, controls: Controls, request: IncomingMessage): Promise<ControlAnswer> {
  if (!isSecret(secret, request.headers[controlHeader])) {
    return { status: 401, body: { error: `The header ${controlHeader} does not carry the secret of this run.` } };
  }
  const verbs: Readonly<Record<string, (body: unknown) => unknown>> = {
    "GET /faults": controls.faults,
    "PUT /faults": controls.orderFaults,
    "GET /settings": controls.settings,
    "PUT /settings": controls.changeSettings,
    "GET /requests": controls.requests,
    "GET /counts": controls.counts,
    "POST /state": controls.seed,
  };
  const name = `${request.method} ${request.url}`;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb) return { status: 404, body: { error: `The control endpoint has no ${name}.` } };
  try {
    return { status: 200, body: await verb(await readJson(request)) };
  } catch (error) {
    return { status: 400, body: { error: reasonOf(error) } };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ZodError) return z.prettifyError(error);
  if (error instanceof ArmError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function isSecret(secret: string, given: string | string[] | undefined): boolean {
  const [wanted, got] = [Buffer.from(secret), Buffer.from(String(given ?? ""))];
  return wanted.length === got.length && timingSafeEqual(wanted, got);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? undefined : JSON.parse(text);
}
