import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { TableEntity } from "@azure/data-tables";
import { health } from "../../../functions/health.ts";
import { pointerColumns, versionColumns, versionKey } from "../../../src/azure/policy-rows.ts";
import { policyDigest } from "../../../src/policy/digest.ts";
import { anchorChains } from "../../../src/workflow/anchor-chains.ts";
import { reconcile } from "../../../src/workflow/reconcile.ts";
import { FakeLog } from "../../fakes/log.ts";
import type { Channel } from "../channel.ts";
import { api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

type Check = { readonly name: string; readonly status: string; readonly detail: string };

/** What health tells whom, and what plgate does while something is wrong. */
export function healthSuite(world: World, channel: Channel): void {
  async function asked() {
    const { status, body } = await api(world, health, { as: "audrey" });
    const checks = body["checks"] as readonly Check[];
    return { status, body, check: (name: string) => checks.find((one) => one.name === name) };
  }

  /** What a new, unchanged policy store holds, to put back after the test. */
  async function keepPolicies(t: TestContext): Promise<readonly TableEntity[]> {
    const rows: TableEntity[] = [];
    for await (const { etag: _, timestamp: __, ...row } of world.storage.policies.listEntities()) {
      rows.push(row as TableEntity);
    }
    t.after(async () => {
      for await (const { partitionKey = "", rowKey = "" } of world.storage.policies.listEntities()) {
        await world.storage.policies.deleteEntity(partitionKey, rowKey);
      }
      for (const row of rows) await world.storage.policies.createEntity(row as TableEntity<object>);
      assert.equal((await asked()).check("policies")?.status, "healthy", "the policies are back");
    });
    return rows;
  }

  describe("health", () => {
    it("tells strangers that plgate is alive, and no more", async () => {
      const { status, body } = await api(world, health);
      assert.deepEqual([status, body], [200, { status: "alive" }]);
    });

    it("tells a reader what is in force, watched, waiting, and that no channel has the bot yet", async () => {
      const { status, body, check } = await asked();
      assert.deepEqual([status, body.status, body["mode"]], [200, "degraded", "enforce"]);
      assert.deepEqual(
        (body["checks"] as readonly Check[]).map(({ name }) => name),
        [
          ...["policies", "policy-record", "services", "sweep", "arm", "events", "versions", "outbox"],
          ...["queue", "requests", "oldest-request", "anchors"],
          "teams",
        ],
      );
      assert.deepEqual(check("policies")?.detail, "in force: demo-network version 1");
      assert.match(check("services")?.detail ?? "", /^\d+ Private Link Service\(s\) are watched$/);
      assert.match(check("sweep")?.detail ?? "", /^no sweep has ended yet/);
      assert.match(check("outbox")?.detail ?? "", /^0 effect\(s\) wait/);
      assert.match(check("requests")?.detail ?? "", /^0 open, 0 failed$/);
      assert.match(check("anchors")?.detail ?? "", /no chain was anchored yet/);
      assert.match(check("teams")?.detail ?? "", /no channel has the bot/);
    });

    it("is healthy once a sweep ended, the chains are anchored and the bot is in a channel", async () => {
      const { measures } = await reconcile(world.app.ports(new FakeLog()));
      await anchorChains({ ...world.app.audit, ...world.app.ports(new FakeLog()) });
      await channel.install();
      const { body, check } = await asked();
      assert.match(check("anchors")?.detail ?? "", /^the chains were anchored last at 20/);
      assert.ok(check("sweep")?.detail.startsWith(`the last complete sweep ended ${measures.lastCompleteAt}, `));
      assert.match(check("services")?.detail ?? "", /^\d+ Private Link Service\(s\) are watched$/);
      assert.equal(check("oldest-request")?.detail, "no request waits for a decision");
      assert.equal(check("teams")?.detail, "the bot is in General, privatelink-approvals");
      assert.equal(body.status, "healthy", JSON.stringify(body));
    });

    it("says that a broken policy is not in force; the one before it decides meanwhile", async (t) => {
      await keepPolicies(t);
      // As another engine might have published it: this one cannot compile it.
      const source = "apiVersion: plgate/v9\nkind: ApprovalPolicy\nname: demo-network\nrules: [\n";
      const version = { version: 2, sha256: policyDigest(source) };
      const by = { author: "another engine", note: "", at: new Date().toISOString() };
      const { policies } = world.storage;
      const pointer = await policies.getEntity<{ sha256: string }>("~active", "demo-network");
      const before = { version: 1, sha256: pointer.sha256 };
      const key = { partitionKey: "demo-network", rowKey: versionKey(2) };
      const who = { who: { kind: "outside" }, door: "outside", correlation: "", acknowledged: [] } as const;
      const published = { name: "demo-network", ...version, ...by, ...who };
      await policies.createEntity({ ...key, ...versionColumns(source, published) });
      const pointed = { name: "demo-network", active: version, previous: before, activation: 0, by };
      const columns = pointerColumns(pointed);
      await policies.upsertEntity({ partitionKey: "~active", rowKey: "demo-network", ...columns }, "Replace");

      const { status, body, check } = await asked();
      assert.deepEqual([status, body.status], [200, "degraded"]);
      assert.match(
        check("policies")?.detail ?? "",
        /^demo-network: version 2 is broken \(line \d+: .*\); version 1 stays in force.* In force: demo-network version 1$/,
      );
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-old-policy", service);
      const log = new FakeLog();
      await scene.settle(service, world.app, log);
      assert.equal((await customer.status("pe-old-policy")).status, "Approved");
      const { verdict } = await scene.requestOf(world, service, "pe-old-policy");
      assert.deepEqual(
        verdict?.policies.map(({ name, version }) => [name, version]),
        [["demo-network", 1]],
      );
      assert.ok(log.lines.some(({ message }) => message === "a policy is not in force as published"));
    });

    it("says that no policy is published; everything goes to people meanwhile", async (t) => {
      for (const { partitionKey, rowKey } of await keepPolicies(t)) {
        await world.storage.policies.deleteEntity(partitionKey, rowKey);
      }
      assert.equal((await asked()).check("policies")?.detail, "no policy is published: every request goes to people");
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-no-policy", service);
      await scene.settle(service, world.app);
      const request = await scene.requestOf(world, service, "pe-no-policy");
      assert.equal(request.state, "awaiting-decision");
      assert.deepEqual(
        request.reviewers.map(({ name }) => name),
        ["fallback reviewers"],
      );
    });

    it("says that the bytes of a policy are not those that were published; nothing is decided by it", async (t) => {
      await keepPolicies(t);
      const { policies } = world.storage;
      const key = { partitionKey: "demo-network", rowKey: versionKey(1) };
      const source0 = Buffer.from("everybody is welcome");
      await policies.updateEntity({ ...key, source0 }, "Merge");
      // A host that has compiled it before may go on with what it compiled: only another one reads the store.
      const fresh = await world.compose();
      const { checks } = await fresh.health(new FakeLog());
      assert.match(checks.find(({ name }) => name === "policies")?.detail ?? "", /version 1 cannot be trusted/);
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-tampered", service);
      await scene.settle(service, fresh);
      assert.equal((await scene.requestOf(world, service, "pe-tampered")).state, "awaiting-decision");
    });
  });
}
