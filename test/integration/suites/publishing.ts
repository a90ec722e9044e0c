import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Authority, loadOrCreateAuthority } from "../../../local/certificates.ts";
import { type EventGrid, startEventGrid } from "../../../local/eventgrid/server.ts";
import { startWebhook, type Webhook } from "../../../local/eventgrid/test-webhook.ts";
import * as seed from "../../../local/seed.ts";
import type { App } from "../../../src/compose.ts";
import { parseRequestId } from "../../../src/requests/request-id.ts";
import { dispatch, dispatchLeftOver } from "../../../src/workflow/dispatch-outbox.ts";
import { FakeLog } from "../../fakes/log.ts";
import { assertDecision } from "../../workflow/published.ts";
import * as scene from "../scene.ts";
import { until, type World } from "../world.ts";

type Told = { readonly id: string; readonly type: string; readonly subject: string };

/** Decisions on their way to a subscriber: the app's identity, the real publisher, a custom topic, a webhook. */
export function publishingSuite(world: World): void {
  describe("decisions are published", () => {
    let directory: string;
    let tls: Authority;
    let grid: EventGrid;
    let subscriber: Webhook;
    let app: App;
    before(async () => {
      directory = await mkdtemp(join(tmpdir(), "plgate-publishing-"));
      tls = await loadOrCreateAuthority(directory);
      setDefaultCACertificates([...getCACertificates(), tls.caPem]);
      grid = await started();
      subscriber = await startWebhook();
      await subscribe();
      app = await world.compose({ PLGATE_DECISIONS_TOPIC: topicUrl() });
    });
    after(async () => {
      await Promise.all([grid.stop(), subscriber.close()]);
      await rm(directory, { recursive: true });
    });

    const topicUrl = () => `${grid.url}/api/events`;
    const port = () => Number(new URL(grid.url).port);

    async function started(at?: number): Promise<EventGrid> {
      const verifyToken = async (token: string) => {
        const { objectId } = await world.issuer.verifyTopicToken(token);
        assert.equal(objectId, seed.appIdentity.objectId);
      };
      return startEventGrid({ tls, verifyToken, ...(at === undefined ? {} : { port: at }) });
    }

    async function subscribe(): Promise<void> {
      await grid.subscribe({
        name: "cmdb",
        topic: { type: "custom" },
        destination: { kind: "webhook", url: `${subscriber.url}/decisions` },
        schema: "CloudEventSchemaV1_0",
        includedEventTypes: ["plgate.request.approved", "plgate.request.rejected", "plgate.request.received"],
      });
    }

    function arrivedOf(service: scene.Service): readonly Told[] {
      const all = subscriber.notifications.flatMap(({ body }) => body as Told | readonly Told[]);
      return all.flat().filter(({ subject }) => subject.startsWith(service.id));
    }

    const ids = (events: readonly Told[]) => new Set(events.map(({ id }) => id));

    it("to whoever subscribed, and hold to the schema that subscribers have", async () => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world, "gold")).ask("pe-told", service);
      await scene.settle(service, app);
      const told = await until("both events", () => {
        const events = arrivedOf(service);
        return events.length >= 2 ? events : undefined;
      });
      assert.deepEqual(told.map(({ type }) => type).toSorted(), ["plgate.request.approved", "plgate.request.received"]);
      for (const event of told) assertDecision(event);
      assert.equal((await app.ports(new FakeLog()).outbox.waiting()).count, 0);
    });

    it("under the same ids when what a commit left is done twice", async () => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world, "gold")).ask("pe-twice", service);
      await scene.settle(service, app);
      const request = await scene.requestOf(world, service, "pe-twice");
      const { service: chain } = parseRequestId(request.id) ?? assert.fail();
      const before = await until("both events", () =>
        arrivedOf(service).length >= 2 ? arrivedOf(service) : undefined,
      );
      const audit = await scene.auditOf(world, service);
      const last = audit.at(-1)?.seq ?? 0;
      // The host died after it had published, and before it could say so.
      const entry = { kind: "publish", service: chain, requestId: request.id, firstSeq: 1, seq: last } as const;
      await dispatch([entry], app.ports(new FakeLog()));
      const again = await until("the repetition", () =>
        arrivedOf(service).length >= 4 ? arrivedOf(service) : undefined,
      );
      assert.deepEqual(ids(again), ids(before));
    });

    it("later, when the topic is down; the decision itself waits for nobody", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-later", service);
      const at = port();
      await grid.stop();
      const log = new FakeLog();
      await scene.settle(service, app, log);
      assert.equal((await customer.status("pe-later")).status, "Approved");
      assert.deepEqual(arrivedOf(service), []);
      const { outbox, clock } = app.ports(log);
      assert.ok((await outbox.waiting()).count >= 1);

      grid = await started(at);
      await subscribe();
      // Half a minute later, on a host that did not see the topic fail.
      const other = await world.compose({ PLGATE_DECISIONS_TOPIC: topicUrl() });
      const later = { now: () => new Date(clock.now().getTime() + 60_000) };
      await dispatchLeftOver({ ...other.ports(new FakeLog()), clock: later });
      const told = await until("both events", () => (arrivedOf(service).length >= 2 ? arrivedOf(service) : undefined));
      assert.deepEqual(told.map(({ type }) => type).toSorted(), ["plgate.request.approved", "plgate.request.received"]);
      assert.equal((await outbox.waiting()).count, 0);
    });

    it("as held where plgate only observes: nobody takes it for an approval", async () => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world, "gold")).ask("pe-held", service);
      const observing = await world.compose({ PLGATE_DECISIONS_TOPIC: topicUrl(), PLGATE_MODE: "observe" });
      await scene.settle(service, observing);
      const told = grid.received().filter((event) => String(event["subject"]).startsWith(service.id));
      const types = told.map((event) => ("type" in event ? String(event.type) : assert.fail("no CloudEvent")));
      assert.deepEqual(types.filter((type) => type.startsWith("plgate.request.")).toSorted(), [
        "plgate.request.held",
        "plgate.request.received",
      ]);
      for (const event of told) assertDecision(event);
    });
  });
}
