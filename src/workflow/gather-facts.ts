import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { Facts, FactValue } from "../connection/facts.ts";
import { serviceKey } from "../requests/request-id.ts";
import { messageOf, NotNow } from "../runtime/errors.ts";
import type { Consumer, ConsumerHistory, Ports, StoredRequest } from "./ports.ts";

type Reading<T> = { readonly read: T } | { readonly failed: string };

/** What was read about one request: the snapshot for policy, and the registry's entry for the request's own row. */
export type Gathered = { readonly facts: Facts; readonly consumer: Consumer | undefined };

/** What belongs to the moment at which a connection was asked for, and stays as it was when it is judged later. */
export type Asked = {
  /** ISO 8601; the fact `time.now`, so that a window of hours does not turn a good approval into a bad one. */
  readonly at: string;
  /** The consumer's words; ARM shows our own in their place after a decision (azure.md 3.5). Null: none; undefined: nobody knows. */
  readonly message: string | null | undefined;
};

/**
 * Reads every fact of the fact table (policy.md 2) for one connection.
 *
 * What cannot be read is unavailable with its reason, and policy then asks a person. Throws nothing but `NotNow`, for what only a
 * newer version of plgate can read.
 * `open` are the service's open requests; approvals that are decided but not yet on ARM count towards the quota.
 * `asked` is now, and in the words that ARM shows, unless the connection was asked for before.
 */
export async function gatherFacts(
  service: PrivateLinkService,
  connection: Connection,
  open: readonly StoredRequest[],
  ports: Pick<Ports, "consumers" | "ledger" | "clock">,
  asked: Asked = { at: ports.clock.now().toISOString(), message: connection.description ?? null },
): Promise<Gathered> {
  const subscription = connection.endpoint?.subscriptionId;
  const [consumer, history] = await Promise.all([
    reading(subscription, (id) => ports.consumers.find(id)),
    reading(subscription, (id) => ports.ledger.history(serviceKey(service.ref.id), id)),
  ]);
  const notebook = new Notebook();
  noteService(notebook, service);
  noteEndpoint(notebook, connection);
  noteConsumer(notebook, consumer);
  noteQuota(notebook, service, open, subscription);
  noteHistory(notebook, history);
  noteAsked(notebook, asked);
  return { facts: notebook.facts(), consumer: "read" in consumer ? consumer.read : undefined };
}

/** What is known of a service before anybody asks for a connection; every other fact is unavailable. */
export function factsOfService(service: PrivateLinkService, now: Date): Facts {
  const notebook = new Notebook();
  noteService(notebook, service);
  notebook.value("time.now", now.toISOString());
  return notebook.facts();
}

function noteAsked(notebook: Notebook, { at, message }: Asked): void {
  if (message === undefined) notebook.missing("request.message", "nobody asked plgate for this connection");
  else notebook.text("request.message", message);
  notebook.value("time.now", at);
}

async function reading<T>(
  subscription: string | undefined,
  read: (subscription: string) => Promise<T>,
): Promise<Reading<T>> {
  if (!subscription) return { failed: "the private endpoint names no subscription" };
  try {
    return { read: await read(subscription) };
  } catch (error) {
    // The hosts of a newer version of plgate can read it, and judge.
    if (error instanceof NotNow) throw error;
    return { failed: messageOf(error) };
  }
}

function noteService(notebook: Notebook, service: PrivateLinkService): void {
  notebook.value("service.id", service.ref.id);
  notebook.value("service.name", service.ref.name);
  notebook.value("service.resourceGroup", service.ref.resourceGroup);
  notebook.value("service.subscriptionId", service.ref.subscriptionId);
  notebook.text("service.alias", service.alias);
  notebook.known("service.region", service.region, "ARM named no location");
  notebook.known("service.visibility", visibility(service.visibility), "ARM showed no readable visibility");
  notebook.known("service.natIps", service.natIps, "ARM showed no NAT IP configurations");
  notebook.known("service.proxyProtocol", service.proxyProtocol, "ARM showed another type");
  notebook.tags("service.tags", service.tags, "ARM showed no readable tags");
  notebook.value("service.connections.total", service.connections.length);
  const readable = service.connections.every((connection) => connection.status !== "Unknown");
  for (const status of ["Pending", "Approved", "Rejected"] as const) {
    const count = service.connections.filter((connection) => connection.status === status).length;
    const name = `service.connections.${status.toLowerCase()}`;
    notebook.known(name, readable ? count : undefined, "a connection has a status that plgate does not know");
  }
}

function visibility(subscriptions: readonly string[] | undefined): string | undefined {
  if (!subscriptions) return undefined;
  if (subscriptions.includes("*")) return "anyone";
  return subscriptions.length > 0 ? "restricted" : "rbac";
}

function noteEndpoint(notebook: Notebook, connection: Connection): void {
  const missing = "the connection names no private endpoint that can be read";
  notebook.known("endpoint.id", connection.endpoint?.id, missing);
  notebook.known("endpoint.name", connection.endpoint?.name, missing);
  notebook.known("endpoint.resourceGroup", connection.endpoint?.resourceGroup, missing);
  notebook.known("consumer.subscriptionId", connection.endpoint?.subscriptionId, missing);
  notebook.known("endpoint.region", connection.endpointRegion, "ARM named no region of the endpoint");
}

function noteConsumer(notebook: Notebook, reading: Reading<Consumer | undefined>): void {
  if ("failed" in reading) {
    for (const name of ["registered", "tenantId", "name", "tier"]) notebook.missing(`consumer.${name}`, reading.failed);
    notebook.missing("consumer.tags", reading.failed);
    return;
  }
  const consumer = reading.read;
  notebook.value("consumer.registered", consumer !== undefined);
  // Everybody has a tenant: not knowing it is never the same as there being none (policy.md 2).
  notebook.known("consumer.tenantId", consumer?.tenantId ?? undefined, "not recorded in the registry");
  notebook.text("consumer.name", consumer?.name);
  notebook.text("consumer.tier", consumer?.tier);
  notebook.tags("consumer.tags", consumer?.tags ?? {}, "");
}

function noteQuota(
  notebook: Notebook,
  service: PrivateLinkService,
  open: readonly StoredRequest[],
  subscription: string | undefined,
): void {
  const name = "consumer.connectionsOnService";
  if (!subscription) {
    notebook.missing(name, "the private endpoint names no subscription");
    return;
  }
  const approved = service.connections.filter((connection) => connection.status === "Approved");
  const unreadable = service.connections.some((connection) => connection.status === "Unknown");
  // An approved connection without an owner might be this consumer's: then the count cannot be told.
  if (unreadable || approved.some((connection) => !connection.endpoint)) {
    notebook.missing(name, "the owner or status of a connection cannot be read");
    return;
  }
  const standing = approved.filter((connection) => connection.endpoint?.subscriptionId === subscription);
  const onArm = new Set<string>(standing.map((connection) => connection.ref.id));
  const inFlight = open.filter(
    ({ request }) => isApprovalInFlight(request, subscription) && !onArm.has(request.connectionId),
  );
  notebook.value(name, standing.length + inFlight.length);
}

function isApprovalInFlight(request: StoredRequest["request"], subscription: string): boolean {
  const approving =
    request.state === "approving" || (request.state === "failed" && request.decided?.kind === "approve");
  return approving && request.consumerSubscriptionId === subscription;
}

function noteHistory(notebook: Notebook, reading: Reading<ConsumerHistory>): void {
  if ("failed" in reading) {
    notebook.missing("history.rejectedBefore", reading.failed);
    notebook.missing("history.approvedBefore", reading.failed);
    return;
  }
  notebook.value("history.rejectedBefore", reading.read.rejectedBefore);
  notebook.value("history.approvedBefore", reading.read.approvedBefore);
}

/** Collects facts under their three states. */
class Notebook {
  readonly #values: Record<string, FactValue> = {};
  readonly #absent: string[] = [];
  readonly #unavailable: Record<string, string> = {};

  value(name: string, value: FactValue): void {
    this.#values[name] = value;
  }

  missing(name: string, why: string): void {
    this.#unavailable[name] = why;
  }

  /** A fact that always exists: not having it means that it could not be read. */
  known(name: string, value: FactValue | undefined, why: string): void {
    if (value === undefined) this.missing(name, why);
    else this.value(name, value);
  }

  /** A text that may be empty; empty and missing are both absent. */
  text(name: string, value: string | null | undefined): void {
    if (value) this.value(name, value);
    else this.#absent.push(name);
  }

  tags(name: string, tags: Readonly<Record<string, string>> | undefined, why: string): void {
    if (!tags) {
      this.missing(name, why);
      return;
    }
    this.#absent.push(`${name}.*`);
    for (const [key, value] of Object.entries(tags)) this.value(`${name}.${key.toLowerCase()}`, value);
  }

  facts(): Facts {
    return { values: this.#values, absent: this.#absent, unavailable: this.#unavailable };
  }
}
