import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as seed from "../../../local/seed.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { reconcile } from "../../../src/workflow/reconcile.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const byHand = "Approved by somebody else while plgate had the request.";

/** What others approve beside plgate on the local ARM, as one sweep and the reviews that it wakes find it. */
export function driftSuite(world: World): void {
  /** One sweep, and all that comes of it. */
  async function sweep(): Promise<void> {
    await reconcile(world.app.ports(new FakeLog()));
    while ((await scene.workQueue(world)) > 0);
  }

  async function foundAt(service: scene.Service): Promise<readonly string[]> {
    const { findings } = await world.app.ports(new FakeLog()).ledger.unsettled(serviceKey(service.ref.id));
    return findings.map(({ kind, what }) => `${kind}: ${what}`).sort();
  }

  const told = async (service: scene.Service) =>
    (await scene.auditOf(world, service)).filter(({ kind }) => kind.startsWith("drift-")).map(({ what }) => what);

  describe("an approval beside plgate is found by the next sweep, told once, and cleared when it is over", () => {
    it("of a person in the portal", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask("pe-portal", service);
      await sweep();
      await scene.decideInPortal(world, service, "pe-portal", "Approved");
      for (let times = 0; times < 2; times += 1) await sweep();
      assert.deepEqual(await told(service), [byHand]);
      assert.equal((await scene.requestOf(world, service, "pe-portal")).state, "resolved-elsewhere");

      await scene.decideInPortal(world, service, "pe-portal", "Rejected");
      await sweep();
      assert.deepEqual(await told(service), [byHand, "The connection is Rejected."]);
      assert.ok(!(await foundAt(service)).some((line) => line.startsWith("approved-outside")));
    });

    it("of Azure itself, for a subscription on the service's list", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await sweep();
      await scene.letIn(world, service, customer.subscriptionId);
      await customer.ask("pe-listed", service);
      assert.equal((await customer.status("pe-listed")).status, "Approved");
      for (let times = 0; times < 2; times += 1) await sweep();
      const [outside, list] = await foundAt(service);
      assert.match(outside ?? "", /^approved-outside: Approved by Azure itself/);
      assert.match(list ?? "", /^auto-approval: Azure's auto-approval lets one subscription in/);
      assert.equal((await told(service)).length, 1);
    });

    it("of a registered customer, whom policy would approve: adopted, without a write to ARM", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await scene.letIn(world, service, customer.subscriptionId);
      await customer.ask("pe-gold", service);
      await sweep();
      assert.equal((await scene.requestOf(world, service, "pe-gold")).state, "approved");
      const kinds = scene.kinds(await scene.auditOf(world, service));
      assert.deepEqual(kinds, ["drift-detected", "requested", "evaluated", "decided", "kept"]);
      assert.equal(scene.writesOn(world, service).size, 0);
    });

    it("of a consumer with the right to approve for itself", async () => {
      const service = await scene.aService(world, { env: "test" });
      const own = scene.customerOf(world, seed.consumers.shipping);
      await scene.connectByRight(world, own, service, "pe-own");
      for (let times = 0; times < 2; times += 1) await sweep();
      assert.equal((await told(service)).length, 1);
      assert.ok((await foundAt(service)).includes("approved-outside: Approved, and no decision of plgate says so."));
    });
  });
}
