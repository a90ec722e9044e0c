import { createHash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { App, User } from "./directory.ts";

/** Claims to set on a minted token whatever the rules say; `undefined` takes one away. For tests that need a bad token. */
export type ClaimOverrides = Readonly<Record<string, unknown>>;

export type Validity = { readonly issuedAt: Date; readonly lifetimeSeconds: number };

export const armAudience = "https://management.azure.com";
export const eventGridResource = "https://eventgrid.azure.net";
export const botFrameworkResource = "https://api.botframework.com";
export const graphResource = "https://graph.microsoft.com";
/** Exactly what the Bot Connector signs with, also for single-tenant bots (teams.md section 3). */
export const botChannelIssuer = "https://api.botframework.com";

// The public client that `az login` uses; any client's id would do here.
const azureCliAppId = "04b07795-8ddb-461a-bbee-02f9e1bf7b46";
/** Above this many groups Entra leaves the claim out and says where to ask instead. */
const mostGroupsInToken = 200;

export function issuerV2(authority: string, tenantId: string): string {
  return `${authority}/${tenantId}/v2.0`;
}

/** Tokens for ARM, Graph and the Bot Connector still come in the older form, whose issuer has no version at its end. */
export function issuerV1(authority: string, tenantId: string): string {
  return `${authority}/${tenantId}/`;
}

/** A person who signed in to plgate (local-azure.md section F). */
export function userClaims(
  user: User,
  given: {
    readonly authority: string;
    readonly tenantId: string;
    readonly audience: string;
    readonly roles: readonly string[];
    readonly groups: readonly string[];
  },
): JWTPayload {
  return {
    iss: issuerV2(given.authority, given.tenantId),
    aud: given.audience,
    tid: given.tenantId,
    oid: user.objectId,
    sub: createHash("sha256").update(`${user.objectId}|${given.audience}`).digest("base64url"),
    name: user.displayName,
    preferred_username: user.userPrincipalName,
    azp: azureCliAppId,
    scp: "access_as_user",
    ver: "2.0",
    ...(given.roles.length > 0 ? { roles: [...given.roles] } : {}),
    ...groupClaims(user, given.groups),
  };
}

/** A person who signed in with a browser: an ID token with the optional claims that infra/entra-app.json asks for. */
export function idClaims(
  user: User,
  given: {
    readonly authority: string;
    readonly audience: string;
    readonly groups: readonly string[];
    readonly nonce: string;
    readonly authTime: Date;
  },
): JWTPayload {
  const {
    azp: _,
    scp: __,
    ...claims
  } = userClaims(user, {
    ...given,
    tenantId: user.tenantId,
    roles: user.roles ?? [],
  });
  return { ...claims, nonce: given.nonce, auth_time: Math.floor(given.authTime.getTime() / 1000), acct: 0 };
}

function groupClaims(user: User, groups: readonly string[]): JWTPayload {
  if (groups.length === 0) return {};
  if (groups.length <= mostGroupsInToken) return { groups: [...groups] };
  const endpoint = `${graphResource}/v1.0/users/${user.objectId}/getMemberObjects`;
  return { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint } } };
}

/** An app that calls plgate's API on its own behalf. */
export function apiAppClaims(app: App, authority: string, audience: string): JWTPayload {
  return {
    iss: issuerV2(authority, app.tenantId),
    aud: audience,
    tid: app.tenantId,
    oid: app.objectId,
    sub: app.objectId,
    azp: app.appId,
    ver: "2.0",
    ...(app.apiRoles ? { roles: [...app.apiRoles] } : {}),
  };
}

/** An app or managed identity at one of Microsoft's resources. */
export function resourceClaims(app: App, authority: string, resource: string): JWTPayload {
  const permissions = resource === graphResource ? app.graphPermissions : undefined;
  return {
    ...principalClaims(app, authority, resource),
    idtyp: "app",
    ...(app.managedIdentity ? { xms_mirid: app.managedIdentity.resourceId } : {}),
    ...(permissions ? { roles: [...permissions] } : {}),
  };
}

export type Principal = { readonly objectId: string; readonly tenantId: string; readonly appId?: string };

/** Anybody, by object id, at one of Microsoft's resources. */
export function principalClaims(principal: Principal, authority: string, resource: string): JWTPayload {
  return {
    iss: issuerV1(authority, principal.tenantId),
    aud: resource,
    tid: principal.tenantId,
    oid: principal.objectId,
    sub: principal.objectId,
    ver: "1.0",
    ...(principal.appId ? { appid: principal.appId } : {}),
  };
}

/** What the Bot Connector says to a bot. */
export function channelClaims(serviceUrl: string, audience: string): JWTPayload {
  return { iss: botChannelIssuer, aud: audience, serviceurl: serviceUrl };
}

/** Puts times on claims, then the overrides. */
export function finished(claims: JWTPayload, validity: Validity, overrides: ClaimOverrides = {}): JWTPayload {
  const issuedAt = Math.floor(validity.issuedAt.getTime() / 1000);
  const timed = { ...claims, iat: issuedAt, nbf: issuedAt, exp: issuedAt + validity.lifetimeSeconds };
  const all = Object.entries({ ...timed, ...overrides });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}
