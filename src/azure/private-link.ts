import { setTimeout as pause } from "node:timers/promises";
import type {
  PrivateEndpointConnection as ArmConnection,
  PrivateLinkService as ArmService,
  NetworkManagementClient,
} from "@azure/arm-network";
import { type ConnectionRef, connectionRef, parseEndpointId, type ServiceRef } from "../connection/arm-id.ts";
import { type Connection, connectionStatus, type PrivateLinkService } from "../connection/connection.ts";
import { parseLinkIdentifier } from "../link-id/link-identifier.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Connections, WriteOutcome } from "../workflow/ports.ts";
import { classifyArmFault } from "./arm-errors.ts";
import { WritePause } from "./write-pause.ts";

// Covers connect, waits and body: the client has no default time-out and its own does not cover a stalled body (azure.md 4.5).
const callMs = 20_000;
// ARM may keep a service locked for a moment after it answered a write (azure.md 5.2); a write sent at once would be
// refused and cost seconds. Recording the outcome takes about as long, so that this pause is mostly over when it begins.
const lockTailMs = 30;
// A service seen moments ago may be missing from one answer (azure.md 5.3).
const missingMs = 500;

type Services = NetworkManagementClient["privateLinkServices"];

/** One client per subscription, made on first use: the client is bound to a subscription. */
export type NetworkClients = (subscriptionId: string) => Promise<Pick<NetworkManagementClient, "privateLinkServices">>;

/** ARM by the official client. Paths are made of parsed ids only. */
export class ArmConnections implements Connections {
  readonly #readers: NetworkClients;
  readonly #writers: NetworkClients;
  readonly #pause = new WritePause();
  readonly #writtenAt = new Map<string, number>();

  /** `writers` never retry by themselves: a write whose answer was lost is read before it is repeated (azure.md 4.5). */
  constructor(readers: NetworkClients, writers: NetworkClients) {
    this.#readers = readers;
    this.#writers = writers;
  }

  /** A 404 is believed when it comes twice: the first may be a passing fault, and a service that is gone ends its requests. */
  async read(ref: ServiceRef): Promise<PrivateLinkService | "gone"> {
    const first = await this.#readOnce(ref);
    if (first !== "gone") return first;
    await pause(missingMs);
    return this.#readOnce(ref);
  }

  async #readOnce(ref: ServiceRef): Promise<PrivateLinkService | "gone"> {
    const client = await this.#readers(ref.subscriptionId);
    try {
      const service = await client.privateLinkServices.get(ref.resourceGroup, ref.name, {
        abortSignal: AbortSignal.timeout(callMs),
      });
      return toService(ref, service);
    } catch (error) {
      const fault = classifyArmFault(error);
      if (fault.kind === "gone") return "gone";
      const retryable = fault.kind !== "refused";
      throw new PlgateError(`ARM cannot read ${ref.id}: ${fault.message}`, { retryable, cause: error });
    }
  }

  write(ref: ConnectionRef, status: "Approved" | "Rejected", description: string): Promise<WriteOutcome> {
    const state = { status, description: description.slice(0, 140), actionsRequired: "None" };
    return this.#change(ref.service, async (services, abortSignal) => {
      const answer = await services.updatePrivateEndpointConnection(
        ref.service.resourceGroup,
        ref.service.name,
        ref.name,
        { name: ref.name, privateLinkServiceConnectionState: state },
        { abortSignal },
      );
      return { kind: "done", connection: toConnection(ref.service, answer) };
    });
  }

  /** Waits for the end of the long-running operation, as long as one call may take; after that nobody knows (azure.md 3.2). */
  remove(ref: ConnectionRef): Promise<WriteOutcome> {
    return this.#change(ref.service, async (services, abortSignal) => {
      const { resourceGroup, name } = ref.service;
      await services.deletePrivateEndpointConnection(resourceGroup, name, ref.name, { abortSignal });
      return { kind: "gone", message: "ARM removed the connection" };
    });
  }

  async #change(
    ref: ServiceRef,
    call: (services: Services, abortSignal: AbortSignal) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    const { subscriptionId } = ref;
    const waitMs = this.#pause.waitMs(subscriptionId);
    if (waitMs > 0) return { kind: "busy", retryAfterMs: waitMs, message: "the subscription's writes are used up" };
    const client = await this.#writers(subscriptionId);
    await this.#untilUnlocked(ref);
    try {
      return await call(client.privateLinkServices, AbortSignal.timeout(callMs));
    } catch (error) {
      const fault = classifyArmFault(error);
      if (fault.kind !== "busy" || fault.of !== "subscription") return fault;
      return { ...fault, retryAfterMs: this.#pause.begin(subscriptionId, fault.retryAfterMs) };
    } finally {
      this.#writtenAt.set(ref.id, performance.now());
    }
  }

  /** Waits for the end of the lock that our own last write on this service left. */
  async #untilUnlocked({ id }: ServiceRef): Promise<void> {
    const left = (this.#writtenAt.get(id) ?? Number.NEGATIVE_INFINITY) + lockTailMs - performance.now();
    if (left > 0) await pause(left);
  }
}

function toService(ref: ServiceRef, service: ArmService): PrivateLinkService {
  return {
    ref,
    region: service.location ? regionName(service.location) : undefined,
    alias: service.alias,
    provisioningState: service.provisioningState,
    visibility: service.visibility ? (service.visibility.subscriptions ?? []) : [],
    autoApproval: service.autoApproval?.subscriptions ?? [],
    proxyProtocol: service.enableProxyProtocol ?? false,
    natIps: service.ipConfigurations?.length,
    tags: service.tags ?? {},
    connections: (service.privateEndpointConnections ?? []).map((connection) => toConnection(ref, connection)),
  };
}

function toConnection(service: ServiceRef, connection: ArmConnection): Connection {
  const state = connection.privateLinkServiceConnectionState;
  const location = connection.privateEndpointLocation;
  return {
    ref: connectionRef(service, nameOf(connection)),
    status: connectionStatus(state?.status),
    rawStatus: state?.status ?? "(none)",
    description: state?.description,
    endpoint: parseEndpointId(connection.privateEndpoint?.id ?? ""),
    endpointRegion: location ? regionName(location) : undefined,
    linkIdentifier: linkIdentifier(connection.linkIdentifier),
  };
}

function nameOf(connection: ArmConnection): string {
  const name = connection.name ?? connection.id?.split("/").at(-1);
  if (!name) throw new PlgateError("ARM showed a connection without a name", { retryable: true });
  return name;
}

/** `West Europe` and `westeurope` are the same region; rules name the programmatic form (policy.md 2). */
function regionName(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

/** As decimal text, however ARM wrote it; undefined when it is no link identifier (azure.md 9). */
function linkIdentifier(text: string | undefined): string | undefined {
  return parseLinkIdentifier(text ?? "")?.toString();
}
