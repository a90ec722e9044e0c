import { PlgateError } from "../runtime/errors.ts";
import { isWebhookAddress, type Webhook } from "../runtime/webhook-config.ts";
import type { NoticeCard } from "./notice-card.ts";

export type WebhookOutcome =
  | { readonly kind: "sent" }
  /** The flow was deleted or switched off, or its key was changed. */
  | { readonly kind: "gone"; readonly why: string };

/** Workflows webhooks: places that are told and never answer. */
export type Webhooks = {
  readonly names: readonly string[];
  /** Not idempotent. Throws a PlgateError when the webhook cannot be reached now; never names its address. */
  send(name: string, card: NoticeCard): Promise<WebhookOutcome>;
};

export type WebhookMeans = {
  readonly webhooks: readonly Webhook[];
  /** Lets loopback in, for the local stack. */
  readonly local: boolean;
  readonly timeoutMs?: number;
  readonly sleep?: (ms: number) => Promise<void>;
};

/** A flow takes no more (teams.md 5). */
const mostBytes = 28 * 1024;
const attempts = 3;
const longestWaitMs = 5_000;
const usualTimeoutMs = 10_000;
const goneStatuses = [400, 401, 403, 404, 405, 410];

export function webhookSender(means: WebhookMeans): Webhooks {
  const addresses = new Map(means.webhooks.map(({ name, url }) => [name, url]));
  return {
    names: [...addresses.keys()],
    send: async (name, card) => {
      const url = addresses.get(name);
      if (url === undefined) return { kind: "gone", why: `no webhook is called ${name} any more` };
      if (!isWebhookAddress(url, means.local)) throw failed(name, "its address is not allowed", false);
      return post(name, url, bodyOf(name, card), means);
    },
  };
}

function bodyOf(name: string, content: NoticeCard): string {
  const contentType = "application/vnd.microsoft.card.adaptive";
  const body = JSON.stringify({ type: "message", attachments: [{ contentType, contentUrl: null, content }] });
  if (Buffer.byteLength(body) > mostBytes) throw failed(name, "the notice is too large", false);
  return body;
}

/** Only a refusal for too many requests is repeated here: after any other fault nobody knows whether it was posted. */
async function post(name: string, url: string, body: string, means: WebhookMeans): Promise<WebhookOutcome> {
  const { sleep = pause, timeoutMs = usualTimeoutMs } = means;
  for (let attempt = 1; ; attempt += 1) {
    const { status, retryAfterMs } = await send(name, url, body, timeoutMs);
    const waits = status === 429 && attempt < attempts && retryAfterMs <= longestWaitMs;
    if (!waits) return outcomeOf(name, status);
    await sleep(retryAfterMs);
  }
}

function outcomeOf(name: string, status: number): WebhookOutcome {
  if (status >= 200 && status < 300) return { kind: "sent" };
  if (goneStatuses.includes(status)) return { kind: "gone", why: `the webhook ${name} answers ${status}` };
  throw failed(name, `it answers ${status}`, status === 429 || status === 408 || status >= 500);
}

async function send(name: string, url: string, body: string, timeoutMs: number) {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
      // Wherever a redirect leads, nobody allowed it.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    // What it says is of no use, and may be long.
    await response.body?.cancel();
    return { status: response.status, retryAfterMs: waitOf(response.headers.get("retry-after")) };
  } catch (error) {
    // Its message may hold the address, which is the key: only the kind of fault goes on.
    throw failed(name, `it cannot be reached (${error instanceof Error ? error.name : "unknown"})`, true);
  }
}

function waitOf(header: string | null): number {
  if (header === null) return 1_000;
  const ms = /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? 1_000 : Math.max(0, ms);
}

function failed(name: string, why: string, retryable: boolean): PlgateError {
  return new PlgateError(`the webhook ${name} took nothing: ${why}`, { retryable });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
