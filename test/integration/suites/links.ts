import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { odata } from "@azure/data-tables";
import { linkDetail } from "../../../functions/link-detail.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import type { LinkHolder } from "../../../src/workflow/link-holder.ts";
import { FakeLog } from "../../fakes/log.ts";
import { api } from "../http-call.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

/** Who is behind a LinkID, and a LinkID that Azure shows late: whether and when it does nobody outside can tell ([U]). */
export function linksSuite(world: World): void {
  const ask = async (linkId: string) => {
    const { status, body } = await api(world, linkDetail, {
      as: "audrey",
      path: `/links/${linkId}`,
      params: { linkId },
    });
    return { status, body, holders: (body["requests"] ?? []) as readonly LinkHolder[] };
  };
  const marks = async ({ ref }: scene.Service) => {
    const filter = odata`PartitionKey eq ${serviceKey(ref.id)} and RowKey ge ${"p|"} and RowKey lt ${"p}"}`;
    let count = 0;
    for await (const _ of world.storage.ledger.listEntities({ queryOptions: { filter } })) count += 1;
    return count;
  };

  describe("the LinkID", () => {
    it("leads to the consumer, the request and the approval", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-behind", service);
      await scene.settle(service, world.app);
      const { linkIdentifier = "" } = await scene.connectionOf(world, service, "pe-behind");
      const hex = `0x${Number(linkIdentifier).toString(16)}`;
      for (const form of [linkIdentifier, `000${linkIdentifier}`, hex]) {
        const { status, body, holders } = await ask(form);
        assert.deepEqual([status, body["linkIdentifier"], body["notMatching"]], [200, linkIdentifier, []]);
        const [holder] = holders;
        assert.deepEqual(
          [holder?.consumer.subscriptionId, holder?.consumer.name, holder?.serviceId, holder?.approval?.by],
          [customer.subscriptionId, customer.name, service.id, { kind: "robot" }],
        );
        assert.equal(holder?.liveSince, holder?.approval?.confirmedAt);
      }
    });

    it("leads to nobody, and says what that may mean", async () => {
      const { status, body } = await ask("4294967295");
      assert.equal(status, 404);
      assert.match(body.detail ?? "", /^LinkID 4294967295 is unknown\. .*beside plgate.*later sweep/);
    });

    for (const text of ["", "x", "-1", "1.5", "4294967296", "0x1ffffffff", "' or 1 eq 1", "../audit"]) {
      it(`is not ${JSON.stringify(text)}`, async () => assert.equal((await ask(text)).status, 400));
    }

    it("shown late is found by a later look, put on record once, and leads to the consumer then", async (t) => {
      scene.armWith(world, t, { "connections.linkIdentifier": "never" });
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-late", service);
      await scene.settle(service, world.app);
      const approved = await scene.requestOf(world, service, "pe-late");
      assert.deepEqual([approved.state, approved.linkIdentifier, await marks(service)], ["approved", null, 1]);
      const watched = (await world.app.ports(new FakeLog()).watch.list()).find(({ ref }) => ref.id === service.id);
      const lookAgainInMs = (watched?.lookAgainAt?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
      assert.ok(lookAgainInMs <= 30_000, "the sweep is asked to look again soon");

      world.arm.changeSettings({ "connections.linkIdentifier": "always" });
      const { linkIdentifier = "" } = await scene.connectionOf(world, service, "pe-late");
      assert.equal((await ask(linkIdentifier)).status, 404);
      await scene.settle(service, world.app);
      await scene.settle(service, world.app);

      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), ["requested", "evaluated", "decided", "applied", "link-identified"]);
      assert.equal(await marks(service), 0);
      const { holders } = await ask(linkIdentifier);
      assert.deepEqual(
        holders.map(({ state, consumer, liveSince }) => [state, consumer.subscriptionId, liveSince]),
        [["approved", customer.subscriptionId, audit[3]?.time]],
      );
      assert.equal(scene.writesOn(world, service).size, 1);
    });

    it("is told to the consumer in the description, if that is configured and the number is known", async (t) => {
      const telling = await world.compose({ PLGATE_LINK_ID_IN_DESCRIPTION: "true" });
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-told", service);
      await scene.settle(service, telling);
      const { linkIdentifier } = await scene.connectionOf(world, service, "pe-told");
      const { id } = await scene.requestOf(world, service, "pe-told");
      const { description } = await customer.status("pe-told");
      assert.equal(description, `Approved. LinkID ${linkIdentifier}. plgate ${id}`);

      scene.armWith(world, t, { "connections.linkIdentifier": "after-approval" });
      await customer.ask("pe-untold", service);
      await scene.settle(service, telling);
      assert.match((await customer.status("pe-untold")).description, /^Approved\. plgate /);
    });
  });
}
