import type { NetworkManagementClientOptionalParams } from "@azure/arm-network";
import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import type { NetworkClients } from "./private-link.ts";
import type { CallKind, Quota } from "./quota.ts";

type Policy = NonNullable<NetworkManagementClientOptionalParams["additionalPolicies"]>[number]["policy"];

/** Where ARM is, and for which scope a token is asked: the scope does not follow the endpoint by itself (azure.md 4.1). */
export type ArmPlace = { readonly arm: string; readonly armScope: string };

/** The identity that the platform gives the app: the user-assigned one that is named, else the system-assigned one. */
export function appCredential(clientId: string | undefined): TokenCredential {
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}

/**
 * The Azure clients are loaded when they are first needed: a cold start for a card does not wait for them (azure.md 4.8).
 * `quota` hears what each answer says is left. `maxRetries` is 0 for whoever repeats calls with care: a client that does it
 * waits in full for what `Retry-After` says, and sends a PUT again whose answer was lost (azure.md 4.4).
 */
export function networkClients(
  { arm, armScope }: ArmPlace,
  credential: TokenCredential,
  quota: Pick<Quota, "answered">,
  maxRetries: 0 | 1,
): NetworkClients {
  const made = new Map<string, ReturnType<NetworkClients>>();
  const make = async (subscriptionId: string) => {
    const { NetworkManagementClient } = await import("@azure/arm-network");
    return new NetworkManagementClient(credential, subscriptionId, {
      endpoint: arm,
      credentials: { scopes: [armScope] },
      // Long waits belong to the queue.
      retryOptions: { maxRetries },
      additionalPolicies: [{ policy: quotaReader(subscriptionId, quota), position: "perRetry" }],
    });
  };
  return (subscriptionId) => {
    const client = made.get(subscriptionId) ?? make(subscriptionId);
    made.set(subscriptionId, client);
    return client;
  };
}

const kinds: Readonly<Record<string, CallKind>> = { GET: "reads", PUT: "writes", DELETE: "deletes" };

/** Tells what ARM says is left of the subscription's buckets (azure.md 5.1). */
function quotaReader(subscriptionId: string, quota: Pick<Quota, "answered">): Policy {
  return {
    name: "quotaReader",
    async sendRequest(request, next) {
      const begunAt = performance.now();
      const answer = await next(request);
      const kind = kinds[request.method];
      const said = kind && answer.headers.get(`x-ms-ratelimit-remaining-subscription-${kind}`);
      const remaining = Number(said);
      if (kind && said && Number.isFinite(remaining)) quota.answered(subscriptionId, kind, begunAt, remaining);
      return answer;
    },
  };
}

/** The client of Resource Graph, made on first use. It does not retry: who reads pages knows the quota, and waits by it. */
export function graphClient(
  { arm, armScope }: ArmPlace,
  credential: TokenCredential,
): () => Promise<ResourceGraphClient> {
  let made: Promise<ResourceGraphClient> | undefined;
  const make = async () => {
    const { ResourceGraphClient } = await import("@azure/arm-resourcegraph");
    return new ResourceGraphClient(credential, {
      endpoint: arm,
      credentials: { scopes: [armScope] },
      retryOptions: { maxRetries: 0 },
    });
  };
  return () => {
    made ??= make();
    return made;
  };
}
