import { AuditIndex } from "../../src/azure/audit-index.ts";
import { ConsumerTable } from "../../src/azure/consumer-table.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { PolicyStore } from "../../src/azure/policy-store.ts";
import { PolicyVersionTable } from "../../src/azure/policy-version-table.ts";
import { ArmConnections } from "../../src/azure/private-link.ts";
import { Quota } from "../../src/azure/quota.ts";
import { GraphServiceFinder } from "../../src/azure/resource-graph.ts";
import type { Storage } from "../../src/azure/storage.ts";
import { SweepJournalRow } from "../../src/azure/sweep-journal.ts";
import { WatchTable } from "../../src/azure/watch-table.ts";
import type { Mode } from "../../src/decision/decision.ts";
import type { Connections, Directory, Notifier, Ports } from "../../src/workflow/ports.ts";
import { FakeLog } from "../fakes/log.ts";
import { fakePorts } from "../fakes/ports.ts";
import { type ArmSide, subscriptions } from "./arm-side.ts";
import { Life, mortalPort } from "./life.ts";
import { reviewers } from "./rules.ts";
import type { StorageSide } from "./storage-side.ts";
import type { SkewedClock } from "./time.ts";

/** What a test changes between the adapters and the app, to see that the oracle notices. */
export type Sabotage = (ports: Ports, tables: Storage) => Partial<Ports>;

export type Surroundings = {
  readonly arm: ArmSide;
  readonly storage: Pick<StorageSide, "ofHost">;
  readonly notifier: Notifier;
  readonly directory: Directory;
  readonly mode: () => Mode;
  readonly struck: (what: string) => void;
  /** Asked before each write of a host on ARM. */
  readonly beforeWrite: Watcher;
  readonly sabotage: Sabotage | undefined;
};

type Watcher = (connectionId: string, wish: "Approved" | "Rejected" | "removed") => Promise<void>;

const leaseSeconds = 30;
const mortal = [
  ...(["connections", "finder", "policies", "versions", "consumers", "ledger", "outbox", "index", "cards"] as const),
  ...(["notifier", "directory", "watch"] as const),
];

/** One app host: adapters and a clock of its own over what all hosts share. Killed, it comes back as another process. */
export class Host {
  readonly clock: SkewedClock;
  readonly log = new FakeLog();
  readonly #around: Surroundings;
  #life: Life;
  #ports: Ports;

  constructor(clock: SkewedClock, around: Surroundings) {
    this.clock = clock;
    this.#around = around;
    this.#life = new Life(around.struck);
    this.#ports = this.#open();
  }

  /** Its ports now; a dead host is another process by then. */
  get ports(): Ports {
    if (this.#life.dead) this.restart();
    return { ...this.#ports, settings: { ...this.#ports.settings, mode: this.#around.mode() } };
  }

  get life(): Life {
    if (this.#life.dead) this.restart();
    return this.#life;
  }

  restart(): void {
    this.#life.die();
    this.#life = new Life(this.#around.struck);
    this.#ports = this.#open();
  }

  #open(): Ports {
    const { arm, storage, notifier, directory, sabotage } = this.#around;
    const tables = storage.ofHost();
    const { clock, log } = this;
    const readers = arm.networkClients(1);
    const quota = new Quota();
    const ports: Ports = {
      connections: this.#watched(new ArmConnections(arm.networkClients(0), quota)),
      metrics: fakePorts().metrics,
      publisher: fakePorts().publisher,
      finder: new GraphServiceFinder(arm.graphClient(), readers, subscriptions),
      policies: new PolicyStore(tables.policies),
      versions: new PolicyVersionTable(tables.policies),
      consumers: new ConsumerTable(tables.consumers),
      ...openLedger(tables.ledger, clock),
      index: new AuditIndex(tables.index),
      ...{ notifier, directory, clock, log },
      watch: new WatchTable(tables.services, tables.reviews, clock, leaseSeconds),
      sweeps: new SweepJournalRow(tables.services),
      settings: {
        ...fakePorts().settings,
        ...{ mode: "enforce", tenantId: "22222222-0000-4000-8000-000000000002" },
        fallbackReviewers: [{ group: reviewers, name: "fallback reviewers", approvals: 1 }],
      },
    };
    const whole: Ports = { ...ports, ...sabotage?.(ports, tables) };
    const wrapped = mortal.map((name) => [name, mortalPort(whole[name], name, this.#life)]);
    return { ...whole, ...Object.fromEntries(wrapped) };
  }

  #watched(connections: Connections): Connections {
    const { beforeWrite } = this.#around;
    return {
      read: (service) => connections.read(service),
      write: async (connection, status, description, mayStill) => {
        await beforeWrite(connection.id, status);
        return connections.write(connection, status, description, mayStill);
      },
      remove: async (connection, mayStill) => {
        await beforeWrite(connection.id, "removed");
        return connections.remove(connection, mayStill);
      },
    };
  }
}
