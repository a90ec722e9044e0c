import { setTimeout as pause } from "node:timers/promises";
import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import * as z from "zod";
import { messageOf, PlgateError } from "../runtime/errors.ts";

/** The client of Resource Graph, made on first use. It must not retry by itself: waiting is decided here. */
export type Graph = () => Promise<Pick<ResourceGraphClient, "resources">>;

type Headers = { get(name: string): string | undefined };
type Sleep = (ms: number) => Promise<unknown>;
type Page = { readonly rows: readonly unknown[]; readonly skipToken: string | undefined };
type Cursor = { readonly query: string; readonly subscriptions: readonly string[]; skipToken: string | undefined };

const callMs = 30_000;
const pageSize = 1000;
/** A query names at most so many subscriptions. */
const subscriptionsInQuery = 1000;
const firstPauseMs = 1_000;
const triesAtMost = 3;
const unknownQuotaMs = 5_000;

/**
 * Reads answers of Resource Graph page by page, at the pace that its quota allows.
 *
 * The quota is the identity's own, some queries in some seconds, told by each answer (`x-ms-user-quota-remaining`,
 * `x-ms-user-quota-resets-after`); whoever asks beyond it gets a 429. So nothing is asked before the time that the last answer
 * named, by any reader of this process. An answer larger than Resource Graph gives (16 MiB) is asked for in smaller pages.
 */
export class GraphPages {
  readonly #graph: Graph;
  readonly #now: () => number;
  readonly #sleep: Sleep;
  #freeAt = 0;
  #size = pageSize;

  constructor(graph: Graph, now: () => number = () => Date.now(), sleep: Sleep = pause) {
    this.#graph = graph;
    this.#now = now;
    this.#sleep = sleep;
  }

  /** The rows of each page. Throws when a page cannot be had until `deadline` (milliseconds since 1970). */
  async *pages(
    query: string,
    subscriptions: readonly string[],
    deadline: number,
  ): AsyncGenerator<readonly unknown[], void, undefined> {
    for (let at = 0; at < subscriptions.length; at += subscriptionsInQuery) {
      const part = subscriptions.slice(at, at + subscriptionsInQuery);
      const cursor: Cursor = { query, subscriptions: part, skipToken: undefined };
      do {
        const { rows, skipToken } = await this.#patiently(cursor, deadline);
        yield rows;
        cursor.skipToken = skipToken;
      } while (cursor.skipToken !== undefined);
    }
  }

  async #patiently(cursor: Cursor, deadline: number): Promise<Page> {
    for (let failures = 0; ; ) {
      await this.#waitUntil(this.#freeAt, deadline);
      try {
        return await this.#ask(cursor);
      } catch (error) {
        if (this.#isAnswered(error)) continue;
        failures += 1;
        if (failures >= triesAtMost || isFinal(error)) throw error;
        await this.#waitUntil(this.#now() + firstPauseMs * failures, deadline);
      }
    }
  }

  /** True when the refusal says how to ask so that it is answered: later, or for less. Only the deadline ends that. */
  #isAnswered(error: unknown): boolean {
    if (this.#isQuota(error)) return true;
    if (!isTooLarge(error) || this.#size === 1) return false;
    this.#size = Math.ceil(this.#size / 4);
    return true;
  }

  async #ask({ query, subscriptions, skipToken }: Cursor): Promise<Page> {
    const graph = await this.#graph();
    const answer = await graph.resources(
      {
        query,
        subscriptions: [...subscriptions],
        options: { top: this.#size, resultFormat: "objectArray", ...(skipToken === undefined ? {} : { skipToken }) },
      },
      {
        abortSignal: AbortSignal.timeout(callMs),
        onResponse: ({ headers }) => {
          if (headers.get("x-ms-user-quota-remaining") === "0") this.#keepQuota(headers);
        },
      },
    );
    return { rows: z.array(z.unknown()).parse(answer.data), skipToken: answer.skipToken ?? undefined };
  }

  #isQuota(error: unknown): boolean {
    if (Reflect.get(Object(error), "statusCode") !== 429) return false;
    const headers: unknown = Reflect.get(Object(Reflect.get(Object(error), "response")), "headers");
    this.#keepQuota(isHeaders(headers) ? headers : undefined);
    return true;
  }

  #keepQuota(headers: Headers | undefined): void {
    const named = [secondsIn(headers?.get("x-ms-user-quota-resets-after")), Number(headers?.get("retry-after")) || 0];
    const waitMs = Math.max(...named) * 1000 || unknownQuotaMs;
    this.#freeAt = Math.max(this.#freeAt, this.#now() + waitMs);
  }

  async #waitUntil(time: number, deadline: number): Promise<void> {
    const ms = time - this.#now();
    if (time > deadline || this.#now() > deadline) {
      throw new PlgateError("the quota of Resource Graph, or time, is used up", { retryable: true });
    }
    if (ms > 0) await this.#sleep(ms);
  }
}

/** `hh:mm:ss` as seconds; 0 when it is not of that form. */
function secondsIn(text: string | undefined): number {
  const [, hours = 0, minutes = 0, seconds = 0] = /^(\d+):(\d\d):(\d\d)/.exec(text ?? "") ?? [];
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

// The code of too large an answer stands inside the body, one or two levels deep.
function isTooLarge(error: unknown): boolean {
  const body: unknown = Reflect.get(Object(Reflect.get(Object(error), "response")), "bodyAsText");
  return /ResponsePayloadTooLarge/.test(`${messageOf(error)} ${typeof body === "string" ? body : ""}`);
}

/** Asking again brings the same answer. */
function isFinal(error: unknown): boolean {
  const status: unknown = Reflect.get(Object(error), "statusCode");
  return typeof status === "number" && status >= 400 && status < 500 && status !== 408;
}

function isHeaders(value: unknown): value is Headers {
  return typeof value === "object" && value !== null && "get" in value && typeof value.get === "function";
}
