import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import * as z from "zod";
import { PlgateError } from "../runtime/errors.ts";
import type { ConnectorHosts } from "./connector-hosts.ts";

export type BotTrust = {
  readonly appId: string;
  readonly tenantId: string;
  readonly mayTalkTo: ConnectorHosts;
  readonly issuer: string;
  readonly jwksUri: string;
};

/** Checks 1 to 10 of teams.md 3, by the order in which they are made; the name of a failed one is for the log alone. */
export type BotCheck =
  | "token and body"
  | "signature"
  | "issuer"
  | "audience"
  | "lifetime"
  | "serviceurl claim"
  | "allowed host"
  | "channel"
  | "tenant"
  | "recipient";

type BotVerdict =
  /** Teams sent this. `body` is parsed JSON and nothing more. */
  | { readonly kind: "trusted"; readonly body: unknown }
  /** 401: not from the Bot Connector. 403: from it, but not for us. Neither answer says why. */
  | { readonly kind: "refused"; readonly status: 401 | 403; readonly check: BotCheck };

export type BotVerifier = (authorization: string | null, body: string) => Promise<BotVerdict>;

const longestBody = 256 * 1024;
const toleranceSeconds = 300;

const envelope = z.object({
  serviceUrl: z.url(),
  channelId: z.string().nullish(),
  recipient: z.object({ id: z.string().nullish() }).nullish(),
  conversation: z.object({ tenantId: z.string().nullish() }).nullish(),
  channelData: z.object({ tenant: z.object({ id: z.string().nullish() }).nullish() }).nullish(),
});

type Envelope = z.infer<typeof envelope>;
type Keys = JWTVerifyGetKey;

/**
 * Decides whether a request came from Teams, for our bot, from our tenant (teams.md 3, inbound).
 *
 * Build it once per process: the cache of the Bot Connector's keys lives in it. Which conversation a click may come from is
 * `belongsTo`'s matter. Throws a retryable PlgateError when the keys cannot be read: then nobody can tell.
 */
export function botVerifier(trust: BotTrust): BotVerifier {
  const published = createRemoteJWKSet(new URL(trust.jwksUri), { cooldownDuration: 30_000, cacheMaxAge: 86_400_000 });
  // The Bot Connector names the key of each token; without a name any published key would do.
  const keys: Keys = async (header, token) => {
    if (!header?.kid) throw new errors.JWKSNoMatchingKey();
    return published(header, token);
  };
  return async (authorization, text) => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    const body = readBody(text);
    const parsed = envelope.safeParse(body);
    if (!token || !parsed.success) return { kind: "refused", status: 401, check: "token and body" };

    const doubt = await doubtAbout(token, parsed.data, keys, trust);
    if (doubt) return { kind: "refused", status: 401, check: doubt };
    const foreign = notForUs(parsed.data, trust);
    return foreign ? { kind: "refused", status: 403, check: foreign } : { kind: "trusted", body };
  };
}

async function doubtAbout(
  token: string,
  activity: Envelope,
  keys: Keys,
  trust: BotTrust,
): Promise<BotCheck | undefined> {
  const claims = await claimsOf(token, keys, trust);
  if (typeof claims === "string") return claims;
  const address = new URL(activity.serviceUrl);
  if (claimedOrigin(claims) !== address.origin) return "serviceurl claim";
  return trust.mayTalkTo(address) ? undefined : "allowed host";
}

function readBody(text: string): unknown {
  if (text.length > longestBody) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON is an answer of its own: `undefined` passes no schema.
    return undefined;
  }
}

async function claimsOf(token: string, keys: Keys, { appId, issuer }: BotTrust): Promise<JWTPayload | BotCheck> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer,
      audience: appId,
      clockTolerance: toleranceSeconds,
      requiredClaims: ["exp"],
    });
    return payload;
  } catch (error) {
    return failedCheck(error);
  }
}

function failedCheck(error: unknown): BotCheck {
  if (error instanceof errors.JWTExpired) return "lifetime";
  if (error instanceof errors.JWTClaimValidationFailed) return checkOfClaim(error.claim);
  if (isAboutKeys(error)) {
    throw new PlgateError("the Bot Connector's keys cannot be read; Teams is not let in", {
      retryable: true,
      cause: error,
    });
  }
  return "signature";
}

function checkOfClaim(claim: string): BotCheck {
  if (claim === "iss") return "issuer";
  return claim === "aud" ? "audience" : "lifetime";
}

/** True for faults on the way to the keys; the token's own faults have classes of their own, below the general one. */
function isAboutKeys(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError)) return true;
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === "ERR_JOSE_GENERIC"
  );
}

function claimedOrigin(claims: JWTPayload): string | undefined {
  const claim = claims["serviceurl"];
  return typeof claim === "string" ? URL.parse(claim)?.origin : undefined;
}

function notForUs(activity: Envelope, { tenantId, appId }: BotTrust): BotCheck | undefined {
  if (activity.channelId !== "msteams") return "channel";
  const named = [activity.channelData?.tenant?.id, activity.conversation?.tenantId].filter((one) => one != null);
  // Both are ours where both are named: whoever speaks of two tenants is not believed for either.
  if (named.length === 0 || named.some((one) => one.toLowerCase() !== tenantId.toLowerCase())) return "tenant";
  return activity.recipient?.id?.toLowerCase() === `28:${appId}`.toLowerCase() ? undefined : "recipient";
}
