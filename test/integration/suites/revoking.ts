import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArmFault } from "../../../local/arm/faults.ts";
import type { App } from "../../../src/compose.ts";
import { parseConnectionId } from "../../../src/connection/arm-id.ts";
import { connectionKey, serviceKey } from "../../../src/requests/request-id.ts";
import { reviewService } from "../../../src/workflow/review-service.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const ended = /^Access ended: it was given for a limited time and was not renewed\. plgate [a-z2-7-]+-2$/;

/** An approval whose time is over, from the card that warns to what the consumer's own client sees. */
export function revokingSuite(world: World): void {
  async function approved(endpoint: string, app: App) {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world, "gold");
    await customer.ask(endpoint, service);
    await scene.settle(service, app);
    const { id } = await scene.connectionOf(world, service, endpoint);
    const { ledger } = app.ports(new FakeLog());
    const key = serviceKey(service.ref.id);
    const [approval] = (await ledger.unsettled(key)).approvals;
    assert.ok(approval);
    // As if it had been given for two weeks that end now.
    await ledger.rememberApproval(key, { ...approval, expiresAt: new Date().toISOString(), lasts: "P14D" });
    const connection = parseConnectionId(id);
    assert.ok(connection);
    return { service, customer, endpoint, connection: connection.id };
  }
  type Approved = Awaited<ReturnType<typeof approved>>;

  /** Reviews the service as a host does whose clock is so many minutes ahead. */
  async function reviewAhead({ service }: Approved, app: App, minutes: number): Promise<void> {
    const clock = { now: () => new Date(Date.now() + minutes * 60_000) };
    for (let look = 0; look < 3; look += 1) {
      await reviewService(service.ref, "timer", { ...app.ports(new FakeLog()), clock });
    }
  }

  async function latest({ service, connection }: Approved) {
    const stored = await world.app
      .ports(new FakeLog())
      .ledger.latestOf(serviceKey(service.ref.id), connectionKey(connection));
    assert.ok(stored?.request.live);
    return stored.request;
  }

  const kindsOf = async ({ service }: Approved) => scene.kinds(await scene.auditOf(world, service)).slice(-4);
  const removing = () => world.compose({ PLGATE_REVOKE_BY: "remove" });
  const deletesOf = ({ service }: Approved) => `*/privateLinkServices/${service.ref.name}/privateEndpointConnections/*`;

  describe("an approval whose time is over", () => {
    it("is rejected on ARM after its card had its hour, and the consumer reads why", async () => {
      const one = await approved("pe-over", world.app);
      await reviewAhead(one, world.app, 1);
      assert.equal((await one.customer.status("pe-over")).status, "Approved");
      assert.deepEqual((await latest(one)).state, "awaiting-decision");
      await reviewAhead(one, world.app, 62);
      const { status, description } = await one.customer.status("pe-over");
      assert.equal(status, "Rejected");
      assert.match(description, ended);
      assert.deepEqual(await kindsOf(one), ["requested", "revoking", "decided", "revoked"]);
      assert.deepEqual(
        (await world.app.ports(new FakeLog()).ledger.unsettled(serviceKey(one.service.ref.id))).approvals,
        [],
      );
    });

    it("fails where Azure never rejects what is Approved, and says what to set; removing then takes it away", async (t) => {
      const one = await approved("pe-stuck", world.app);
      await reviewAhead(one, world.app, 1);
      scene.armWith(world, t, { "transitions.approvedToRejected": "refuse" });
      await reviewAhead(one, world.app, 62);
      const failed = await latest(one);
      assert.deepEqual([failed.state, failed.failure?.code, failed.failure?.attempts], ["failed", "BadRequest", 1]);
      assert.match(failed.failure?.message ?? "", /PLGATE_REVOKE_BY=remove/);
      assert.equal((await one.customer.status("pe-stuck")).status, "Approved");

      await scene.letRemove(world);
      await reviewAhead(one, await removing(), 80);
      assert.equal((await one.customer.status("pe-stuck")).status, "Disconnected");
      assert.deepEqual((await kindsOf(one)).slice(-2), ["failed", "revoked"]);
    });
  });

  describe("access that is taken away by removing the connection", () => {
    const answers: Readonly<Record<string, Partial<ArmFault> | undefined>> = {
      "that ARM carries out": undefined,
      "whose answer is lost before ARM began": { reset: "before" },
      "whose answer is lost after ARM began": { reset: "after" },
      "while ARM is busy": { status: 429, body: { error: { code: "RetryableError", message: "told to" } } },
    };
    for (const [name, fault] of Object.entries(answers)) {
      it(`${name}: the endpoint is left as a dead record, and it is told once`, async (t) => {
        await scene.letRemove(world);
        const app = await removing();
        const one = await approved("pe-removed", app);
        await reviewAhead(one, app, 1);
        const ordered = { method: "DELETE", path: deletesOf(one), ...fault } as ArmFault;
        if (fault) scene.armFails(world, t, [ordered]);
        await reviewAhead(one, app, 62);
        await reviewAhead(one, app, 64);
        assert.equal((await one.customer.status("pe-removed")).status, "Disconnected");
        assert.deepEqual(await kindsOf(one), ["requested", "revoking", "decided", "revoked"]);
        assert.equal((await latest(one)).outcome, "Revoked: ARM shows the connection no longer.");
      });
    }
  });
}
