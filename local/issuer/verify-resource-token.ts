import { createLocalJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { issuerV1 } from "./claims.ts";
import type { Tenant } from "./directory.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Who calls a Microsoft resource, as its verified token says. */
export type Caller = {
  readonly objectId: string;
  readonly tenantId: string;
  readonly appId?: string;
  /** Application permissions. */
  readonly roles: readonly string[];
};

/** A token that a resource must not accept. ARM answers the two reasons with different codes (local-azure.md B.4). */
export class TokenRefused extends Error {
  override readonly name = "TokenRefused";
  readonly reason: "expired" | "invalid";
  constructor(reason: "expired" | "invalid", options: ErrorOptions) {
    super(reason === "expired" ? "the token has expired" : "the token is not valid here", options);
    this.reason = reason;
  }
}

export type VerifyContext = {
  readonly keys: SigningKeys;
  readonly tenants: readonly Tenant[];
  readonly authority: string;
  readonly now: () => Date;
};

/**
 * The caller behind a token for one resource: signature, RS256, issuer, audience and times are checked.
 * Throws `TokenRefused`.
 */
export async function verifyResourceToken(token: string, audience: string, context: VerifyContext): Promise<Caller> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [...context.keys.published()] }), {
      algorithms: ["RS256"],
      // Both spellings are in use: clients ask for the resource with and without its last slash.
      audience: [audience, `${audience}/`],
      issuer: context.tenants.map((tenant) => issuerV1(context.authority, tenant.id)),
      requiredClaims: ["exp", "nbf", "oid", "tid"],
      currentDate: context.now(),
    });
    return callerOf(payload);
  } catch (cause) {
    throw new TokenRefused(cause instanceof errors.JWTExpired ? "expired" : "invalid", { cause });
  }
}

function callerOf(payload: JWTPayload): Caller {
  const { oid, tid, appid, roles } = payload;
  if (typeof oid !== "string" || typeof tid !== "string") throw new Error("oid and tid must be strings");
  return {
    objectId: oid,
    tenantId: tid,
    ...(typeof appid === "string" ? { appId: appid } : {}),
    roles: Array.isArray(roles) ? roles.map(String) : [],
  };
}
