import { NetworkManagementClient, type PrivateEndpoint } from "@azure/arm-network";
import type { Issuer } from "./issuer/issuer.ts";
import type { ConsumerSeed } from "./seed.ts";

/** A consumer with the real Azure client: creates private endpoints in their own subscription, and sees only those. */
export class Consumer {
  readonly #client: NetworkManagementClient;
  readonly #seed: ConsumerSeed;

  constructor(seed: ConsumerSeed, arm: { readonly url: string }, issuer: Pick<Issuer, "mintArmToken">) {
    const credential = {
      getToken: async () => ({
        token: await issuer.mintArmToken({ objectId: seed.principalId, tenantId: seed.tenantId }),
        expiresOnTimestamp: Date.now() + 3_000_000,
      }),
    };
    this.#seed = seed;
    this.#client = new NetworkManagementClient(credential, seed.subscriptionId, { endpoint: arm.url });
  }

  /** Asks for a connection the way every consumer does: a manual connection to the alias, with a message. */
  async ask(name: string, alias: string, message: string, region = "westeurope"): Promise<void> {
    const { subscriptionId, resourceGroup } = this.#seed;
    const subnet = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Network/virtualNetworks/vnet-consumer/subnets/snet-endpoints`;
    const endpoint: PrivateEndpoint = {
      location: region,
      subnet: { id: subnet },
      manualPrivateLinkServiceConnections: [{ name: "payments", privateLinkServiceId: alias, requestMessage: message }],
    };
    await this.#client.privateEndpoints.createOrUpdate(resourceGroup, name, endpoint, {
      updateIntervalInMs: 20,
      abortSignal: AbortSignal.timeout(30_000),
    });
  }

  /** How the consumer's own endpoint shows the connection. */
  async status(name: string): Promise<{ readonly status: string; readonly description: string }> {
    const endpoint = await this.#client.privateEndpoints.get(this.#seed.resourceGroup, name, {
      abortSignal: AbortSignal.timeout(10_000),
    });
    const state = endpoint.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState;
    return { status: state?.status ?? "(none)", description: state?.description ?? "" };
  }
}
