import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { reviewService } from "../../../src/workflow/review-service.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import { until, type World } from "../world.ts";

type Stalled = {
  readonly service: scene.Service;
  readonly customer: scene.Customer;
  readonly outcome: Promise<PromiseSettledResult<unknown>>;
};

/**
 * ARM that takes a call and never ends its answer. A call lasts 20 seconds then, so the stalls begin before the first test of
 * the file and go on beside the others; what is returned lays out the tests that ask how they ended.
 */
export function stallArm(world: World): () => void {
  let read: Stalled;
  let write: Stalled;

  async function stalled(endpoint: string): Promise<Stalled> {
    const service = await scene.aService(world);
    const customer = await scene.aCustomer(world, "gold");
    await customer.ask(endpoint, service);
    const path = `*/privateLinkServices/${service.ref.name}`;
    const onConnections = `${path}/privateEndpointConnections/*`;
    world.arm.orderFaults([
      endpoint === "pe-read"
        ? { method: "GET", path, stall: "headers" }
        : { method: "PUT", path: onConnections, stall: "body" },
    ]);
    const review = reviewService(service.ref, "event", world.app.ports(new FakeLog()));
    const outcome = Promise.allSettled([review]).then(([settled]) => settled);
    await until(`the stall of ${endpoint}`, () =>
      world.exchanges.some(({ request, response }) => !response && request.url.includes(service.ref.name)),
    );
    return { service, customer, outcome };
  }

  before(async () => {
    read = await stalled("pe-read");
    write = await stalled("pe-write");
  });
  after(() => Promise.all([read.outcome, write.outcome]));

  return () =>
    describe("ARM that stalls", () => {
      it("at a read ends the review in time, and the next one approves", async () => {
        const { service, customer } = read;
        const outcome = await read.outcome;
        const { kind } =
          outcome.status === "fulfilled" ? (outcome.value as { readonly kind: string }) : { kind: "thrown" };
        assert.equal(kind, "later", JSON.stringify(outcome));
        await scene.settle(service, world.app);
        assert.equal((await customer.status("pe-read")).status, "Approved");
      });

      it("in the answer to a write ends the call in time, and what ARM shows is taken for the answer", async () => {
        const { service, customer } = write;
        assert.deepEqual(await write.outcome, { status: "fulfilled", value: { kind: "settled", connections: 1 } });
        assert.equal((await customer.status("pe-write")).status, "Approved");
        const steps = ["requested", "evaluated", "decided", "applied"];
        assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), steps);
        assert.equal([...scene.writesOn(world, service).values()].flat().length, 1);
        const { ledger } = world.app.ports(new FakeLog());
        assert.deepEqual((await ledger.unsettled(serviceKey(service.ref.id))).open, []);
      });
    });
}
