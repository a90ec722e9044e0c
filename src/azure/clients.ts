import type { ResourceGraphClient } from "@azure/arm-resourcegraph";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import type { NetworkClients } from "./private-link.ts";

/** Where ARM is, and for which scope a token is asked: the scope does not follow the endpoint by itself (azure.md 4.1). */
export type ArmPlace = { readonly arm: string; readonly armScope: string };

/** The identity that the platform gives the app: the user-assigned one that is named, else the system-assigned one. */
export function appCredential(clientId: string | undefined): TokenCredential {
  return clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential();
}

/**
 * The Azure clients are loaded when they are first needed: a cold start for a card does not wait for them (azure.md 4.8).
 * `maxRetries` 0 is for writes: a client that retries repeats a PUT blindly when its answer was lost (azure.md 4.4).
 */
export function networkClients(
  { arm, armScope }: ArmPlace,
  credential: TokenCredential,
  maxRetries = 1,
): NetworkClients {
  const made = new Map<string, ReturnType<NetworkClients>>();
  const make = async (subscriptionId: string) => {
    const { NetworkManagementClient } = await import("@azure/arm-network");
    return new NetworkManagementClient(credential, subscriptionId, {
      endpoint: arm,
      credentials: { scopes: [armScope] },
      // Long waits belong to the queue.
      retryOptions: { maxRetries },
    });
  };
  return (subscriptionId) => {
    const client = made.get(subscriptionId) ?? make(subscriptionId);
    made.set(subscriptionId, client);
    return client;
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
