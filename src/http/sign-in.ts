import { isSame } from "../console/anti-forgery.ts";
import { returnPath } from "../console/return-path.ts";
import { type Caller, type CheckedToken, type CheckToken, tokenChecker } from "./caller.ts";
import { type Cookie, readCookies } from "./cookies.ts";
import { sessionCookies, sessionIn } from "./session.ts";

/*
 * Sign-in of people with a browser: OpenID Connect with `id_token` and `form_post`, without a secret. What comes back is
 * believed when Entra signed it for us, and when this browser began the very sign-in that it ends.
 */

export type SignInSettings = {
  /** Https, or http on this machine. */
  readonly publicUrl: string;
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
};

export type Person = {
  readonly caller: Caller;
  /** The token itself: key of the tokens in forms. */
  readonly session: string;
  /** When the person proved who they are; undefined when the token does not say. */
  readonly signedInAt: Date | undefined;
  readonly isGuest: boolean;
};

export type Session =
  | { readonly kind: "signed-in"; readonly person: Person }
  | { readonly kind: "nobody"; readonly why: string }
  /** The keys cannot be read: it is not known who this is. */
  | { readonly kind: "unknown"; readonly why: string };

type Refused = Exclude<Finished, { readonly kind: "signed-in" }>;

export type Finished =
  | { readonly kind: "signed-in"; readonly to: string; readonly cookies: readonly Cookie[] }
  /** `code` is Entra's word for what went wrong, if it looks like one. `request` leads back. */
  | {
      readonly kind: "failed" | "lost" | "too-large" | "unknown";
      readonly code: string | undefined;
      readonly why: string;
      readonly request: string | undefined;
    };

export type SignIn = {
  readonly origin: string;
  readonly publicUrl: string;
  /** Where to send the browser, and the cookie that ties the answer to it; undefined when `request` is no request id. */
  begin(
    request: string | null,
    fresh: boolean,
    cookieHeader: string | null,
  ): { readonly to: string; readonly cookie: Cookie } | undefined;
  finish(form: URLSearchParams, cookieHeader: string | null): Promise<Finished>;
  session(cookieHeader: string | null): Promise<Session>;
};

const patienceSeconds = 600;
/** So many tabs may sign in at once; each has its own cookie. */
const slots = [0, 1, 2, 3] as const;

/** The sign-in of this app. Build it once per process: it caches the keys. */
export function signIn(settings: SignInSettings): SignIn {
  const { publicUrl, authority, tenantId, clientId } = settings;
  const check = tokenChecker({
    issuer: `${authority}/${tenantId}/v2.0`,
    audience: clientId,
    keys: `${authority}/${tenantId}/discovery/v2.0/keys`,
    tenantId,
  });
  return {
    origin: new URL(publicUrl).origin,
    publicUrl,
    begin: (request, fresh, cookieHeader) => begin(settings, request, fresh, cookieHeader),
    finish: (form, cookieHeader) => finish(form, cookieHeader, check),
    session: (cookieHeader) => readSession(sessionIn(cookieHeader), check),
  };
}

/** Whether browsers keep cookies of this address at all: they want https, but for this very machine. */
export function isUsableAddress(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname);
}

function begin(
  { publicUrl, authority, tenantId, clientId }: SignInSettings,
  request: string | null,
  fresh: boolean,
  cookieHeader: string | null,
) {
  if (!request || !returnPath(request)) return undefined;
  const cookies = readCookies(cookieHeader);
  const slot = slots.find((one) => !cookies.has(cookieName(one))) ?? 0;
  const [state, nonce] = [`${slot}.${random()}`, random()];
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: "id_token",
    response_mode: "form_post",
    redirect_uri: `${publicUrl}/api/signed-in`,
    scope: "openid profile",
    state,
    nonce,
    // The first makes Entra ask for proof again, the second makes it say when that was.
    ...(fresh ? { prompt: "login", max_age: "0" } : {}),
  });
  const cookie: Cookie = {
    name: cookieName(slot),
    value: `${state}~${nonce}~${request}`,
    maxAgeSeconds: patienceSeconds,
    // What ends the sign-in is a form that comes from Entra's site.
    sameSite: "None",
  };
  return { to: `${authority}/${tenantId}/oauth2/v2.0/authorize?${query}`, cookie };
}

async function finish(form: URLSearchParams, cookieHeader: string | null, check: CheckToken): Promise<Finished> {
  const begun = begunBy(form.get("state") ?? "", cookieHeader);
  if (!begun)
    return {
      kind: "lost",
      why: "no sign-in of this state was begun in this browser",
      code: undefined,
      request: undefined,
    };
  const token = form.get("id_token");
  if (token) return acceptToken(token, begun, check);
  const why = `no token came, but: ${(form.get("error_description") ?? "nothing").slice(0, 200)}`;
  const code = /^[a-z_]{1,40}$/.exec(form.get("error") ?? "")?.[0];
  return { kind: "failed", why, code, request: begun.request };
}

async function acceptToken(token: string, begun: Begun, check: CheckToken): Promise<Finished> {
  const { request } = begun;
  const refuse = (kind: Refused["kind"], why: string): Refused => ({ kind, why, code: undefined, request });
  const checked = await check(token);
  if (!checked.ok) return refuse(checked.status === 503 ? "unknown" : "failed", checked.why);
  const { nonce, exp = 0 } = checked.claims;
  if (typeof nonce !== "string" || !isSame(nonce, begun.nonce)) return refuse("failed", "a token of another sign-in");
  const session = personOf(token, checked);
  if (session.kind !== "signed-in") return refuse("failed", session.why);
  const cookies = sessionCookies(token, Math.max(0, exp - Math.floor(Date.now() / 1000)));
  if (!cookies) return refuse("too-large", `the token has ${token.length} characters`);
  const over: Cookie = { name: begun.cookie, value: "", maxAgeSeconds: 0, sameSite: "None" };
  return { kind: "signed-in", to: begun.to, cookies: [...cookies, over] };
}

type Begun = {
  readonly cookie: Cookie["name"];
  readonly nonce: string;
  readonly request: string;
  readonly to: string;
};

/** What this browser remembers of the sign-in that a state belongs to. */
function begunBy(state: string, cookieHeader: string | null): Begun | undefined {
  const slot = slots.find((one) => state.startsWith(`${one}.`));
  if (slot === undefined) return undefined;
  const cookie = cookieName(slot);
  const [known = "", nonce = "", request = ""] = (readCookies(cookieHeader).get(cookie) ?? "").split("~");
  const to = returnPath(request);
  return to && nonce && isSame(state, known) ? { cookie, nonce, request, to } : undefined;
}

async function readSession(token: string | undefined, check: CheckToken): Promise<Session> {
  if (!token) return { kind: "nobody", why: "no session" };
  const checked = await check(token);
  if (!checked.ok) return { kind: checked.status === 503 ? "unknown" : "nobody", why: checked.why };
  return personOf(token, checked);
}

function personOf(session: string, { caller, claims }: Extract<CheckedToken, { readonly ok: true }>): Session {
  // One audience may serve the API as well: what was made for calling it is no proof of a sign-in.
  if (typeof claims["nonce"] !== "string" || claims["scp"] !== undefined) return { kind: "nobody", why: "no ID token" };
  const at = claims["auth_time"];
  const signedInAt = typeof at === "number" && Number.isFinite(at) ? new Date(at * 1000) : undefined;
  // Entra's optional claim: 0 for members, 1 for guests.
  return { kind: "signed-in", person: { caller, session, signedInAt, isGuest: claims["acct"] === 1 } };
}

function cookieName(slot: number): `__Host-${string}` {
  return `__Host-plgate-in-${slot}`;
}

/** 256 bits that nobody can guess, in letters that cookies and addresses take. */
function random(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}
