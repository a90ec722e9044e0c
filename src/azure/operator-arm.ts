import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TokenCredential } from "@azure/identity";
import { messageOf, PlgateError } from "../runtime/errors.ts";

/** What came of a read. Only a fault of ours is thrown: whoever examines works on with what could be read. */
export type Reading<T = unknown> =
  | { readonly kind: "read"; readonly value: T }
  /** The operator may not read it; `detail` is the service's own reason. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "absent" }
  /** It did not answer, or not in a form that can be read. */
  | { readonly kind: "failed"; readonly detail: string };

export type ReadOptions = { readonly query?: Readonly<Record<string, string>>; readonly body?: object };

/** Reads one REST service of Azure (Resource Manager, Graph) as the operator. Paths begin with a slash. */
export type ResourceReader = {
  /** One resource. With a body it is a POST, for the few reads that are made so (Resource Graph). */
  readonly one: (path: string, options?: ReadOptions) => Promise<Reading>;
  /** A list, all pages of it: the members of `value`. */
  readonly all: (path: string, options?: ReadOptions) => Promise<Reading<readonly unknown[]>>;
};

export type ReaderOptions = {
  /** Origin of the service, for example `https://management.azure.com`. */
  readonly origin: string;
  readonly token: () => Promise<string>;
  /** For one call; 10 s when left out. */
  readonly timeoutMs?: number;
  /** Ends every call, also those that wait for their turn. */
  readonly until?: AbortSignal;
};

const patienceMs = 10_000;
const atOnce = 6;
const pagesAtMost = 20;
const longestAnswer = 8 * 1024 * 1024;

/**
 * A reader over plain requests: what an operator's command asks is a dozen of types of resources, each once, and the client
 * libraries for them are larger than the rest of plgate. Nothing is ever written, no redirect is followed, and a link to a
 * next page is followed on the same origin only, because the token goes there.
 */
export function resourceReader(options: ReaderOptions): ResourceReader {
  const turn = turns(atOnce);
  const one = (address: URL, body?: object) => turn(() => read(address, options, body));
  return {
    one: (path, { query = {}, body } = {}) => one(addressOf(path, options.origin, query), body),
    all: (path, { query = {} } = {}) => allPages(addressOf(path, options.origin, query), options, (at) => one(at)),
  };
}

async function allPages(
  first: URL,
  { origin }: ReaderOptions,
  one: (address: URL) => Promise<Reading>,
): Promise<Reading<readonly unknown[]>> {
  const found: unknown[] = [];
  let next: URL | null = first;
  for (let page = 0; page < pagesAtMost; page += 1) {
    const reading: Reading = await one(next);
    if (reading.kind !== "read") return reading;
    const value = memberOf(reading.value, "value");
    if (!Array.isArray(value)) return { kind: "failed", detail: "the answer is no list" };
    found.push(...value);
    next = nextIn(reading.value);
    if (next === null) return { kind: "read", value: found };
    if (next.origin !== new URL(origin).origin) return { kind: "failed", detail: "the next page lies elsewhere" };
  }
  return { kind: "failed", detail: `the list has more than ${pagesAtMost} pages` };
}

function nextIn(page: unknown): URL | null {
  const link = memberOf(page, "nextLink") ?? memberOf(page, "@odata.nextLink");
  return typeof link === "string" && link !== "" ? URL.parse(link) : null;
}

async function read(address: URL, options: ReaderOptions, body: object | undefined): Promise<Reading> {
  const { timeoutMs = patienceMs, until } = options;
  try {
    const token = await options.token();
    const own = AbortSignal.timeout(timeoutMs);
    const response = await fetch(address, {
      method: body ? "POST" : "GET",
      headers: {
        authorization: `Bearer ${token}`,
        accept: "application/json",
        ...(body ? { "content-type": "application/json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      redirect: "manual",
      signal: until ? AbortSignal.any([own, until]) : own,
    });
    return readingOf(response.status, await response.text());
  } catch (error) {
    // fetch says "fetch failed"; what failed stands below.
    const below = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
    return { kind: "failed", detail: `${address.origin} does not answer: ${below.split("\n", 1)[0]}` };
  }
}

function readingOf(status: number, text: string): Reading {
  const body = text.length > longestAnswer ? undefined : parsed(text);
  if (status === 200 && body !== undefined) return { kind: "read", value: body };
  if (status === 404 || status === 204) return { kind: "absent" };
  const error = memberOf(body, "error");
  const [code, message] = [memberOf(error, "code"), memberOf(error, "message")];
  const said = [code, message].filter((one) => typeof one === "string").join(": ");
  const detail = (said || `HTTP ${status}`).slice(0, 300);
  return status === 401 || status === 403 ? { kind: "refused", detail } : { kind: "failed", detail };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a gateway: its status says enough.
    return undefined;
  }
}

function addressOf(path: string, origin: string, query: Readonly<Record<string, string>>): URL {
  const address = new URL(`${origin.replace(/\/+$/, "")}${path}`);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address;
}

/** Lets so many run at once; the others wait in the order in which they came. */
function turns(most: number): <T>(act: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (act) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await act();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/**
 * Tokens of the operator for one scope, fetched once for a command.
 * Throws when nobody is signed in, so that this is said once and not for each thing that is looked at.
 */
export async function operatorTokens(credential: TokenCredential, scope: string): Promise<() => Promise<string>> {
  try {
    const issued = await credential.getToken(scope, { abortSignal: AbortSignal.timeout(30_000) });
    if (!issued) throw new Error("there is no token");
    return async () => issued.token;
  } catch (cause) {
    const why = messageOf(cause).trim().split("\n", 1)[0];
    throw new PlgateError(`nobody is signed in to Azure here: ${why}`, { retryable: false, cause });
  }
}

/** Reads a document that anybody may read, such as the keys of a token issuer. */
export async function readPublic(address: string): Promise<Reading> {
  try {
    const signal = AbortSignal.timeout(patienceMs);
    const response = await fetch(address, { headers: { accept: "application/json" }, redirect: "manual", signal });
    return readingOf(response.status, await response.text());
  } catch (error) {
    const below = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
    return { kind: "failed", detail: `${new URL(address).origin} does not answer: ${below}` };
  }
}

/** Lets this process trust one more authority: that of the local stack, whose services have certificates of their own. */
export function trustAlso(caPem: string): void {
  setDefaultCACertificates([...getCACertificates("default"), caPem]);
}
