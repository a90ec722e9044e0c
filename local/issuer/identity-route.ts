import { timingSafeEqual } from "node:crypto";
import type { JWTPayload } from "jose";
import { type Answer, type Call, json, type Route } from "../exchange.ts";
import { resourceClaims } from "./claims.ts";
import type { App } from "./directory.ts";
import { knownResources } from "./token-route.ts";

type IdentityContext = {
  readonly authority: () => string;
  readonly apps: readonly App[];
  /** What `X-IDENTITY-HEADER` must hold. */
  readonly header: string;
  readonly now: () => Date;
  readonly sign: (claims: JWTPayload) => Promise<{ readonly token: string; readonly lifetimeSeconds: number }>;
};

const apiVersion = "2019-08-01";

/**
 * App Service's managed identity endpoint: `GET /identity?api-version=2019-08-01&resource=…` with `X-IDENTITY-HEADER`.
 *
 * Status codes and texts of the refusals are ours [P]; the shape of the success is what the Azure SDKs read [K].
 */
export function identityRoute(context: IdentityContext): Route {
  return (call) => {
    if (call.path !== "/identity" || call.method !== "GET") return undefined;
    const secret = call.headers["x-identity-header"];
    if (typeof secret === "string" && isSameSecret(secret, context.header)) return answerIdentity(call, context);
    return refused(401, "X-IDENTITY-HEADER is missing or wrong");
  };
}

async function answerIdentity(call: Call, context: IdentityContext): Promise<Answer> {
  if (call.query.get("api-version") !== apiVersion) return refused(400, `api-version must be ${apiVersion}`);
  const resource = (call.query.get("resource") ?? "").replace(/\/$/, "");
  if (!knownResources.includes(resource)) return refused(400, `the resource "${resource}" is not known here`);
  const app = identityIn(context.apps, call);
  if (!app) return refused(400, "No User Assigned or Delegated Managed Identity found for the specified id.");
  const { token, lifetimeSeconds } = await context.sign(resourceClaims(app, context.authority(), resource));
  const expires = Math.floor(context.now().getTime() / 1000) + lifetimeSeconds;
  return json(200, {
    access_token: token,
    // Seconds as a string: that is how App Service sends them.
    expires_on: String(expires),
    resource,
    token_type: "Bearer",
    client_id: app.appId,
  });
}

function identityIn(apps: readonly App[], call: Call): App | undefined {
  const identities = apps.filter((app) => app.managedIdentity !== undefined);
  const [clientId, objectId, resourceId] = ["client_id", "object_id", "mi_res_id"].map((key) => call.query.get(key));
  if (clientId) return identities.find((app) => app.appId === clientId);
  if (objectId) return identities.find((app) => app.objectId === objectId);
  if (resourceId) {
    return identities.find((app) => app.managedIdentity?.resourceId.toLowerCase() === resourceId.toLowerCase());
  }
  return identities.find((app) => app.managedIdentity?.systemAssigned);
}

/** Compares secrets without telling by its duration how much of them was right. */
export function isSameSecret(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refused(statusCode: number, message: string): Answer {
  return json(statusCode, { statusCode, message });
}
