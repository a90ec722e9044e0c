import type { TokenCredential } from "@azure/identity";
import * as z from "zod";
import { messageOf, PlgateError } from "../runtime/errors.ts";

/** How the operator shows the API of plgate who they are. */
export type ApiDoor =
  /** A token that they have from elsewhere. */
  | { readonly kind: "token"; readonly token: string }
  /** Whoever is signed in on this machine; `scope` is the API's. */
  | { readonly kind: "signed-in"; readonly authority: string; readonly scope: string }
  /** The issuer of the local stack, which mints what its secret asks for. */
  | {
      readonly kind: "local";
      readonly controlUrl: string;
      readonly controlSecret: string;
      /** One of the stack's people; left out: an operator who is in no group. */
      readonly user?: string;
    };

/** Where the API is; without a door only what it tells anybody. */
export type ApiPlace = {
  readonly url: string;
  readonly door: ApiDoor | undefined;
  /** Ends every call, for a command that has a time of its own. */
  readonly until?: AbortSignal;
};

export type ApiCall = {
  readonly method: "GET" | "POST";
  /** Below the address of the app, for example `/api/health`. */
  readonly path: string;
  readonly body?: object;
  /** Without a token, as a stranger. */
  readonly anonymous?: true;
};

export type ApiAnswer = {
  readonly status: number;
  /** Undefined when it is not JSON. */
  readonly body: unknown;
  /** The clock of whoever answered. */
  readonly date: Date | null;
};

/** The API of a running plgate, for one command. */
export type Api = { readonly call: (call: ApiCall) => Promise<ApiAnswer> };

// A cold start and a test of Teams with its waits are within this.
const patienceMs = 60_000;
const longestAnswer = 4 * 1024 * 1024;

/**
 * Calls the API as the operator. The token is fetched on the first call that needs it, and goes to this address alone: no
 * redirect is followed. Whatever the app answers is a value; what keeps it from answering is thrown as a PlgateError.
 */
export function apiClient({ url, door, until }: ApiPlace, credentialFor: (authority: string) => TokenCredential): Api {
  let token: Promise<string> | undefined;
  const tokenOf = () => {
    token ??= fetchToken(door, credentialFor);
    return token;
  };
  return {
    call: async ({ method, path, body, anonymous }) => {
      const authorization = anonymous ? {} : { authorization: `Bearer ${await tokenOf()}` };
      const json = body === undefined ? {} : { "content-type": "application/json" };
      const init = { method, headers: { ...authorization, ...json }, ...(body ? { body: JSON.stringify(body) } : {}) };
      return answerOf(await reach(`${url}${path}`, { ...init, ...(until ? { signal: until } : {}) }, url));
    },
  };
}

async function reach(address: string, init: RequestInit, name: string): Promise<Response> {
  try {
    const own = AbortSignal.timeout(patienceMs);
    const signal = init.signal ? AbortSignal.any([own, init.signal]) : own;
    return await fetch(address, { ...init, redirect: "manual", signal });
  } catch (cause) {
    // fetch says "fetch failed"; what failed stands below.
    const below = cause instanceof Error && cause.cause ? messageOf(cause.cause) : messageOf(cause);
    throw new PlgateError(`${name} does not answer: ${below}`, { retryable: true, cause });
  }
}

async function answerOf(response: Response): Promise<ApiAnswer> {
  const text = await response.text();
  const said = Date.parse(response.headers.get("date") ?? "");
  return {
    status: response.status,
    body: text.length > longestAnswer ? undefined : parsed(text),
    date: Number.isNaN(said) ? null : new Date(said),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A page of a gateway or of another app: its status says enough.
    return undefined;
  }
}

/** A token of the operator by a door that needs no sign-in on this machine, such as that of the local stack. */
export function apiToken(door: NonNullable<ApiPlace["door"]>): Promise<string> {
  return fetchToken(door, (authority) => {
    throw new PlgateError(`a sign-in at ${authority} has no place here`, { retryable: false });
  });
}

async function fetchToken(
  door: ApiDoor | undefined,
  credentialFor: (authority: string) => TokenCredential,
): Promise<string> {
  switch (door?.kind) {
    case undefined:
      throw new PlgateError("no token was given, and the API's application id is not known", { retryable: false });
    case "token":
      return door.token;
    case "signed-in":
      return signedIn(credentialFor(door.authority), door.scope);
    case "local":
      return minted(door);
  }
}

async function signedIn(credential: TokenCredential, scope: string): Promise<string> {
  try {
    const issued = await credential.getToken(scope, { abortSignal: AbortSignal.timeout(patienceMs) });
    if (issued) return issued.token;
    throw new Error("there is no token");
  } catch (cause) {
    const why = messageOf(cause).trim().replace(/\n\s*/g, "\n  ");
    throw new PlgateError(`nobody who is signed in here gets a token for ${scope}\n  ${why}`, {
      retryable: false,
      cause,
    });
  }
}

const mint = z.object({ token: z.string().min(1) });

/** The local stack has no sign-in: whoever may read its state file may be anybody. */
async function minted({
  controlUrl,
  controlSecret,
  user = "operator",
}: Extract<ApiDoor, { kind: "local" }>): Promise<string> {
  const response = await reach(
    `${controlUrl}/tokens`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${controlSecret}`, "content-type": "application/json" },
      body: JSON.stringify({ user, roles: ["Reader", "Approver", "PolicyAuthor"] }),
    },
    controlUrl,
  );
  const { data } = mint.safeParse((await answerOf(response)).body);
  if (data) return data.token;
  throw new PlgateError(`the token issuer of the local stack refuses: HTTP ${response.status}`, { retryable: false });
}
