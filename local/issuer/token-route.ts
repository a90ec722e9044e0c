import { randomUUID } from "node:crypto";
import type { JWTPayload } from "jose";
import { type Answer, type Call, json, type Route } from "../exchange.ts";
import {
  apiAppClaims,
  armAudience,
  botFrameworkResource,
  eventGridResource,
  graphResource,
  resourceClaims,
} from "./claims.ts";
import type { App, Tenant } from "./directory.ts";

type TokenRouteContext = {
  readonly authority: () => string;
  readonly tenants: readonly Tenant[];
  readonly apps: readonly App[];
  readonly apiAudience: string;
  readonly now: () => Date;
  readonly sign: (claims: JWTPayload) => Promise<{ readonly token: string; readonly lifetimeSeconds: number }>;
};

/** Resources that the local authority issues app tokens for; plgate's own API comes on top. */
export const knownResources: readonly string[] = [
  armAudience,
  botFrameworkResource,
  graphResource,
  eventGridResource,
  "https://storage.azure.com",
];

/** `POST /{tenant}/oauth2/v2.0/token`: client credentials with a secret. Error numbers are Entra's, from memory [K]. */
export function tokenRoute(context: TokenRouteContext): Route {
  return async (call) => {
    const tenantId = /^\/([^/]+)\/oauth2\/v2\.0\/token$/.exec(call.path)?.[1];
    if (!tenantId || call.method !== "POST") return undefined;
    const form = new URLSearchParams(call.body);
    const refusal = (status: number, error: string, number: number, text: string) =>
      refused(status, error, number, text, context.now());
    if (!isForm(call)) return refusal(400, "invalid_request", 900144, "The body must be a form with 'grant_type'.");
    if (!context.tenants.some((tenant) => tenant.id === tenantId)) {
      return refusal(400, "invalid_request", 90002, `Tenant '${tenantId}' not found.`);
    }
    const app = clientOf(form, tenantId, context.apps, refusal);
    if ("status" in app) return app;
    return answerScope(form.get("scope") ?? "", app, context, refusal);
  };
}

type Refusal = (status: number, error: string, number: number, text: string) => Answer;

function isForm(call: Call): boolean {
  return (call.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

function clientOf(form: URLSearchParams, tenantId: string, apps: readonly App[], refusal: Refusal): App | Answer {
  const grant = form.get("grant_type");
  if (grant !== "client_credentials") {
    return refusal(400, "unsupported_grant_type", 70003, `The grant type '${grant}' is not supported here.`);
  }
  const clientId = form.get("client_id") ?? "";
  const app = apps.find((one) => one.appId === clientId && one.tenantId === tenantId);
  if (!app) {
    return refusal(400, "unauthorized_client", 700016, `Application '${clientId}' was not found in '${tenantId}'.`);
  }
  const secret = form.get("client_secret");
  if (secret === null) return refusal(401, "invalid_client", 7000218, "The body must contain 'client_secret'.");
  if (app.clientSecret === undefined || secret !== app.clientSecret) {
    return refusal(401, "invalid_client", 7000215, "Invalid client secret provided.");
  }
  return app;
}

async function answerScope(scope: string, app: App, context: TokenRouteContext, refusal: Refusal): Promise<Answer> {
  // Clients of the MSAL family add OpenID's own scopes to every request.
  const wanted = scope.split(" ").filter((one) => !["", "openid", "profile", "offline_access"].includes(one));
  const resource = /^(.+)\/\.default$/.exec(wanted[0] ?? "")?.[1];
  if (wanted.length !== 1 || resource === undefined) {
    return refusal(400, "invalid_scope", 1002012, `The scope '${scope}' is not valid: one resource and '/.default'.`);
  }
  const claims = claimsFor(resource.replace(/\/$/, ""), app, context);
  if (!claims) {
    return refusal(400, "invalid_resource", 500011, `The resource '${resource}' was not found in the tenant.`);
  }
  const { token, lifetimeSeconds } = await context.sign(claims);
  return json(200, {
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    ext_expires_in: lifetimeSeconds,
    access_token: token,
  });
}

function claimsFor(resource: string, app: App, context: TokenRouteContext): JWTPayload | undefined {
  const authority = context.authority();
  if (knownResources.includes(resource)) return resourceClaims(app, authority, resource);
  const own = [context.apiAudience, `api://${context.apiAudience}`].includes(resource);
  return own ? apiAppClaims(app, authority, context.apiAudience) : undefined;
}

function refused(status: number, error: string, number: number, text: string, at: Date): Answer {
  const ids = { timestamp: at.toISOString(), trace_id: randomUUID(), correlation_id: randomUUID() };
  return json(status, { error, error_description: `AADSTS${number}: ${text}`, error_codes: [number], ...ids });
}
