import type { ConnectionRef, ServiceRef } from "../../src/connection/arm-id.ts";
import type { Connection, PrivateLinkService } from "../../src/connection/connection.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Connections, Inventory, ServiceFinder, WriteOutcome } from "../../src/workflow/ports.ts";

/**
 * How ARM answers one write instead of doing it. `unknown-but-done` is the answer that got lost: the change happened.
 */
export type ScriptedWrite =
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  | { readonly kind: "unknown" | "unknown-but-done" | "gone" }
  | { readonly kind: "refused"; readonly code: string }
  /** Runs before the answer, e.g. to let somebody else act in between; then the write goes its normal way. */
  | { readonly kind: "first"; readonly act: () => Promise<void> | void };

export type ScriptedRead = { readonly kind: "gone" | "fails" } | { readonly kind: "first"; readonly act: () => void };

type Write = { readonly connection: string; readonly status: "Approved" | "Rejected"; readonly description: string };

/** Private Link Services in memory, as ARM would show them; scripted answers are used up one by one. Also a finder. */
export class FakeConnections implements Connections, ServiceFinder {
  readonly #services = new Map<string, PrivateLinkService>();
  readonly nextReads: ScriptedRead[] = [];
  readonly nextWrites: ScriptedWrite[] = [];
  readonly unreadable: { readonly subscriptionId: string; readonly reason: string }[] = [];
  readonly reads: string[] = [];
  readonly writes: Write[] = [];
  readonly removals: string[] = [];
  lists = 0;
  /** The LinkID that an approval brings to light; undefined when it shows up later, or never. */
  linkOnApproval: string | undefined = "536870912";

  constructor(...services: readonly PrivateLinkService[]) {
    for (const service of services) this.put(service);
  }

  /** Adds the service or replaces it, connections and all. */
  put(service: PrivateLinkService): void {
    this.#services.set(service.ref.id, service);
  }

  /** Adds a connection or replaces the one of the same name. */
  connect(connection: Connection): void {
    this.#change(connection.ref, (others) => [...others, connection]);
  }

  /** From now on ARM shows this LinkID; nothing else about the connection changes. */
  showLink(ref: ConnectionRef, linkIdentifier: string): void {
    const before = this.shown(ref);
    if (!before) throw new Error(`no connection ${ref.id} in this fake`);
    this.connect({ ...before, linkIdentifier });
  }

  disconnect(connection: ConnectionRef): void {
    this.#change(connection, (others) => others);
  }

  delete(service: ServiceRef): void {
    this.#services.delete(service.id);
  }

  /** What ARM shows of the connection now. */
  shown(ref: ConnectionRef): Connection | undefined {
    return this.#services.get(ref.service.id)?.connections.find((connection) => connection.ref.id === ref.id);
  }

  async read(service: ServiceRef): Promise<PrivateLinkService | "gone"> {
    this.reads.push(service.id);
    const script = this.nextReads.shift();
    if (script?.kind === "first") script.act();
    if (script?.kind === "fails") throw new PlgateError("ARM does not answer", { retryable: true });
    if (script?.kind === "gone") return "gone";
    return this.#services.get(service.id) ?? "gone";
  }

  async write(ref: ConnectionRef, status: "Approved" | "Rejected", description: string): Promise<WriteOutcome> {
    this.writes.push({ connection: ref.id, status, description });
    const script = this.nextWrites.shift();
    switch (script?.kind) {
      case "busy":
        return { kind: "busy", retryAfterMs: script.retryAfterMs, message: "429 TooManyRequests" };
      case "unknown":
        return { kind: "unknown", message: "the connection was reset" };
      case "unknown-but-done":
        this.#do(ref, status, description);
        return { kind: "unknown", message: "the connection was reset" };
      case "gone":
        return { kind: "gone", message: "404 NotFound" };
      case "refused":
        return { kind: "refused", code: script.code, message: "ARM refused the write" };
      case "first":
        await script.act();
        return this.#do(ref, status, description);
      case undefined:
        return this.#do(ref, status, description);
    }
  }

  /** Scripted answers are those of `nextWrites`: ARM knows one lock and one budget for both. */
  async remove(ref: ConnectionRef): Promise<WriteOutcome> {
    this.removals.push(ref.id);
    const script = this.nextWrites.shift();
    switch (script?.kind) {
      case "busy":
        return { kind: "busy", retryAfterMs: script.retryAfterMs, message: "429 TooManyRequests" };
      case "unknown":
        return { kind: "unknown", message: "the connection was reset" };
      case "refused":
        return { kind: "refused", code: script.code, message: "ARM refused the removal" };
      case "first":
        await script.act();
        break;
      case "unknown-but-done":
        this.disconnect(ref);
        return { kind: "unknown", message: "the connection was reset" };
    }
    if (this.shown(ref)) this.disconnect(ref);
    return { kind: "gone", message: "ARM removed the connection" };
  }

  async list(only?: readonly string[]): Promise<Inventory> {
    this.lists += 1;
    const asked = [...this.#services.values()].filter(({ ref }) => !only || only.includes(ref.subscriptionId));
    const items = asked.map((service) => ({
      ref: service.ref,
      region: service.region ?? null,
      alias: service.alias ?? null,
      provisioningState: service.provisioningState ?? null,
      autoApproval: service.autoApproval,
      visibility: service.visibility ?? [],
      natIps: service.natIps ?? null,
      connections: service.connections.map(({ ref, rawStatus }) => ({ id: ref.id, status: rawStatus })),
    }));
    return { items, unreadable: this.unreadable };
  }

  #do(ref: ConnectionRef, status: "Approved" | "Rejected", description: string): WriteOutcome {
    const before = this.shown(ref);
    if (!before) return { kind: "gone", message: "404 NotFound" };
    // Azure lets nothing lead away from these two (azure.md 3.4).
    if (before.status === "Disconnected" || (before.status === "Rejected" && status === "Approved")) {
      return { kind: "refused", code: "InvalidTransition", message: `a ${before.status} connection stays so` };
    }
    const connection: Connection = {
      ...before,
      status,
      rawStatus: status,
      description,
      linkIdentifier: before.linkIdentifier ?? (status === "Approved" ? this.linkOnApproval : undefined),
    };
    this.connect(connection);
    return { kind: "done", connection };
  }

  #change(ref: ConnectionRef, change: (others: readonly Connection[]) => readonly Connection[]): void {
    const service = this.#services.get(ref.service.id);
    if (!service) throw new Error(`no service ${ref.service.id} in this fake`);
    const others = service.connections.filter((connection) => connection.ref.id !== ref.id);
    this.#services.set(service.ref.id, { ...service, connections: change(others) });
  }
}
