import type { JWK } from "jose";
import { json, type Route } from "../exchange.ts";
import { botChannelIssuer, issuerV2 } from "./claims.ts";
import type { Tenant } from "./directory.ts";

type Published = {
  readonly authority: () => string;
  readonly keys: () => readonly JWK[];
  readonly tenants: readonly Tenant[];
};

/** Discovery and keys of an Entra tenant, and of the Bot Connector channel (local-azure.md section F). */
export function openidRoutes(published: Published): readonly Route[] {
  return [
    (call) => (call.method === "GET" ? (entra(call.path, published) ?? channel(call.path, published)) : undefined),
  ];
}

function entra(path: string, { authority, keys, tenants }: Published) {
  const [, tenantId, rest] =
    /^\/([^/]+)\/(v2\.0\/\.well-known\/openid-configuration|discovery\/v2\.0\/keys)$/.exec(path) ?? [];
  if (!tenantId || !rest) return undefined;
  if (!tenants.some((tenant) => tenant.id === tenantId)) return unknownTenant(tenantId);
  return json(200, rest.endsWith("keys") ? { keys: keys() } : discovery(authority(), tenantId));
}

function discovery(authority: string, tenantId: string) {
  const tenant = `${authority}/${tenantId}`;
  return {
    issuer: issuerV2(authority, tenantId),
    token_endpoint: `${tenant}/oauth2/v2.0/token`,
    authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
    jwks_uri: `${tenant}/discovery/v2.0/keys`,
    response_types_supported: ["id_token"],
    response_modes_supported: ["form_post"],
    subject_types_supported: ["pairwise"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_post"],
    scopes_supported: ["openid", "profile"],
  };
}

function unknownTenant(tenantId: string) {
  return json(400, { error: "invalid_tenant", error_description: `AADSTS90002: Tenant '${tenantId}' not found.` });
}

function channel(path: string, { authority, keys }: Published) {
  if (path === "/v1/.well-known/openidconfiguration") {
    return json(200, {
      issuer: botChannelIssuer,
      authorization_endpoint: "https://invalid.botframework.com",
      jwks_uri: `${authority()}/v1/.well-known/keys`,
      id_token_signing_alg_values_supported: ["RS256"],
      token_endpoint_auth_methods_supported: ["private_key_jwt"],
    });
  }
  if (path !== "/v1/.well-known/keys") return undefined;
  return json(200, { keys: keys().map((key) => ({ ...key, endorsements: ["msteams"] })) });
}
