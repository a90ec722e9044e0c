import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before } from "node:test";
import type { RecordedExchange } from "../../local/arm/recorder.ts";
import { type RunningArm, startArm } from "../../local/arm/server.ts";
import { clientOf, polling, quiet, readToken, testAuthority } from "../../local/arm/test-arm.ts";
import * as arm from "../../local/arm/test-world.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { AuditIndex } from "../../src/azure/audit-index.ts";
import { GuardedConnections, ReadFailures } from "../../src/azure/guarded-connections.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { ArmConnections } from "../../src/azure/private-link.ts";
import { ensureTables, openStorage } from "../../src/azure/storage.ts";
import { WatchTable } from "../../src/azure/watch-table.ts";
import { parseServiceId, type ServiceRef } from "../../src/connection/arm-id.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { consumer } from "../builders.ts";
import { FakeLog } from "../fakes/log.ts";
import { fakePorts } from "../fakes/ports.ts";

/*
 * Several hosts on one Azurite and one local ARM, through the real adapters; each with a clock of its own that is wrong by
 * minutes. Time passes for all of them when a test says so, as it does while one of them is paused.
 */

export const reviewers = "55555555-0000-4000-8000-000000000005";
export const megan = "aaaaaaaa-0000-4000-8000-000000000001";
const leaseSeconds = 30;

const policy = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: hosts
defaultReview: { by: [network] }
reviewers: { network: { entraGroup: ${reviewers} } }
rules:
  - { id: customer, effect: approve, because: A registered customer., when: { consumer.registered: true } }
`;

/** Where a host can be held: at its n-th call there. */
export type Point = "after-read" | "before-write" | "after-write" | "before-commit" | "after-commit";

export type Host = {
  readonly name: string;
  readonly ports: Ports;
  /** Holds the host at this point, as a paused process is; gives what lets it go on, once it is there. */
  readonly hold: (point: Point, nth?: number) => { readonly reached: Promise<void>; readonly release: () => void };
};

export type Hosts = Awaited<ReturnType<typeof openHosts>>;

/** Azurite and ARM for the tests of one file; `open` gives hosts on a prefix of their own. */
export function hostsWorld() {
  let azurite: Azurite | undefined;
  let running: RunningArm | undefined;
  let ca = "";
  const exchanges: RecordedExchange[] = [];
  before(async () => {
    const authority = await testAuthority();
    ca = authority.caPem;
    const names = Array.from({ length: 60 }, (_, n) => `pls-${n}`);
    [azurite, running] = await Promise.all([
      startAzurite({ inMemory: true }),
      startArm({
        port: 0,
        tls: authority,
        verifyToken: async (jwt) => readToken(jwt),
        seed: { ...arm.testSeed, services: names.map((name) => arm.seededService(name)) },
        randomSeed: 11,
        record: (exchange) => exchanges.push(exchange),
        settings: { ...quiet, "casing.mixed": true, "latency.writeMs": 5 },
      }),
    ]);
  });
  after(async () => {
    await Promise.all([azurite?.stop(), running?.stop()]);
  });
  let used = 0;
  return {
    open: async (skews: readonly number[]) => {
      assert.ok(azurite && running);
      used += 1;
      return openHosts({ azurite, url: running.url, ca, exchanges, service: `pls-${used}` }, skews);
    },
  };
}

type Places = {
  readonly azurite: Azurite;
  readonly url: string;
  readonly ca: string;
  readonly exchanges: readonly RecordedExchange[];
  readonly service: string;
};

async function openHosts({ azurite, url, ca, exchanges, service }: Places, skews: readonly number[]) {
  const prefix = `h${randomBytes(8).toString("hex")}`;
  const open = () => openStorage({ connectionString: azurite.connectionString }, prefix);
  assert.deepEqual(await ensureTables(open()), []);
  const shared = fakePorts([], { fallbackReviewers: [{ group: reviewers, name: "fallback", approvals: 1 }] });
  const compiled = compilePolicy(policy, "hosts.yaml");
  assert.ok(compiled.ok);
  shared.policies.set([{ policy: compiled.policy, version: 1 }]);
  await shared.consumers.put(consumer({ subscriptionId: arm.consumerSub }));
  shared.directory.add(reviewers, megan);
  const time = { passedMs: 0 };
  const ref = parseServiceId(arm.serviceId(service));
  assert.ok(ref);
  const clientFor = (caller: typeof arm.provider, subscriptionId: string) =>
    clientOf(url, ca, { caller, subscriptionId, retryOptions: { maxRetries: 0 } });

  const host = (minutes: number, n: number): Host => {
    const storage = open();
    const clock = { now: () => new Date(Date.now() + time.passedMs + minutes * 60_000) };
    const log = new FakeLog();
    const arms = new ArmConnections(async (subscriptionId) => clientFor(arm.approver, subscriptionId));
    const connections = new GuardedConnections(arms, new ReadFailures(), log);
    const real: Ports = {
      ...shared,
      ...{ connections, clock, log, ...openLedger(storage.ledger, clock) },
      index: new AuditIndex(storage.index),
      watch: new WatchTable(storage.services, storage.reviews, clock, leaseSeconds),
    };
    return { name: `host ${n} (${minutes} min)`, ...holdable(real) };
  };
  const hosts = skews.map(host);

  const work = async (one: Host) => {
    for (let look = 0; look < 30; look += 1) {
      const outcome = await reviewService(ref, "timer", one.ports);
      if (outcome.kind === "settled") return dispatchLeftOver(one.ports);
      time.passedMs += outcome.seconds * 1000;
    }
    return assert.fail(`${one.name} never settled`);
  };
  return {
    hosts,
    ref,
    notifier: shared.notifier,
    storage: open(),
    /** A consumer asks; the registered one is approved by policy, the stranger's request goes to people. */
    ask: (endpoint: string, who: "customer" | "stranger") =>
      putEndpoint(clientFor, service, `${endpoint}-of-${service}`, who),
    remove: (endpoint: string) =>
      clientFor(arm.consumer, arm.consumerSub).privateEndpoints.delete("rg-app", `${endpoint}-of-${service}`, polling),
    pass: (seconds: number) => {
      time.passedMs += seconds * 1000;
    },
    work,
    /** What ARM shows, by endpoint. */
    shown: async () => {
      const found = await clientFor(arm.provider, arm.providerSub).privateLinkServices.get("rg-services", service);
      return Object.fromEntries(
        (found.privateEndpointConnections ?? []).map((one) => [
          (one.name ?? "").split("-of-")[0],
          one.privateLinkServiceConnectionState?.status,
        ]),
      );
    },
    /** The states that plgate wrote, for each connection in the order of the writes; refused ones are left out. */
    written: () => writesOf(exchanges, ref),
  };
}

type ClientFor = (caller: typeof arm.provider, subscriptionId: string) => ReturnType<typeof clientOf>;

async function putEndpoint(clientFor: ClientFor, service: string, endpoint: string, who: "customer" | "stranger") {
  const [caller, sub] = who === "customer" ? [arm.consumer, arm.consumerSub] : [arm.stranger, arm.strangerSub];
  const body = arm.endpointBody({ target: arm.serviceId(service), subscriptionId: sub });
  await clientFor(caller, sub).privateEndpoints.createOrUpdate("rg-app", endpoint, body, polling);
}

function writesOf(exchanges: readonly RecordedExchange[], ref: ServiceRef): ReadonlyMap<string, readonly string[]> {
  const written = new Map<string, string[]>();
  for (const { request, response } of exchanges) {
    const [path = "", connection = ""] =
      request.url.toLowerCase().split("?")[0]?.split("/privateendpointconnections/") ?? [];
    if (request.method !== "PUT" || response?.status !== 200 || !path.endsWith(ref.id)) continue;
    const status = /"status":"(\w+)"/.exec(JSON.stringify(request.body))?.[1] ?? "(none)";
    written.set(connection, [...(written.get(connection) ?? []), status]);
  }
  return written;
}

/** The ports of a host that can be held. */
function holdable(real: Ports): Pick<Host, "ports" | "hold"> {
  const holds: { point: Point; left: number; arrive: () => void; released: Promise<void> }[] = [];
  const gate = async (point: Point) => {
    for (const hold of holds) {
      if (hold.point !== point) continue;
      hold.left -= 1;
      if (hold.left !== 0) continue;
      hold.arrive();
      await hold.released;
    }
  };
  const ports = { ...real, connections: wrapped(real.connections), ledger: wrapped(real.ledger) };
  ports.connections.read = async (ref) => {
    const read = await real.connections.read(ref);
    await gate("after-read");
    return read;
  };
  ports.connections.write = async (...write) => {
    await gate("before-write");
    const outcome = await real.connections.write(...write);
    await gate("after-write");
    return outcome;
  };
  ports.ledger.commit = async (step) => {
    await gate("before-commit");
    const committed = await real.ledger.commit(step);
    await gate("after-commit");
    return committed;
  };
  const hold = (point: Point, nth = 1) => {
    const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    holds.push({ point, left: nth, arrive: arrived.resolve, released: released.promise });
    return { reached: arrived.promise, release: released.resolve };
  };
  return { ports, hold };
}

/** An object with all that another one can do, for changing some of it. */
function wrapped<T extends object>(inner: T): T {
  return new Proxy({} as T, {
    get: (own, name) => {
      const mine: unknown = Reflect.get(own, name);
      if (mine !== undefined) return mine;
      const its: unknown = Reflect.get(inner, name, inner);
      return typeof its === "function" ? its.bind(inner) : its;
    },
  });
}
