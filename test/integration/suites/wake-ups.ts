import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { EventGridEvent, Timer } from "@azure/functions";
import { connectionEvent } from "../../../functions/connection-event.ts";
import { sweep } from "../../../functions/reconcile.ts";
import { review } from "../../../functions/review-service.ts";
import { eventsOfWrite } from "../../../local/eventgrid/events-of-write.ts";
import { inSchema } from "../../../local/eventgrid/grid-event.ts";
import { defaultSettings } from "../../../local/eventgrid/settings.ts";
import * as seed from "../../../local/seed.ts";
import { seededRandom } from "../../../local/seeded-random.ts";
import { reviewService } from "../../../src/workflow/review-service.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import { until, type World } from "../world.ts";

/** Events, timer and queue: what brings plgate to look at a service, and what does not. */
export function wakeUpsSuite(world: World): void {
  const tell = (event: object) => connectionEvent(event as EventGridEvent, world.context("connection-event"));
  const timer: Timer = {
    isPastDue: false,
    schedule: { adjustForDST: false },
    scheduleStatus: { last: "", lastUpdated: "", next: "" },
  };
  const sweepNow = () => sweep(timer, world.context("reconcile"));
  const lineWith = (what: RegExp, from = 0) => world.lines.slice(from).find((line) => what.test(line));
  const callsOfApp = () => world.arm.counts().byCaller[seed.appIdentity.objectId];

  /** What the provider's topics say about a consumer's endpoint at this service, in both families and both schemas. */
  function eventsAbout(service: scene.Service): readonly object[] {
    const random = seededRandom(11);
    const settings = { ...defaultSettings, onConsumerCreate: "all" } as const;
    return world.writes
      .filter(({ target }) => target?.serviceId.toLowerCase() === service.id)
      .flatMap((write) => eventsOfWrite(write, { settings, random }))
      .filter(({ event }) => "topic" in event && event.topic === `/subscriptions/${seed.providerSubscription}`)
      .flatMap((event) => [inSchema(event, "EventGridSchema"), inSchema(event, "CloudEventSchemaV1_0")])
      .filter((event) => event !== "not-possible");
  }

  describe("events", () => {
    it("of either family, in both schemas, each five times and shuffled, ask for one review, and repeat nothing", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-five", service);
      const events = eventsAbout(service);
      assert.ok(events.length >= 6, `there are events of both families in both schemas (${events.length})`);
      const random = seededRandom(5);
      const often = Array.from({ length: 5 }, () => events)
        .flat()
        .map((event) => ({ event, at: random() }))
        .toSorted((one, other) => one.at - other.at);
      await Promise.all(often.map(({ event }) => tell(event)));
      assert.deepEqual(doors(await scene.wakeUps(world, service)), ["event"]);

      await scene.workQueue(world);
      assert.equal((await customer.status("pe-five")).status, "Approved");
      for (const event of events) await tell(event);
      await scene.workQueue(world);
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), ["requested", "evaluated", "decided", "applied"]);
      assert.deepEqual(new Set(audit.map(({ door }) => door)), new Set(["event"]));
      assert.deepEqual([...scene.writesOn(world, service).values()], [[200]]);
    });

    it("of plgate's own write find nothing to do and write nothing down", async () => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world, "gold")).ask("pe-echo", service);
      await scene.settle(service, world.app);
      const before = await scene.auditOf(world, service);
      const path = `${service.id}/privateEndpointConnections/`.toLowerCase();
      const own = world.writes.filter(({ resourceId }) => resourceId.toLowerCase().startsWith(path));
      const echoes = own.flatMap((write) =>
        eventsOfWrite(write, { settings: defaultSettings, random: seededRandom(3) }),
      );
      assert.equal(echoes.length, 1);
      for (const { event } of echoes) await tell(event);
      await scene.workQueue(world);
      assert.deepEqual(await scene.auditOf(world, service), before);
      assert.deepEqual([...scene.writesOn(world, service).values()], [[200]]);
    });

    const provider = `/subscriptions/${seed.providerSubscription}/resourceGroups/rg/providers`;
    const written = (resourceUri: unknown, more: object = {}) => ({
      ...{ id: "1", eventType: "Microsoft.Resources.ResourceWriteSuccess", data: { resourceUri } },
      ...more,
    });
    const ignored = {
      "about another resource": written(`${provider}/Microsoft.Network/virtualNetworks/vnet`),
      "about a service of a subscription that is not watched": written(
        seed.serviceId.replace(seed.providerSubscription, "99999999-0000-4000-8000-000000000009"),
      ),
      "whose id climbs out of its path": written(`${seed.serviceId}/../../../../../other/pls`),
      "whose id is no text": written({ $ne: null }),
      "of a write that failed": written(seed.serviceId, { eventType: "Microsoft.Resources.ResourceWriteFailure" }),
      "of a type that nobody subscribed to": written(seed.serviceId, { eventType: "Microsoft.Storage.BlobCreated" }),
      "without a type": { id: "1", data: { resourceUri: seed.serviceId } },
      "that are no object at all": [["nothing"]],
    };
    for (const [name, event] of Object.entries(ignored)) {
      it(`${name} are ignored with the reason, and ARM is not called`, async () => {
        const [calls, from] = [world.arm.counts().total, world.lines.length];
        await tell(event);
        assert.match(lineWith(/an event was ignored/, from) ?? "", /"why":"it/);
        assert.equal(world.arm.counts().total, calls);
        assert.equal(await scene.workQueue(world), 0);
      });
    }

    it("about a private endpoint, which name no service, cause one sweep for all that come at once", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-hint", service);
      const graphBefore = callsOfApp()?.graph ?? 0;
      const endpoint = written(`${provider}/Microsoft.Network/privateEndpoints/pe-elsewhere`);
      await Promise.all([tell(endpoint), tell(endpoint), tell(endpoint)]);
      assert.equal((callsOfApp()?.graph ?? 0) - graphBefore, 1);
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      await scene.workQueue(world);
      assert.equal((await customer.status("pe-hint")).status, "Approved");
    });
  });

  describe("the queue", () => {
    const strange = {
      "that is no wake-up": { hello: "world" },
      "about a service that is not watched": { v: 1, serviceId: "/subscriptions/x", door: "event" },
    };
    for (const [name, message] of Object.entries(strange)) {
      it(`drops a message ${name} and says so`, async () => {
        const [calls, from] = [world.arm.counts().total, world.lines.length];
        await review(message, world.context("review-service"));
        assert.ok(lineWith(/is no wake-up and was dropped/, from));
        assert.equal(world.arm.counts().total, calls);
      });
    }

    it("puts a message of a later version back for later, word for word, and asks ARM nothing", async () => {
      const message = { v: 2, serviceId: seed.serviceId, door: "event", more: "that only the later version knows" };
      const [calls, from] = [world.arm.counts().total, world.lines.length];
      await review(message, world.context("review-service"));
      assert.match(lineWith(/goes back into the queue/, from) ?? "", /a newer version of plgate sent it/);
      assert.equal(world.arm.counts().total, calls);
      assert.equal(await scene.workQueue(world), 0, "it cannot be seen for some seconds");
      const { approximateMessagesCount } = await world.storage.reviews.getProperties();
      assert.equal(approximateMessagesCount, 1);
      await world.storage.reviews.clearMessages();
    });

    it("delivers again when ARM cannot be read, after a while and not as a fault, and the sweep looks should that get lost", async (t) => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-unread", service);
      const path = `*/privateLinkServices/${service.ref.name}`;
      scene.armFails(world, t, [{ method: "GET", path, status: 500, times: 2 }]);
      await review({ v: 1, serviceId: service.id, door: "event" }, world.context("review-service"));
      assert.deepEqual(await scene.wakeUps(world, service), [], "not yet: it comes in some seconds");
      const [row] = (await world.app.ports(new FakeLog()).watch.list()).filter(({ ref }) => ref.id === service.id);
      const seconds = ((row?.lookAgainAt?.getTime() ?? 0) - Date.now()) / 1000;
      assert.ok(seconds > 55 && seconds < 70, `the sweep looks in ${seconds} s`);
      await reviewService(service.ref, "timer", world.app.ports(new FakeLog()));
      assert.equal((await customer.status("pe-unread")).status, "Approved");
    });
  });

  describe("the sweep", () => {
    it("finds by Resource Graph what no event told, with one query and no read of ARM, and then finds nothing more", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-silent", service);
      const before = callsOfApp();
      await sweepNow();
      const after = callsOfApp();
      assert.equal((after?.graph ?? 0) - (before?.graph ?? 0), 1);
      assert.equal(after?.read, before?.read);
      assert.deepEqual(doors(await scene.wakeUps(world, service)), ["timer"]);

      await scene.workQueue(world);
      assert.equal((await customer.status("pe-silent")).status, "Approved");
      await sweepNow();
      assert.deepEqual(await scene.wakeUps(world, service), []);
      const [asked] = await scene.auditOf(world, service);
      assert.deepEqual([asked?.kind, asked?.door], ["requested", "timer"]);
    });

    it("finds it by listing the subscription when Resource Graph fails", async (t) => {
      scene.armWith(world, t, { "authorization.subscriptionList": "filter", "page.size": 3 });
      const service = await scene.aService(world);
      await (await scene.aCustomer(world, "gold")).ask("pe-listed", service);
      const before = callsOfApp();
      scene.armFails(world, t, [graphFails]);
      await sweepNow();
      assert.ok((callsOfApp()?.read ?? 0) - (before?.read ?? 0) >= 2, "several pages were read");
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      await scene.workQueue(world);
      assert.equal((await scene.requestOf(world, service, "pe-listed")).state, "approved");
    });

    it("takes no service for gone when nothing can be read, says what is missing, and health is degraded", async (t) => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world)).ask("pe-blind", service);
      await scene.settle(service, world.app);
      scene.armFails(world, t, [graphFails, graphFails]);
      const from = world.lines.length;
      await sweepNow();
      const line = lineWith(/^error .*a subscription cannot be read; its services are not swept/, from) ?? "(no line)";
      assert.match(line, new RegExp(`${seed.providerSubscription}.*AuthorizationFailed: .*Check plgate's role`));
      assert.deepEqual(await scene.wakeUps(world, service), []);
      const { status, checks } = await world.app.health(new FakeLog());
      assert.notEqual(status, "healthy");
      assert.match(checks.find(({ name }) => name === "services")?.detail ?? "", /^not readable: 10000000-/);
    });

    it("ends the requests of a service that was deleted", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask("pe-last", service);
      await scene.settle(service, world.app);
      const request = await scene.requestOf(world, service, "pe-last");
      const fast = { updateIntervalInMs: 10 };
      await customer.client.privateEndpoints.delete(customer.resourceGroup, "pe-last", fast);
      await scene.providerClient(world).privateLinkServices.delete(seed.providerGroup, service.ref.name, fast);
      await sweepNow();
      assert.equal((await scene.wakeUps(world, service)).length, 1);
      await scene.workQueue(world);
      const last = (await scene.auditOf(world, service, request)).at(-1);
      assert.deepEqual([last?.kind, last?.what], ["withdrawn", "The service is gone."]);
      await sweepNow();
      assert.deepEqual(await scene.wakeUps(world, service), [], "a service that is gone is not looked at again");
    });

    it("goes on with a review that ARM made wait, should its wake-up get lost", async (t) => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-wait", service);
      const path = `*/privateLinkServices/${service.ref.name}/privateEndpointConnections/*`;
      scene.armFails(world, t, [{ method: "PUT", path, status: 429, body: { error: { code: "RetryableError" } } }]);
      const first = await until("a review that waits", async () => {
        await review({ v: 1, serviceId: service.id, door: "event" }, world.context("review-service"));
        return (await scene.requestOf(world, service, "pe-wait")).state;
      });
      assert.equal(first, "approving", "the intent is on record, the outcome is not");
      assert.equal((await customer.status("pe-wait")).status, "Pending");
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-wait")).status, "Approved");
      assert.deepEqual([...scene.writesOn(world, service).values()], [[429, 200]]);
    });
  });
}

function doors(messages: readonly { readonly door: string }[]): readonly string[] {
  return messages.map(({ door }) => door);
}

const graphFails = {
  ...{ method: "POST", path: "/providers/Microsoft.ResourceGraph/resources", status: 400 },
  body: { error: { code: "BadRequest", message: "Resource Graph was told to fail." } },
} as const;
