import { setTimeout as pause } from "node:timers/promises";
import type {
  PrivateEndpointConnection as ArmConnection,
  PrivateLinkService as ArmService,
  NetworkManagementClient,
} from "@azure/arm-network";
import { type ConnectionRef, connectionRef, parseEndpointId, type ServiceRef } from "../connection/arm-id.ts";
import { type Connection, connectionStatus, type PrivateLinkService } from "../connection/connection.ts";
import { parseLinkIdentifier } from "../link-id/link-identifier.ts";
import { NotNow, PlgateError } from "../runtime/errors.ts";
import type { Connections, WriteOutcome } from "../workflow/ports.ts";
import { type ArmFault, classifyArmFault } from "./arm-errors.ts";
import { BusyPause, Strain } from "./busy-pause.ts";
import { type CallKind, Quota } from "./quota.ts";

// Covers connect, waits and body: the client has no default time-out and its own does not cover a stalled body (azure.md 4.5).
const callMs = 20_000;
// ARM may keep a service locked for a moment after it answered a write (azure.md 5.2); a write sent at once would be
// refused and cost seconds. Recording the outcome takes about as long, so that this pause is mostly over when it begins.
const lockTailMs = 30;
// A service seen moments ago may be missing from one answer (azure.md 5.3).
const missingMs = 500;
// A connection that was cut, or an ARM in trouble, often answers a moment later; what lasts longer is for the queue.
const secondTryMs = 700;
// Whoever has the lease by now is at work.
const lateMs = 3_000;
// After a try that took as long as this the time of the function is spent.
const slowMs = 5_000;
// Waiting for a token longer than this is for the queue, too: functions are few, and messages are many.
const patienceMs = 3_000;

type Services = NetworkManagementClient["privateLinkServices"];

/** One client per subscription, made on first use: the client is bound to a subscription. */
export type NetworkClients = (subscriptionId: string) => Promise<Pick<NetworkManagementClient, "privateLinkServices">>;

/**
 * ARM by the official client, which repeats nothing by itself: it would wait in full for whatever `Retry-After` says, and send a
 * PUT again whose answer was lost (azure.md 4.4). Paths are made of parsed ids only.
 *
 * No call takes longer than its bound, a turn and a second quick try, under 50 s in all; whatever takes longer is told by time, for the queue.
 */
export class ArmConnections implements Connections {
  readonly #clients: NetworkClients;
  readonly #quota: Quota;
  readonly #writePause = new BusyPause();
  readonly #readPause = new BusyPause();
  readonly #strain = new Strain();
  readonly #writtenAt = new Map<string, number>();

  constructor(clients: NetworkClients, quota: Quota = new Quota()) {
    this.#clients = clients;
    this.#quota = quota;
  }

  /** A 404 is believed when it comes twice: the first may be a passing fault, and a service that is gone ends its requests. */
  async read(ref: ServiceRef): Promise<PrivateLinkService | "gone"> {
    const begunAt = performance.now();
    const first = await this.#tryRead(ref);
    if (isRead(first)) return first;
    if (!mayPass(first) || performance.now() - begunAt > slowMs) throw this.#notNow(ref, first);
    await pause(first.kind === "gone" ? missingMs : secondTryMs);
    const second = await this.#tryRead(ref);
    if (isRead(second)) return second;
    if (second.kind === "gone") return "gone";
    throw this.#notNow(ref, second);
  }

  async #tryRead(ref: ServiceRef): Promise<PrivateLinkService | ArmFault> {
    const client = await this.#clients(ref.subscriptionId);
    await this.#turnToRead(ref);
    try {
      const service = await client.privateLinkServices.get(ref.resourceGroup, ref.name, {
        abortSignal: AbortSignal.timeout(callMs),
      });
      this.#strain.over(`read ${ref.id}`);
      return toService(ref, service);
    } catch (error) {
      return classifyArmFault(error);
    }
  }

  async #turnToRead({ subscriptionId }: ServiceRef): Promise<void> {
    const pausedMs = this.#readPause.waitMs(subscriptionId);
    const waitMs = pausedMs > 0 ? pausedMs : this.#quota.turn(subscriptionId, "reads", patienceMs);
    if (pausedMs > 0 || waitMs > patienceMs) throw usedUp("reads", waitMs);
    if (waitMs > 0) await pause(waitMs);
  }

  #notNow(ref: ServiceRef, fault: ArmFault): NotNow {
    const asked = fault.kind === "busy" ? fault.retryAfterMs : undefined;
    const isThrottled = fault.kind === "busy" && fault.of !== "arm";
    const waitMs = asked ?? this.#strain.next(`read ${ref.id}`);
    if (isThrottled) this.#quota.refused(ref.subscriptionId, "reads");
    const code = fault.kind === "refused" ? `${fault.code}: ` : "";
    return new NotNow(`ARM cannot read ${ref.id}: ${code}${fault.message}`, {
      retryAfterMs: isThrottled ? this.#readPause.begin(ref.subscriptionId, waitMs) : waitMs,
      because: isThrottled ? "throttled" : "failing",
    });
  }

  write(
    ref: ConnectionRef,
    status: "Approved" | "Rejected",
    description: string,
    mayStill?: () => boolean,
  ): Promise<WriteOutcome> {
    const state = { status, description: description.slice(0, 140), actionsRequired: "None" };
    return this.#change(ref.service, "writes", mayStill, async (services, abortSignal) => {
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
  remove(ref: ConnectionRef, mayStill?: () => boolean): Promise<WriteOutcome> {
    return this.#change(ref.service, "deletes", mayStill, async (services, abortSignal) => {
      const { resourceGroup, name } = ref.service;
      await services.deletePrivateEndpointConnection(resourceGroup, name, ref.name, { abortSignal });
      return { kind: "gone", message: "ARM removed the connection" };
    });
  }

  async #change(
    ref: ServiceRef,
    kind: CallKind,
    mayStill: (() => boolean) | undefined,
    call: (services: Services, abortSignal: AbortSignal) => Promise<WriteOutcome>,
  ): Promise<WriteOutcome> {
    const { subscriptionId } = ref;
    const pausedMs = this.#writePause.waitMs(`${kind} ${subscriptionId}`) || this.#writePause.waitMs(ref.id);
    const waitMs = pausedMs > 0 ? pausedMs : this.#quota.turn(subscriptionId, kind, patienceMs);
    if (pausedMs > 0 || waitMs > patienceMs)
      return { kind: "busy", retryAfterMs: waitMs, message: usedUp(kind, 0).message };
    const client = await this.#clients(subscriptionId);
    if (waitMs > 0) await pause(waitMs);
    await this.#untilUnlocked(ref);
    if (mayStill?.() === false) return { kind: "busy", retryAfterMs: lateMs, message: "the lease ran out" };
    try {
      const outcome = await call(client.privateLinkServices, AbortSignal.timeout(callMs));
      this.#strain.over(ref.id);
      return outcome;
    } catch (error) {
      return this.#outcomeOf(classifyArmFault(error), ref, kind);
    } finally {
      this.#writtenAt.set(ref.id, performance.now());
    }
  }

  #outcomeOf(fault: ArmFault, ref: ServiceRef, kind: CallKind): WriteOutcome {
    if (fault.kind !== "busy") return fault;
    const { of, message, retryAfterMs: asked } = fault;
    const waitMs = asked ?? this.#strain.next(ref.id);
    if (of === "subscription") {
      this.#quota.refused(ref.subscriptionId, kind);
      return { kind: "busy", message, retryAfterMs: this.#writePause.begin(`${kind} ${ref.subscriptionId}`, waitMs) };
    }
    // Whoever is woken meanwhile, for another connection perhaps, must not ask too early either.
    if (asked !== undefined) this.#writePause.begin(ref.id, asked);
    return { kind: "busy", message, retryAfterMs: waitMs };
  }

  /** Waits for the end of the lock that our own last write on this service left. */
  async #untilUnlocked({ id }: ServiceRef): Promise<void> {
    const left = (this.#writtenAt.get(id) ?? Number.NEGATIVE_INFINITY) + lockTailMs - performance.now();
    if (left > 0) await pause(left);
  }
}

function isRead(read: PrivateLinkService | ArmFault): read is PrivateLinkService {
  return "connections" in read;
}

/** What may be over in a moment. What ARM asks to be left alone for is not waited for here. */
function mayPass(fault: ArmFault): boolean {
  if (fault.kind === "busy") return fault.of === "arm" && fault.retryAfterMs === undefined;
  return fault.kind !== "refused";
}

function usedUp(kind: CallKind, retryAfterMs: number): NotNow {
  return new NotNow(`the subscription's ${kind} are used up for now`, { retryAfterMs, because: "throttled" });
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
