import type { PrivateLinkService } from "../../src/connection/connection.ts";
import type { AuditPorts } from "../../src/workflow/audit-ports.ts";
import type { Ports, Settings } from "../../src/workflow/ports.ts";
import { FakeAnchors, FakeArchive } from "./audit.ts";
import { FakeIndex } from "./audit-index.ts";
import { FakeCards } from "./cards.ts";
import { FakeClock } from "./clock.ts";
import { FakeConnections } from "./connections.ts";
import { FakeConsumers } from "./consumers.ts";
import { FakeDirectory } from "./directory.ts";
import { FakeIndexCare } from "./index-care.ts";
import { FakeLedger } from "./ledger.ts";
import { FakeLog } from "./log.ts";
import { FakeMetrics } from "./metrics.ts";
import { FakeNotifier } from "./notifier.ts";
import { FakePolicies } from "./policies.ts";
import { FakePolicyVersions } from "./policy-store.ts";
import { FakePublisher } from "./publisher.ts";
import { FakeSweeps } from "./sweeps.ts";
import { FakeWatch } from "./watch.ts";

/** Everything that the story needs, in memory. Each port is typed as the fake that it is, so that tests can script it. */
export function fakePorts(services: readonly PrivateLinkService[] = [], settings: Partial<Settings> = {}) {
  const clock = new FakeClock();
  const connections = new FakeConnections(...services);
  const ledger = new FakeLedger(clock);
  const index = new FakeIndex();
  return {
    connections,
    metrics: new FakeMetrics(),
    finder: connections,
    policies: new FakePolicies(),
    versions: new FakePolicyVersions(),
    consumers: new FakeConsumers(),
    ledger,
    outbox: ledger,
    index,
    trail: ledger,
    archive: new FakeArchive(),
    anchors: new FakeAnchors(),
    indexCare: new FakeIndexCare(index),
    cards: new FakeCards(clock),
    notifier: new FakeNotifier(),
    publisher: new FakePublisher(),
    directory: new FakeDirectory(),
    watch: new FakeWatch(clock),
    sweeps: new FakeSweeps(),
    clock,
    log: new FakeLog(),
    settings: {
      mode: "enforce",
      tenantId: "33333333-0000-0000-0000-000000000003",
      language: "en",
      fallbackReviewers: [],
      publicUrl: null,
      linkIdInDescription: false,
      revokeBy: "reject",
      natPortMetrics: false,
      ...settings,
    },
  } satisfies Ports & AuditPorts;
}
