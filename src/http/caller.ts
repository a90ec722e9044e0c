import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";

export type Role = "Reader" | "Approver" | "PolicyAuthor";

/** Who calls the API, by a token that was checked. */
export type Caller = {
  readonly objectId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly roles: readonly string[];
  /** Undefined when the token names no groups: then the directory has to be asked. */
  readonly groups: readonly string[] | undefined;
};

export type Trust = {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: string;
  readonly tenantId: string;
};

export type Verified =
  | { readonly ok: true; readonly caller: Caller }
  /** The key server cannot be reached: nobody is let in, and the caller may try again. */
  | { readonly ok: false; readonly status: 401 | 503; readonly why: string };

export type VerifyCaller = (authorization: string | null) => Promise<Verified>;

export type CheckedToken =
  | { readonly ok: true; readonly caller: Caller; readonly claims: JWTPayload }
  | Extract<Verified, { readonly ok: false }>;

export type CheckToken = (token: string) => Promise<CheckedToken>;

/**
 * Checks bearer tokens of Entra: signature (RS256 only), issuer, audience, lifetime, tenant and object id.
 * Build it once per process: it caches the keys. `why` is for the log; the caller learns no more than the status.
 */
export function callerVerifier(trust: Trust): VerifyCaller {
  const check = tokenChecker(trust);
  return async (authorization) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? "")?.[1];
    if (!token) return { ok: false, status: 401, why: "no bearer token" };
    const checked = await check(token);
    if (!checked.ok) return checked;
    // Both kinds may have one audience. What a browser was given to show who it is must not open the API.
    if (checked.claims["nonce"] !== undefined) return { ok: false, status: 401, why: "an ID token" };
    return { ok: true, caller: checked.caller };
  };
}

/** The checks that all tokens of people have to pass, whatever they are for. Caches the keys. */
export function tokenChecker({ issuer, audience, keys, tenantId }: Trust): CheckToken {
  const jwks = createRemoteJWKSet(new URL(keys), {
    cooldownDuration: 30_000,
    cacheMaxAge: 86_400_000,
    timeoutDuration: 5_000,
  });
  const options = {
    algorithms: ["RS256"],
    issuer,
    audience,
    clockTolerance: 60,
    requiredClaims: ["exp", "oid", "tid"],
  };
  return async (token) => {
    try {
      const { payload: claims } = await jwtVerify(token, jwks, options);
      const verified = callerOf(claims, tenantId);
      return verified.ok ? { ...verified, claims } : verified;
    } catch (error) {
      return refusal(error);
    }
  };
}

/** Approver and PolicyAuthor may read what they work on. */
export function hasRole(caller: Caller, role: Role): boolean {
  if (caller.roles.includes(role)) return true;
  return role === "Reader" && (caller.roles.includes("Approver") || caller.roles.includes("PolicyAuthor"));
}

function callerOf(payload: JWTPayload, tenantId: string): Verified {
  const { oid, tid } = payload;
  if (typeof oid !== "string" || typeof tid !== "string") return { ok: false, status: 401, why: "no object id" };
  if (tid.toLowerCase() !== tenantId) return { ok: false, status: 401, why: "another tenant" };
  const name = payload["name"];
  const groups = payload["groups"];
  return {
    ok: true,
    caller: {
      objectId: oid.toLowerCase(),
      tenantId,
      name: typeof name === "string" ? name.slice(0, 200) : oid,
      roles: texts(payload["roles"]),
      groups: Array.isArray(groups) ? texts(groups) : undefined,
    },
  };
}

function refusal(error: unknown): Extract<Verified, { readonly ok: false }> {
  if (error instanceof errors.JOSEError && !isAboutKeys(error)) return { ok: false, status: 401, why: error.code };
  const why = error instanceof Error ? error.message : String(error);
  return { ok: false, status: 503, why: `the keys cannot be read: ${why}` };
}

/** The key server did not answer, or not with keys; an answer that is not 200 has only the library's general code. */
function isAboutKeys(error: errors.JOSEError): boolean {
  return (
    error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid || error.code === "ERR_JOSE_GENERIC"
  );
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
}
