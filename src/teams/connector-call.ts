import * as z from "zod";
import { PlgateError } from "../runtime/errors.ts";
import type { Ending } from "./allowance.ts";
import type { TokenSource } from "./bot-token.ts";
import type { ConnectorHosts } from "./connector-hosts.ts";
import type { Pacer } from "./pace.ts";

export type ConnectorCall = {
  readonly serviceUrl: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Below the service address; its parts are encoded already. */
  readonly path: string;
  readonly body?: object;
  /** The channel whose limits the call counts for. */
  readonly place: string;
  /** How long it may wait for its turn there, in milliseconds, apart from the time that the call itself takes. */
  readonly waitMs?: number;
};

export type CallOutcome =
  | { readonly kind: "done"; readonly body: unknown }
  /** The channel or thread is gone, or the message in it cannot be found, which happens now and then (teams.md 5). */
  | { readonly kind: "not-found"; readonly what: "conversation" | "activity" }
  /** The bot may not speak there; usually it was removed from the team. */
  | { readonly kind: "forbidden"; readonly why: string };

/** How long a call may take in all, with every repetition, and one attempt of it. */
type Patience = {
  readonly budgetMs: number;
  readonly timeoutMs: number;
  readonly attempts: number;
};

/** The outside of a call; tests bring their own time. */
export type CallMeans = {
  readonly tokens: TokenSource;
  readonly mayTalkTo: ConnectorHosts;
  /** Of the whole process, or it would not know what it has sent. Left out: nobody waits for a turn. */
  readonly pacer?: Pacer;
  readonly patience?: Partial<Patience>;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly random?: () => number;
  readonly now?: () => number;
};

// Somebody may be waiting for the answer to a click while a card is brought up to date; the outbox tries again later.
const usualPatience: Patience = { budgetMs: 8_000, timeoutMs: 5_000, attempts: 5 };

/** What a queue can wait for; a dispatcher's claim of a card lasts longer. */
const usualWaitMs = 45_000;

/** Answers after which the same call may work in a moment (teams.md 5). */
const passing = [412, 429, 502, 503, 504];
/** Of those, the ones after which nobody knows whether a post stands there: it is for the outbox to come again, once. */
const doubtful = [502, 504];
const firstWaitMs = 400;
const longestWaitMs = 5_000;
const longestAnswer = 64 * 1024;
/** A team may have a thousand channels. */
const longestList = 1024 * 1024;

type Answer = { readonly status: number; readonly retryAfter: string | null; readonly body: unknown };

/**
 * One call of the Bot Connector, repeated while it is throttled or in trouble, within a budget of time.
 *
 * Waiting for a turn in the channel is not part of that budget. The token is not even asked for before the address stands on
 * the allow-list, and no redirect is followed: it goes nowhere else. Throws a PlgateError when the call failed; after a fault
 * on the way nobody knows whether it happened.
 */
export async function callConnector(call: ConnectorCall, means: CallMeans): Promise<CallOutcome> {
  const url = addressOf(call, means.mayTalkTo);
  const { attempts } = { ...usualPatience, ...means.patience };
  const { now = Date.now, sleep = pause } = means;
  const time = timeOf(call, means);
  let renewed = false;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await sendInTurn(url, call, means, time);
    if (answer.status === 401 && !renewed) {
      // Refused before its time: keys may have been rolled, or the clock is off. A new one is worth one try.
      renewed = true;
      means.tokens.drop();
      continue;
    }
    if (!mayRepeat(answer, call)) return outcomeOf(answer, call);
    const waitMs = waitBefore(attempt, answer, means);
    if (attempt >= attempts || now() + waitMs >= time.deadline) {
      throw new PlgateError(`the Bot Connector is busy: ${describe(answer)}`, { retryable: true });
    }
    await sleep(waitMs);
  }
}

function mayRepeat({ status }: Answer, { method }: ConnectorCall): boolean {
  return passing.includes(status) && !(method === "POST" && doubtful.includes(status));
}

/** What is left of a call's time. */
type CallTime = { deadline: number; waitMs: number; readonly timeoutMs: number };

function timeOf(call: ConnectorCall, { patience, now = Date.now }: CallMeans): CallTime {
  const { budgetMs, timeoutMs } = { ...usualPatience, ...patience };
  return { deadline: now() + budgetMs, waitMs: call.waitMs ?? usualWaitMs, timeoutMs };
}

async function sendInTurn(url: URL, call: ConnectorCall, means: CallMeans, time: CallTime): Promise<Answer> {
  const { now = Date.now } = means;
  const asked = now();
  const end = await means.pacer?.turn(call.place, time.waitMs);
  const waited = now() - asked;
  time.waitMs -= waited;
  time.deadline += waited;
  let ending: Ending = { kind: "answered" };
  try {
    const left = Math.max(1, Math.min(time.timeoutMs, time.deadline - now()));
    const answer = await send(url, call, await means.tokens.token(), left);
    if (answer.status === 429) {
      ending = { kind: "throttled", retryAfterMs: retryAfterMs(answer.retryAfter, now()) };
    }
    return answer;
  } finally {
    end?.(ending);
  }
}

function addressOf({ serviceUrl, path }: ConnectorCall, mayTalkTo: ConnectorHosts): URL {
  const url = URL.parse(`${serviceUrl.replace(/\/+$/, "")}/${path}`);
  if (url && mayTalkTo(url)) return url;
  throw new PlgateError(`${url?.origin ?? "the service address"} is not an address of the Bot Connector`, {
    retryable: false,
  });
}

async function send(url: URL, { method, body }: ConnectorCall, token: string, timeoutMs: number): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: response.status,
      retryAfter: response.headers.get("retry-after"),
      body: parsed(await textOf(response, method === "GET" ? longestList : longestAnswer)),
    };
  } catch (cause) {
    throw new PlgateError(`the Bot Connector at ${url.origin} cannot be reached`, { retryable: true, cause });
  }
}

/** Reads no more than an honest answer could be. */
async function textOf(response: Response, longest: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > longest) return "";
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Gateways answer in HTML; the status says enough then.
    return undefined;
  }
}

function outcomeOf(answer: Answer, call: ConnectorCall): CallOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: "done", body: answer.body };
  if (status === 403) return { kind: "forbidden", why: describe(answer) };
  const what = status === 404 ? missing.get(codeOf(answer.body) ?? "") : undefined;
  if (what) return { kind: "not-found", what };
  const retryable = status === 401 || status === 408 || status >= 500;
  throw new PlgateError(`the Bot Connector refused ${call.method}: ${describe(answer)}`, { retryable });
}

const missing: ReadonlyMap<string, "conversation" | "activity"> = new Map([
  ["ConversationNotFound", "conversation"],
  ["ActivityNotFoundInConversation", "activity"],
]);

const failure = z.object({ error: z.object({ code: z.string().max(100) }) });

function codeOf(body: unknown): string | undefined {
  return failure.safeParse(body).data?.error.code;
}

function describe(answer: Answer): string {
  return [answer.status, codeOf(answer.body)].filter(Boolean).join(" ");
}

/** What the answer asks for, else longer with each attempt; never the same for two callers. */
function waitBefore(
  attempt: number,
  { status, retryAfter }: Answer,
  { now = Date.now, random = Math.random, pacer }: CallMeans,
): number {
  // The whole channel rests then, and the next turn is after that.
  if (pacer && status === 429) return 0;
  const asked = retryAfterMs(retryAfter, now());
  if (asked !== undefined) return asked + random() * firstWaitMs;
  const most = Math.min(longestWaitMs, firstWaitMs * 2 ** (attempt - 1));
  return most / 2 + (random() * most) / 2;
}

function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,6}$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}
