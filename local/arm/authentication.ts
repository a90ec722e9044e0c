import { type ArmError, subscriptionNotFound } from "./arm-error.ts";
import { keyOf } from "./resource-ids.ts";
import type { Subscription } from "./resources.ts";
import { isRecord } from "./shape.ts";
import { unauthenticated } from "./subscriptions.ts";
import type { Caller, World } from "./world.ts";

export type VerifyToken = (jwt: string) => Promise<Caller>;

export type Unverified = {
  readonly method: string;
  readonly segments: readonly string[];
  readonly authorization: string | undefined;
};

/** Who calls, or ARM's 401 with the hint to the subscription's tenant. */
export async function authenticate(request: Unverified, verifyToken: VerifyToken, world: World): Promise<Caller> {
  const jwt = /^Bearer +(\S+)$/i.exec(request.authorization ?? "")?.[1];
  if (jwt === undefined) throw missingToken(request, world);
  try {
    return await verifyToken(jwt);
  } catch {
    // The verifier's reason stays here: ARM tells a stranger no more than whether the token is too old.
    throw refusedToken(request, jwt, world);
  }
}

function missingToken(request: Unverified, world: World): ArmError {
  const subscription = subscriptionOf(request, world);
  const [, id] = request.segments;
  const asksForSubscription = request.method === "GET" && request.segments.length === 2 && isInSubscription(request);
  if (asksForSubscription && id !== undefined && !subscription) return subscriptionNotFound(id);
  const message = "Authentication failed. The 'Authorization' header is missing or is not a bearer token.";
  return unauthenticated(subscription, authority(world), { code: "AuthenticationFailed", message });
}

function refusedToken(request: Unverified, jwt: string, world: World): ArmError {
  const expired = expiryOf(jwt) * 1000 <= world.now().getTime();
  const problem = expired
    ? ({ code: "ExpiredAuthenticationToken", message: "The access token is expired." } as const)
    : ({ code: "AuthenticationFailed", message: "Authentication failed. The access token is invalid." } as const);
  return unauthenticated(subscriptionOf(request, world), authority(world), problem);
}

function subscriptionOf(request: Unverified, world: World): Subscription | undefined {
  return isInSubscription(request) ? world.store.subscriptions.get(request.segments[1] ?? "") : undefined;
}

function isInSubscription({ segments }: Unverified): boolean {
  return keyOf(segments[0] ?? "") === "subscriptions";
}

function authority(world: World): string {
  return world.settings()["tenantHint.authority"];
}

/** The expiry that a token claims, in seconds since 1970. Only picks the words of a refusal, so it needs no proof. */
function expiryOf(jwt: string): number {
  const payload = jwt.split(".")[1] ?? "";
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isRecord(claims) && typeof claims["exp"] === "number" ? claims["exp"] : Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
