import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as seed from "../../../local/seed.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const once = ["requested", "evaluated", "decided", "applied"];

/** What nobody outside Microsoft can tell about ARM ([U] in azure.md): plgate has to live with either answer. */
export function oddArmSuite(world: World): void {
  async function waiting(endpoint: string, tier?: string) {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world, tier);
    await customer.ask(endpoint, service);
    return { service, customer };
  }

  describe("ARM that answers otherwise than expected", () => {
    it("names the LinkID only after the approval: one request, and the LinkID is on record with the outcome", async (t) => {
      scene.armWith(world, t, { "connections.linkIdentifier": "after-approval" });
      const { service } = await waiting("pe-link", "gold");
      assert.equal((await scene.connectionOf(world, service, "pe-link")).linkIdentifier, undefined);
      await scene.settle(service, world.app);
      await scene.settle(service, world.app);
      const { linkIdentifier } = await scene.connectionOf(world, service, "pe-link");
      assert.ok(linkIdentifier);
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), once);
      assert.deepEqual(
        audit.map((event) => event.linkIdentifier),
        [null, null, null, linkIdentifier],
      );
      assert.equal((await scene.requestOf(world, service, "pe-link")).linkIdentifier, linkIdentifier);
    });

    it("names the LinkID only after the approval by people: still the same request", async (t) => {
      scene.armWith(world, t, { "connections.linkIdentifier": "after-approval" });
      const { service } = await waiting("pe-link-people");
      await scene.settle(service, world.app);
      world.arm.changeSettings({ "connections.linkIdentifier": "always" });
      await scene.settle(service, world.app);
      const request = await scene.requestOf(world, service, "pe-link-people");
      assert.deepEqual([request.round, request.state], [1, "awaiting-decision"]);
    });

    it("does not say whose endpoint it is: people are asked, and nothing is approved", async (t) => {
      scene.armWith(world, t, { "connections.omitPrivateEndpoint": true });
      const { service, customer } = await waiting("pe-nobody", "gold");
      await scene.settle(service, world.app);
      const request = await scene.requestOf(world, service, "pe-nobody");
      assert.deepEqual(
        [
          request.state,
          request.endpointId,
          request.consumerSubscriptionId,
          request.reviewers.map(({ group }) => group),
        ],
        ["awaiting-decision", null, null, [seed.reviewerGroup]],
      );
      assert.equal((await customer.status("pe-nobody")).status, "Pending");
      assert.equal(scene.writesOn(world, service).size, 0);
    });

    it("refuses to approve what is approved, after it lost its answer to our approval: read before it is repeated", async (t) => {
      scene.armWith(world, t, { "transitions.approvedToApproved": "refuse" });
      const { service, customer } = await waiting("pe-lost-answer", "gold");
      const path = `*/privateLinkServices/${service.ref.name}/privateEndpointConnections/*`;
      scene.armFails(world, t, [{ method: "PUT", path, reset: "after" }]);
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-lost-answer")).status, "Approved");
      assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), once);
      assert.deepEqual([...scene.writesOn(world, service).values()], [[0]], "one write, and no blind repetition");
    });

    it("changes the case of every id from answer to answer: still one request and one service", async () => {
      assert.equal(world.arm.settings()["casing.mixed"], true, "as in all these tests");
      const { service } = await waiting("pe-CaSe", "gold");
      for (const look of [1, 2, 3, 4, 5]) {
        await scene.settle(service, world.app);
        assert.equal((await scene.auditOf(world, service)).length, 4, `after look ${look}`);
      }
    });

    it("shows a status that nobody knows: left alone and reported", async () => {
      const { service, customer } = await waiting("pe-strange", "gold");
      await scene.plantStatus(world, service, "pe-strange", "Quarantined");
      const log = new FakeLog();
      await scene.settle(service, world.app, log);
      const line = log.lines.find(({ message }) => /unknown status and is left alone/.test(message));
      assert.equal(line?.fields["status"], "Quarantined");
      assert.deepEqual(await scene.auditOf(world, service), []);
      assert.equal(scene.writesOn(world, service).size, 0);
      assert.equal((await customer.status("pe-strange")).status, "Quarantined");
    });

    it("calls a removed connection Disconnected or Removed: the request ends either way", async (t) => {
      for (const name of ["Disconnected", "Removed"] as const) {
        scene.armWith(world, t, { "connections.removedShowsAs": name });
        const { service } = await waiting(`pe-${name.toLowerCase()}`);
        await scene.settle(service, world.app);
        await scene.removeConnection(world, service, `pe-${name.toLowerCase()}`);
        await scene.settle(service, world.app);
        const last = (await scene.auditOf(world, service)).at(-1);
        assert.ok(["withdrawn", "resolved-elsewhere"].includes(last?.kind ?? ""), `${name}: ${last?.kind}`);
      }
    });
  });

  describe("the mode", () => {
    it("observe writes nothing to ARM and posts no card; enforce on the same storage then carries it out", async () => {
      const observe = await world.compose({ PLGATE_MODE: "observe" });
      const { service, customer } = await waiting("pe-observed", "gold");
      await scene.settle(service, observe);
      const held = await scene.requestOf(world, service, "pe-observed");
      assert.deepEqual([held.state, held.held], ["awaiting-decision", { mode: "observe", effect: "approve" }]);
      assert.equal(scene.writesOn(world, service).size, 0);
      assert.equal((await customer.status("pe-observed")).status, "Pending");
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-observed")).status, "Approved");
      const kinds = ["requested", "evaluated", "decided", "evaluated", "decided", "applied"];
      assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), kinds);
    });

    it("approve-only approves, and holds a rejection back", async () => {
      const careful = await world.compose({ PLGATE_MODE: "approve-only" });
      const { service, customer } = await waiting("pe-yes", "gold");
      const blocked = scene.customerOf(world, seed.consumers.blocked);
      await blocked.ask("pe-held", service);
      await scene.settle(service, careful);
      assert.equal((await customer.status("pe-yes")).status, "Approved");
      assert.equal((await blocked.status("pe-held")).status, "Pending");
      const held = await scene.requestOf(world, service, "pe-held");
      assert.deepEqual(held.held, { mode: "approve-only", effect: "reject" });
    });
  });
}
