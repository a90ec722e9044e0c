import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { searchAudit } from "../../../functions/audit-search.ts";
import { verify } from "../../../functions/audit-verify.ts";
import { health } from "../../../functions/health.ts";
import { listPolicies } from "../../../functions/policies.ts";
import { activate } from "../../../functions/policy-activate.ts";
import { policyDetail } from "../../../functions/policy-detail.ts";
import { putPolicy } from "../../../functions/policy-publish.ts";
import { policyVersion } from "../../../functions/policy-version.ts";
import { policyDigest } from "../../../src/policy/digest.ts";
import { type ApiCall, api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const params = { name: "probe" };

/** Policies over HTTP. Leaves one in force for services with the tag `app: probe`, so it comes late in its file. */
export function apiPoliciesSuite(world: World): void {
  const as = async (role: string, call: ApiCall): Promise<ApiCall> => {
    return { ...call, token: await world.issuer.mintUserToken({ user: "audrey", roles: [role] }) };
  };
  const put = async (source: string, more: Readonly<Record<string, unknown>> = {}) =>
    api(
      world,
      putPolicy,
      await as("PolicyAuthor", {
        method: "PUT",
        params,
        body: { source, note: "CHG001", acknowledge: ["untested"], ...more },
      }),
    );
  const activated = async (version: number) =>
    api(world, activate, await as("PolicyAuthor", { method: "POST", params, body: { version, note: "CHG002 back" } }));

  describe("policies over HTTP", () => {
    it("are changed by policy authors alone", async () => {
      for (const role of ["Reader", "Approver"]) {
        const body = { source: policy("approve"), note: "x" };
        const published = await api(world, putPolicy, await as(role, { method: "PUT", params, body }));
        const moved = await api(world, activate, await as(role, { method: "POST", params, body: { version: 1 } }));
        assert.deepEqual([published.status, moved.status], [403, 403]);
      }
      assert.equal((await api(world, listPolicies)).status, 401);
    });

    it("decide from the next review on, by publishing and by going back, and every decision names its version", async () => {
      const service = await scene.aService(world, { app: "probe" });
      const customer = await scene.aCustomer(world, "gold");
      const ask = async (endpoint: string) => {
        await customer.ask(endpoint, service);
        await scene.settle(service, world.app);
        const { verdict } = await scene.requestOf(world, service, endpoint);
        const version = verdict?.policies.find(({ name }) => name === "probe");
        return [verdict?.effect, version?.version, version?.sha256];
      };
      const first = await put(policy("approve"));
      assert.deepEqual([first.status, first.body["version"], first.body["inForce"]], [201, 1, true], first.text);
      assert.deepEqual(await ask("pe-one"), ["approve", 1, policyDigest(policy("approve"))]);
      assert.equal((await put(policy("review"))).status, 201);
      assert.deepEqual(await ask("pe-two"), ["review", 2, policyDigest(policy("review"))]);
      const back = await activated(1);
      assert.deepEqual([back.status, back.body["version"], back.body["changed"]], [200, 1, true]);
      assert.deepEqual(await ask("pe-three"), ["approve", 1, policyDigest(policy("approve"))]);
    });

    it("are shown with every version and its source", async () => {
      const list = await api(world, listPolicies, { as: "audrey" });
      const names = list.body.value?.map(({ name }) => name);
      assert.deepEqual(names, ["demo-network", "probe"]);
      const detail = await api(world, policyDetail, { as: "audrey", params });
      assert.deepEqual([detail.body["inForce"], detail.body["latest"]], [1, 2]);
      const versions = detail.body["versions"] as readonly Readonly<Record<string, unknown>>[];
      assert.deepEqual(
        versions.map(({ version, inForce }) => [version, inForce]),
        [
          [2, false],
          [1, true],
        ],
      );
      const two = await api(world, policyVersion, { as: "audrey", params: { ...params, version: "2" } });
      assert.deepEqual([two.body["source"], two.body["note"]], [policy("review"), "CHG001"]);
      for (const wrong of ["3", "0", "x", "~active"]) {
        const none = await api(world, policyVersion, { as: "audrey", params: { ...params, version: wrong } });
        assert.equal(none.status, 404, wrong);
      }
      assert.equal((await api(world, policyDetail, { as: "audrey", params: { name: "~active" } })).status, 404);
    });

    it("are refused with every fault, a failing test, or another name than the path's", async () => {
      const broken = await put(policy("approve").replace("consumer.tier", "consumer.teir"));
      assert.equal(broken.status, 400);
      const faults = broken.body["faults"] as readonly Readonly<Record<string, unknown>>[];
      assert.match(String(faults[0]?.["message"]), /did you mean consumer\.tier/);
      const failing = await put(policy("review"), { tests: testOf("approve") });
      assert.equal(failing.status, 400);
      assert.match(JSON.stringify(failing.body["failed"]), /expected approve/);
      const renamed = await put(policy("approve").replace("name: probe", "name: other"));
      assert.match(renamed.body.detail ?? "", /calls itself other/);
    });

    it("may be as large as a policy may be, and not larger", async () => {
      const large = (bytes: number) => `${policy("approve")}${`# ${"x".repeat(98)}\n`.repeat(bytes / 100)}`;
      const kept = await put(large(200_000), { activate: false });
      assert.equal(kept.status, 201, kept.text);
      assert.match((await put(large(270_000))).body.detail ?? "", /source: is larger than 256 KiB/);
    });

    it("leave every change in the audit, in a chain that holds", async () => {
      const { body } = await api(world, searchAudit, { as: "audrey", path: "/audit?kind=policy-activated" });
      const mine = body.value?.filter(({ what }) => String(what).includes("probe")) ?? [];
      assert.deepEqual(
        mine.map(({ what, justification }) => [what, justification]),
        [
          ["Policy probe version 1 is in force.", "CHG002 back"],
          ["Policy probe version 2 is in force.", "CHG001"],
          ["Policy probe version 1 is in force.", "CHG001"],
        ],
      );
      assert.ok(mine.every(({ who, door }) => String(who).length === 36 && door === "api"));
      const verified = await api(world, verify, { as: "audrey" });
      const chains = verified.body["chains"] as readonly Readonly<Record<string, unknown>>[];
      assert.equal(chains.find((chain) => chain["service"] === "policies")?.["ok"], true);
    });

    it("are on record, and health says so when they are not", async () => {
      const record = async () => {
        const { body } = await api(world, health, { as: "audrey" });
        const checks = body["checks"] as readonly Readonly<Record<string, unknown>>[];
        return checks.find(({ name }) => name === "policy-record");
      };
      assert.equal((await record())?.["status"], "healthy");
      const key = { partitionKey: "~active", rowKey: "probe" };
      const pointer = await world.storage.policies.getEntity(key.partitionKey, key.rowKey);
      const bent = { ...key, version: 2, sha256: policyDigest(policy("review")) };
      await world.storage.policies.updateEntity(bent, "Merge");
      const found = await record();
      assert.equal(found?.["status"], "degraded");
      assert.match(String(found?.["detail"]), /^probe version 2 is in force without a record/);
      await world.storage.policies.updateEntity(pointer as typeof key, "Replace");
      assert.equal((await record())?.["status"], "healthy");
    });
  });
}

function policy(effect: "approve" | "review"): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: probe
match: { service.tags.app: probe }
defaultReview: { by: [oncall] }
reviewers: { oncall: { entraGroup: 55555555-0000-0000-0000-000000000005 } }
rules:
  - { id: gold, effect: ${effect}, because: A probe., when: { consumer.registered: true, consumer.tier: gold } }
`;
}

function testOf(expect: string): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicyTest
policy: probe.yaml
facts:
  time.now: 2026-11-24T10:00:00Z
  service: { tags: { app: probe } }
  consumer: { registered: true, tier: gold }
cases: [{ name: gold, expect: ${expect} }]
`;
}
