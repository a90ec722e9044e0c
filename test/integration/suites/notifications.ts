import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { EventGridEvent } from "@azure/functions";
import { connectionEvent } from "../../../functions/connection-event.ts";
import { type Broker, openBroker } from "../../../local/eventgrid/broker.ts";
import { plgateSubscriptions, type Topics } from "../../../local/eventgrid/plgate-subscriptions.ts";
import { startWebhook, type Webhook } from "../../../local/eventgrid/test-webhook.ts";
import * as seed from "../../../local/seed.ts";
import { parseServiceId } from "../../../src/connection/arm-id.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

const fast = { updateIntervalInMs: 10 };

/** Events as the filters of the deployment let them through, from the local Event Grid into the trigger; nothing is ever swept here. */
export function notificationsSuite(world: World): void {
  const tell = (event: object) => connectionEvent(event as EventGridEvent, world.context("connection-event"));
  const aimed = (body: unknown) => [body].flat().filter((event): event is object => typeof event === "object");

  /** An Event Grid with what a deployment subscribes to, which hears what ARM did from now on. */
  async function listening(topics: Topics, onConsumerCreate: "notification" | "all") {
    const webhook: Webhook = await startWebhook();
    const broker: Broker = openBroker({
      settings: { onConsumerCreate },
      deadLetters: { put: async () => assert.fail("a dead letter") },
    });
    const url = `${webhook.url}/events`;
    for (const one of plgateSubscriptions(seed.providerSubscription, url, topics)) await broker.subscribe(one);
    let from = world.writes.length;
    return {
      /** Hands on what happened since the last time, and answers how many events reached the trigger. */
      async deliver(): Promise<readonly object[]> {
        const before = webhook.notifications.length;
        for (const write of world.writes.slice(from)) broker.publish(write);
        from = world.writes.length;
        await broker.idle(20_000);
        const events = webhook.notifications.slice(before).flatMap(({ body }) => aimed(body));
        await Promise.all(events.map((event) => tell(event)));
        return events;
      },
      async stop() {
        await broker.stop();
        await webhook.close();
      },
    };
  }

  type Listening = Awaited<ReturnType<typeof listening>>;
  const kindOf = (event: object) => String(Reflect.get(event, "type") ?? Reflect.get(event, "eventType"));

  describe("with resource notifications only", () => {
    let grid: Listening;
    before(async () => {
      grid = await listening({ subscriptionEvents: false, resourceNotifications: true }, "notification");
    });
    after(() => grid.stop());

    it("a consumer's endpoint is found before any sweep", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-noted", service);
      const events = await grid.deliver();
      assert.ok(events.length > 0);
      assert.deepEqual(
        new Set(events.map(kindOf)),
        new Set(["Microsoft.ResourceNotifications.Resources.CreatedOrUpdated"]),
      );
      assert.ok(
        events.every((event) => "specversion" in event),
        "as CloudEvents",
      );
      await scene.workQueue(world);
      assert.equal((await customer.status("pe-noted")).status, "Approved");
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(new Set(audit.map(({ door }) => door)), new Set(["event"]));
    });

    it("that it went away is found as well", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask("pe-brief", service);
      await grid.deliver();
      await scene.workQueue(world);
      await customer.client.privateEndpoints.delete(customer.resourceGroup, "pe-brief", fast);
      await grid.deliver();
      await scene.workQueue(world);
      assert.equal((await scene.auditOf(world, service)).at(-1)?.kind, "withdrawn");
    });

    it("a deleted service ends its requests", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask("pe-left", service);
      await grid.deliver();
      await scene.workQueue(world);
      await customer.client.privateEndpoints.delete(customer.resourceGroup, "pe-left", fast);
      await scene.providerClient(world).privateLinkServices.delete(seed.providerGroup, service.ref.name, fast);
      const events = await grid.deliver();
      assert.ok(events.map(kindOf).includes("Microsoft.ResourceNotifications.Resources.Deleted"));
      await scene.workQueue(world);
      const last = (await scene.auditOf(world, service)).at(-1);
      assert.deepEqual([last?.kind, last?.what, last?.door], ["withdrawn", "The service is gone.", "event"]);
    });
  });

  describe("with both topics", () => {
    let grid: Listening;
    before(async () => {
      grid = await listening({ subscriptionEvents: true, resourceNotifications: true }, "all");
    });
    after(() => grid.stop());

    it("what both tell leads to one review, and each step happens once", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await grid.deliver();
      await scene.workQueue(world);
      await customer.ask("pe-both", service);
      const families = new Set((await grid.deliver()).map((event) => kindOf(event).split(".")[1]));
      assert.deepEqual(families, new Set(["Resources", "ResourceNotifications"]));
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      assert.equal(await scene.workQueue(world), 1);
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), ["requested", "evaluated", "decided", "applied"]);
      // The echo of plgate's own write finds nothing to do.
      await grid.deliver();
      await scene.workQueue(world);
      assert.equal((await scene.auditOf(world, service)).length, audit.length);
      assert.deepEqual([...scene.writesOn(world, service).values()], [[200]]);
    });
  });

  describe("a flood of events", () => {
    const written = (serviceId: string, id: number) => ({
      ...{ id: String(id), eventType: "Microsoft.Resources.ResourceWriteSuccess" },
      ...{ subject: serviceId, data: { resourceUri: serviceId, operationName: "x" } },
    });
    const rowOf = async ({ ref }: scene.Service) =>
      world.storage.services.getEntity<{ wanted: number }>(ref.subscriptionId, serviceKey(ref.id));

    it("is one message for each service, and costs no write after the first", async () => {
      const services = [await scene.aService(world), await scene.aService(world), await scene.aService(world)];
      for (const { id } of services) await tell(written(id, 0));
      const before = await Promise.all(services.map(rowOf));
      const events = Array.from({ length: 600 }, (_, at) => written(services[at % 3]?.id ?? "", at + 1));
      // As Event Grid delivers: a few dozen at a time.
      for (let at = 0; at < events.length; at += 50) await Promise.all(events.slice(at, at + 50).map(tell));
      const after = await Promise.all(services.map(rowOf));
      assert.deepEqual(
        after.map(({ etag }) => etag),
        before.map(({ etag }) => etag),
      );
      for (const service of services) assert.equal((await scene.wakeUps(world, service)).length, 1);
      assert.equal(await scene.workQueue(world), 3);
    });

    it("that is the first anybody hears of a service is one message as well", async () => {
      const service = await scene.aService(world);
      await Promise.all(Array.from({ length: 40 }, (_, at) => tell(written(service.id, at))));
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      await scene.workQueue(world);
    });

    it("about a service that never was is read once and once more to be sure, and leaves no word in the record", async () => {
      const ref = parseServiceId(seed.serviceId.replace(/[^/]+$/, "pls-never")) ?? assert.fail();
      const gone = { ref, id: ref.id, alias: "" };
      await Promise.all([1, 2, 3].map((at) => tell(written(ref.id, at))));
      const reads = () =>
        world.exchanges.filter(({ request }) => request.url.toLowerCase().includes("/pls-never?")).length;
      const before = reads();
      await scene.workQueue(world);
      assert.equal(reads() - before, 2);
      assert.deepEqual(await scene.auditOf(world, gone), []);
      // Nor is it looked at again for having been named once.
      const listed = (await world.app.ports(new FakeLog()).watch.list()).find((one) => one.ref.id === ref.id);
      assert.equal(listed?.lookAgainAt ?? null, null);
    });

    it("is told of in health, in words that name no consumer", async () => {
      const { checks } = await world.app.health(new FakeLog());
      const detail = checks.find(({ name }) => name === "events")?.detail ?? "";
      assert.match(detail, /^the last event came 0 minute\(s\) ago, one of \d{3,} on this host, which runs since 20/);
    });
  });
}
