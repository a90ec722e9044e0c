import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { ArmFault } from "../../../local/arm/faults.ts";
import * as seed from "../../../local/seed.ts";
import type { App } from "../../../src/compose.ts";
import type { Lease, Ports } from "../../../src/workflow/ports.ts";
import { reviewService } from "../../../src/workflow/review-service.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import { until, type World } from "../world.ts";

type Fault = ArmFault extends infer One ? (One extends { path: string } ? Omit<One, "path" | "method"> : never) : never;

const once = ["requested", "evaluated", "decided", "applied"];

/** ARM that is locked, throttled, slow, or loses its answers: whatever it does, everything is approved and told once. */
export function busyArmSuite(world: World): void {
  /** A registered customer's request that waits at a service of its own. */
  async function waiting(endpoint: string) {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world, "gold");
    await customer.ask(endpoint, service);
    return { service, customer, endpoint };
  }
  type Waiting = Awaited<ReturnType<typeof waiting>>;

  const connectionsOf = ({ service }: Waiting) =>
    `*/privateLinkServices/${service.ref.name}/privateEndpointConnections/*`;

  async function assertApprovedOnce({ service, customer, endpoint }: Waiting): Promise<void> {
    const writes = [...scene.writesOn(world, service).values()].flat();
    assert.equal((await customer.status(endpoint)).status, "Approved", `ARM answered ${writes}`);
    assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), once, `ARM answered ${writes}`);
  }

  describe("ARM that fails once or twice", { concurrency: true }, () => {
    const error = (code: string) => ({ error: { code, message: `told to say ${code}` } });
    const cases: Readonly<Record<string, { readonly fault: Fault; readonly writes: readonly number[] }>> = {
      "throttled without a hint": { fault: { status: 429, body: error("RetryableError") }, writes: [429, 200] },
      "throttled with Retry-After": {
        fault: { status: 429, headers: { "retry-after": "1" }, body: error("SubscriptionRequestsThrottled") },
        writes: [429, 200],
      },
      "busy with another operation": {
        fault: { status: 409, body: error("AnotherOperationInProgress") },
        writes: [409, 200],
      },
      "out of order": { fault: { status: 500, body: error("InternalServerError"), times: 2 }, writes: [500, 500, 200] },
      "behind a gateway that answers HTML": {
        fault: { status: 502, body: "<html>Bad Gateway</html>", times: 2 },
        writes: [502, 502, 200],
      },
      "changed in between": { fault: { status: 412, body: error("PreconditionFailed") }, writes: [412, 200] },
      "slow to answer": { fault: { delayMs: 300 }, writes: [200] },
      "cut off before the write": { fault: { reset: "before" }, writes: [0, 200] },
      "cut off after the write took effect": { fault: { reset: "after" }, writes: [0] },
    };
    const staged = new Map<string, Waiting>();
    before(async () => {
      const names = Object.keys(cases);
      const all = await Promise.all(
        names.map((name, n) => waiting(`pe-busy-${n}`).then((one) => [name, one] as const)),
      );
      for (const [name, one] of all) staged.set(name, one);
      const faults = all.map(([name, one]) => ({ method: "PUT", path: connectionsOf(one), ...cases[name]?.fault }));
      world.arm.orderFaults(faults as readonly ArmFault[]);
    });
    for (const [name, { writes }] of Object.entries(cases)) {
      it(`is ${name}: the connection is approved once, and told once`, async () => {
        const one = staged.get(name);
        assert.ok(one);
        await scene.settle(one.service, world.app);
        await assertApprovedOnce(one);
        assert.deepEqual([...scene.writesOn(world, one.service).values()], [writes]);
      });
    }
  });

  describe("ARM that refuses", () => {
    it("leaves a failed request with its code for an operator, and tries again later", async (t) => {
      const one = await waiting("pe-forbidden");
      const body = { error: { code: "RequestDisallowedByPolicy", message: "A policy says no." } };
      scene.armFails(world, t, [{ method: "PUT", path: connectionsOf(one), status: 403, body }]);
      await scene.settle(one.service, world.app);
      const request = await scene.requestOf(world, one.service, one.endpoint);
      assert.deepEqual(
        [request.state, request.failure?.code, request.failure?.attempts],
        ["failed", "RequestDisallowedByPolicy", 1],
      );
      assert.match(request.failure?.message ?? "", /An Azure Policy refuses it/);
      const { checks } = await world.app.health(new FakeLog());
      assert.match(checks.find(({ name }) => name === "requests")?.detail ?? "", /[1-9]\d* failed/);

      await scene.settle(one.service, world.app);
      assert.deepEqual([...scene.writesOn(world, one.service).values()], [[403]], "not before its time");
      const inAnHour = { now: () => new Date(Date.now() + 3_600_000) };
      await reviewService(one.service.ref, "timer", { ...world.app.ports(new FakeLog()), clock: inAnHour });
      assert.equal((await scene.requestOf(world, one.service, one.endpoint)).state, "approved");
    });

    it("ends the request as withdrawn when the connection is gone at the moment of the write", async (t) => {
      const one = await waiting("pe-vanished");
      const code = "PrivateEndpointConnectionCannotBeCreatedByServiceProvider";
      const body = { error: { code, message: "no such connection" } };
      scene.armFails(world, t, [{ method: "PUT", path: connectionsOf(one), status: 400, body }]);
      await reviewService(one.service.ref, "event", world.app.ports(new FakeLog()));
      const [first] = await scene.auditOf(world, one.service);
      const ofFirst = (await scene.auditOf(world, one.service)).filter(
        ({ requestId }) => requestId === first?.requestId,
      );
      assert.deepEqual(scene.kinds(ofFirst), ["requested", "evaluated", "decided", "withdrawn"]);
    });
  });

  describe("a rival who writes to the same service", () => {
    for (const answer of ["429-bare", "409", "mixed"] as const) {
      it(`makes plgate wait (lock answers ${answer}), and the connection is approved once`, async (t) => {
        scene.armWith(world, t, { "lock.answer": answer });
        const one = await waiting("pe-locked");
        const rival = await scene.aCustomer(world);
        await rival.ask("pe-rival", one.service);
        const { name } = await scene.connectionOf(world, one.service, "pe-rival");
        const { privateLinkServices } = scene.providerClient(world);
        const place = [seed.providerGroup, one.service.ref.name] as const;
        let held: Promise<unknown> | undefined;
        /** A person approves the other connection in the portal, between plgate's read and its write. */
        const rivalWrites = async () => {
          world.arm.changeSettings({ "latency.writeMs": 1000 });
          held = privateLinkServices.updatePrivateEndpointConnection(...place, name, {
            privateLinkServiceConnectionState: { status: "Approved", description: "by hand", actionsRequired: "None" },
          });
          await until("the rival's lock", async () => {
            const { provisioningState } = await privateLinkServices.get(...place);
            return provisioningState === "Updating";
          });
          world.arm.changeSettings({ "latency.writeMs": 5 });
        };
        const ports = world.app.ports(new FakeLog());
        const write: Ports["connections"]["write"] = async (...args) => {
          if (!held) await rivalWrites();
          return ports.connections.write(...args);
        };
        const { connections: real } = ports;
        const connections = { read: real.read.bind(real), remove: real.remove.bind(real), write };
        await reviewService(one.service.ref, "event", { ...ports, connections });
        await held;
        await scene.settle(one.service, world.app);

        const request = await scene.requestOf(world, one.service, "pe-locked");
        assert.equal(request.state, "approved");
        assert.deepEqual(scene.kinds(await scene.auditOf(world, one.service, request)), once);
        const [refused, ...rest] = scene.writesOn(world, one.service).get(request.connectionName.toLowerCase()) ?? [];
        assert.ok(refused === 429 || refused === 409, `the lock was met (${refused})`);
        assert.equal(rest.at(-1), 200);
        assert.equal(rest.filter((status) => status === 200).length, 1);
      });
    }
  });

  describe("a burst", () => {
    it("of 30 connections on 3 services, with locks and latency on, costs at most 1.05 writes and 0.5 reads each", async (t) => {
      scene.armWith(world, t, {
        "lock.answer": "mixed",
        "latency.readMs": 5,
        "latency.writeMs": { p50: 15, p99: 60 },
      });
      const services = await Promise.all([1, 2, 3].map(() => scene.aService(world)));
      const customers = await Promise.all([1, 2].map(() => scene.aCustomer(world, "gold")));
      await Promise.all(
        customers.flatMap((customer) =>
          services.flatMap((service) =>
            [1, 2, 3, 4, 5].map((n) => customer.ask(`pe-burst-${n}-${service.ref.name}`, service)),
          ),
        ),
      );
      const before = world.arm.counts().byCaller[seed.appIdentity.objectId];
      await Promise.all(services.map((service) => scene.settle(service, world.app)));
      const after = world.arm.counts().byCaller[seed.appIdentity.objectId];
      const spent = (kind: "read" | "write") => (after?.[kind] ?? 0) - (before?.[kind] ?? 0);
      for (const service of services) {
        const writes = scene.writesOn(world, service);
        assert.equal(writes.size, 10);
        for (const [connection, answers] of writes) {
          assert.equal(answers.filter((status) => status === 200).length, 1, `${connection}: ${answers}`);
        }
        assert.equal((await scene.auditOf(world, service)).filter(({ kind }) => kind === "applied").length, 10);
      }
      t.diagnostic(`30 approvals cost ${spent("write")} writes and ${spent("read")} reads of ARM`);
      assert.ok(spent("write") <= 31, `${spent("write")} writes for 30 approvals`);
      assert.ok(spent("read") <= 15, `${spent("read")} reads for 30 approvals`);
    });
  });

  describe("two hosts", () => {
    async function five() {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await Promise.all([1, 2, 3, 4, 5].map((n) => customer.ask(`pe-two-${n}`, service)));
      return service;
    }
    async function assertFiveApproved(service: scene.Service) {
      const audit = await scene.auditOf(world, service);
      for (const kind of once) assert.equal(audit.filter((event) => event.kind === kind).length, 5, kind);
      assert.equal(audit.length, 20, scene.kinds(audit).join(", "));
    }

    it("that review at once approve each connection once", async () => {
      const other = await world.compose();
      const service = await five();
      await Promise.all([world.app, other, world.app, other].map((app) => scene.settle(service, app)));
      await assertFiveApproved(service);
      assert.deepEqual(
        [...scene.writesOn(world, service).values()],
        Array.from({ length: 5 }, () => [200]),
      );
    });

    it("that both believe to hold the lease decide nothing twice and tell nothing twice", async (t) => {
      scene.armWith(world, t, { "lock.answer": "none" });
      const other = await world.compose();
      const service = await five();
      const blind = (app: App) => settleWith(service, { ...app.ports(new FakeLog()), watch: everybodysLease(app) });
      await Promise.all([world.app, other, world.app].map(blind));
      await assertFiveApproved(service);
    });

    it("of which one reads ARM and is then overtaken by the other take no old news for a new request", async () => {
      const other = await world.compose();
      const service = await five();
      const ports = other.ports(new FakeLog());
      const read: Ports["connections"]["read"] = async (ref) => {
        const shown = await ports.connections.read(ref);
        await scene.settle(service, world.app);
        return shown;
      };
      const { connections: real } = ports;
      const connections = { read, write: real.write.bind(real), remove: real.remove.bind(real) };
      await settleWith(service, { ...ports, connections, watch: everybodysLease(other) });
      await assertFiveApproved(service);
      assert.deepEqual(
        [...scene.writesOn(world, service).values()],
        Array.from({ length: 5 }, () => [200]),
      );
    });
  });
}

/** Gives the lease to whoever asks, as when clocks are wrong or a host was frozen for longer than its lease. */
function everybodysLease(app: App): Ports["watch"] {
  const { watch } = app.ports(new FakeLog());
  return {
    wake: async () => {},
    begin: async (service) => {
      const lease: Lease = { service, mayWrite: () => true, renew: async () => true };
      return { kind: "leased", lease, wanted: 1 };
    },
    end: async () => false,
    list: () => watch.list(),
  };
}

async function settleWith({ ref }: scene.Service, ports: Ports): Promise<void> {
  await until(`the review of ${ref.name}`, async () => {
    const outcome = await reviewService(ref, "event", ports);
    return outcome.kind === "settled" ? outcome : undefined;
  });
}
