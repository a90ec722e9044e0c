import * as z from "zod";
import { messageOf, PlgateError } from "../runtime/errors.ts";

/** Where the bot's own token comes from. What is done with it is the connector's care: only allowed hosts ever see it. */
export interface TokenSource {
  /** A token that is still good for a while. Throws a PlgateError when there is none to be had. */
  token(): Promise<string>;
  /** Forgets the token at hand, after somebody refused it. */
  drop(): void;
}

type Issued = { readonly token: string; readonly expiresAt: number };

/** A credential in the shape of @azure/identity; times are milliseconds since 1970. */
export type Credential = {
  getToken(scope: string): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
};

/** Tokens of a managed identity, or of any other credential: no secret to keep (teams.md 3, outbound). */
export function credentialTokens(credential: Credential, scope: string, now: () => number = Date.now): TokenSource {
  return keptTokens(now, async () => {
    const issued = await credential.getToken(scope).catch((cause: unknown) => {
      const message = `no token for the Bot Connector: ${messageOf(cause)}. Check the identity of the app.`;
      throw new PlgateError(message, { retryable: true, cause });
    });
    if (!issued) throw new PlgateError("no token for the Bot Connector: the credential gave none", { retryable: true });
    return { token: issued.token, expiresAt: issued.expiresOnTimestamp };
  });
}

export type SecretGrant = {
  /** Origin of the authority, for example `https://login.microsoftonline.com`. */
  readonly authority: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  readonly timeoutMs?: number;
};

/** Tokens for a client secret, by the OAuth 2 client credentials grant (teams.md 3, outbound). */
export function secretTokens(grant: SecretGrant, now: () => number = Date.now): TokenSource {
  return keptTokens(now, async () => {
    const { token, lifetimeSeconds } = await postGrant(grant);
    return { token, expiresAt: now() + lifetimeSeconds * 1000 };
  });
}

const mostAheadMs = 5 * 60_000;

/** Keeps a token until shortly before it expires; any number of callers wait for one and the same refresh. */
function keptTokens(now: () => number, fetchToken: () => Promise<Issued>): TokenSource {
  let kept: { readonly token: string; readonly goodUntil: number } | undefined;
  let refresh: Promise<string> | undefined;
  const renew = async () => {
    const askedAt = now();
    const { token, expiresAt } = await fetchToken();
    // A token that lives shorter than the margin would never be kept: then half its life has to do.
    const ahead = Math.min(mostAheadMs, (expiresAt - askedAt) / 2);
    kept = { token, goodUntil: expiresAt - ahead };
    return token;
  };
  return {
    token: async () => {
      if (kept && now() < kept.goodUntil) return kept.token;
      refresh ??= renew().finally(() => {
        refresh = undefined;
      });
      return refresh;
    },
    drop: () => {
      kept = undefined;
    },
  };
}

const granted = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive() });
const refused = z.object({ error: z.string().max(100), error_codes: z.array(z.number()).optional() });

async function postGrant(grant: SecretGrant): Promise<{ readonly token: string; readonly lifetimeSeconds: number }> {
  const { authority, tenantId, clientId, clientSecret, scope, timeoutMs = 10_000 } = grant;
  const url = new URL(`/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`, authority);
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret, scope };
  const response = await fetch(url, {
    method: "POST",
    body: new URLSearchParams(form),
    // The secret goes to the authority that was configured, and nowhere that it points to.
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new PlgateError(`the authority ${url.origin} cannot be reached`, { retryable: true, cause });
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status !== 200) throw refusal(response.status, body, url);
  const parsed = granted.safeParse(body);
  if (!parsed.success) throw new PlgateError(`the authority ${url.origin} gave no token`, { retryable: true });
  return { token: parsed.data.access_token, lifetimeSeconds: parsed.data.expires_in };
}

/** Names the authority's error codes, which operators search for, and not its prose. */
function refusal(status: number, body: unknown, url: URL): PlgateError {
  const { data } = refused.safeParse(body);
  const codes = data?.error_codes?.map((code) => `AADSTS${code}`).join(", ");
  const said = [data?.error, codes].filter(Boolean).join(" ");
  const retryable = status === 408 || status === 429 || status >= 500;
  const hint = retryable ? "" : " Check PLGATE_BOT_APP_ID, PLGATE_BOT_SECRET and PLGATE_TENANT_ID.";
  return new PlgateError(`${url.origin} refused a token for the bot: ${status} ${said}.${hint}`, { retryable });
}
