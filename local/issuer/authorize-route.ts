import { randomBytes } from "node:crypto";
import type { JWTPayload } from "jose";
import type { Answer, Call, Route } from "../exchange.ts";
import { choosePage, postPage, refusalPage } from "./authorize-page.ts";
import { idClaims } from "./claims.ts";
import { type Directory, groupsOf, type Tenant, type User } from "./directory.ts";

type AuthorizeContext = {
  readonly authority: () => string;
  readonly tenants: readonly Tenant[];
  readonly users: readonly User[];
  readonly directory: Directory;
  /** Client id of the only app that people sign in to here. */
  readonly apiAudience: string;
  /** Where sign-ins may lead; asked anew each time, because ports are known late. */
  readonly redirectUris: () => readonly string[];
  readonly now: () => Date;
  readonly sign: (claims: JWTPayload) => Promise<{ readonly token: string }>;
};

/** What the app asked for, once it was checked. */
type Question = {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly prompt: string;
  readonly maxAge: number | undefined;
};

type SignedIn = { readonly user: User; readonly at: Date };

const cookieName = "plgate-local-issuer";

/**
 * `GET /{tenant}/oauth2/v2.0/authorize` for `response_type=id_token` by `form_post`: asks who it is, or goes by the browser's
 * own session unless `prompt=login` or `max_age` forbid it, and sends an ID token with `auth_time` (local-azure.md F).
 * `POST` of the same address is the answer of our own page. Sessions live as long as the process. Error numbers are Entra's,
 * from memory [K]; that a redirect goes to a registered address only, and to loopback only, is the point of it.
 */
export function authorizeRoute(context: AuthorizeContext): Route {
  const sessions = new Map<string, SignedIn>();
  return (call) => {
    const tenantId = /^\/([^/]+)\/oauth2\/v2\.0\/authorize$/.exec(call.path)?.[1];
    if (!tenantId || !["GET", "POST"].includes(call.method)) return undefined;
    const question = questionIn(call.query, tenantId, context);
    if (typeof question === "string") return page(400, refusalPage(question));
    return call.method === "POST"
      ? chosen(call, tenantId, question, sessions, context)
      : asked(call, tenantId, question, sessions.get(cookieIn(call) ?? ""), context);
  };
}

async function asked(
  call: Call,
  tenantId: string,
  question: Question,
  known: SignedIn | undefined,
  context: AuthorizeContext,
): Promise<Answer> {
  if (known?.user.tenantId === tenantId && mayGoOn(known, question, context.now())) {
    return tokenPage(known, question, context);
  }
  if (question.prompt === "none") return errorPage(question, "login_required");
  const people = context.users.filter((user) => user.tenantId === tenantId);
  return page(200, choosePage(`${call.path}?${call.query}`, people));
}

function questionIn(query: URLSearchParams, tenantId: string, context: AuthorizeContext): Question | string {
  const wish = (name: string) => query.get(name) ?? "";
  if (!context.tenants.some(({ id }) => id === tenantId)) return `AADSTS90002: Tenant '${tenantId}' not found.`;
  if (wish("client_id") !== context.apiAudience) return "AADSTS700016: Application was not found in the directory.";
  const redirectUri = wish("redirect_uri");
  if (!isLoopback(redirectUri) || !context.redirectUris().includes(redirectUri)) {
    return "AADSTS50011: The redirect URI does not match those configured for the application.";
  }
  if (wish("response_type") !== "id_token" || wish("response_mode") !== "form_post") {
    return "AADSTS70005: Only response_type 'id_token' by response_mode 'form_post' is served here.";
  }
  if (!wish("scope").split(" ").includes("openid")) return "AADSTS900144: The scope must hold 'openid'.";
  if (!wish("nonce")) return "AADSTS900144: The request must hold 'nonce'.";
  const maxAge = query.has("max_age") ? Number(wish("max_age")) : undefined;
  return { redirectUri, state: wish("state"), nonce: wish("nonce"), prompt: wish("prompt"), maxAge };
}

function isLoopback(address: string): boolean {
  return URL.canParse(address) && ["127.0.0.1", "localhost", "[::1]"].includes(new URL(address).hostname);
}

function mayGoOn({ at }: SignedIn, { prompt, maxAge }: Question, now: Date): boolean {
  if (prompt === "login" || prompt === "select_account") return false;
  return maxAge === undefined || now.getTime() - at.getTime() < maxAge * 1000;
}

async function chosen(
  call: Call,
  tenantId: string,
  question: Question,
  sessions: Map<string, SignedIn>,
  context: AuthorizeContext,
): Promise<Answer> {
  const name = new URLSearchParams(call.body).get("user");
  const user = context.users.find((one) => one.name === name && one.tenantId === tenantId);
  if (!user) return page(400, refusalPage("AADSTS50034: There is no such person in this tenant."));
  const session = randomBytes(32).toString("base64url");
  const signedIn = { user, at: context.now() };
  sessions.set(session, signedIn);
  const cookie = `${cookieName}=${session}; Path=/; Secure; HttpOnly; SameSite=Lax`;
  return tokenPage(signedIn, question, context, cookie);
}

async function tokenPage(
  { user, at }: SignedIn,
  { redirectUri, nonce, state }: Question,
  { authority, apiAudience: audience, directory, sign }: AuthorizeContext,
  cookie?: string,
): Promise<Answer> {
  const groups = [...groupsOf(directory, user.objectId)];
  const { token } = await sign(idClaims(user, { authority: authority(), audience, groups, nonce, authTime: at }));
  return page(200, postPage(redirectUri, { id_token: token, state }), cookie);
}

function errorPage({ redirectUri, state }: Question, error: string): Answer {
  return page(200, postPage(redirectUri, { error, error_description: `AADSTS50058: ${error}`, state }));
}

function cookieIn({ headers }: Call): string | undefined {
  return new RegExp(`(?:^|; )${cookieName}=([\\w-]+)`).exec(headers.cookie ?? "")?.[1];
}

function page(status: number, body: string, cookie?: string): Answer {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return { status, headers: cookie ? { ...headers, "set-cookie": cookie } : headers, body };
}
