import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decideRequest } from "../../../functions/decide-request.ts";
import { showRequest } from "../../../functions/request-detail.ts";
import { listRequests } from "../../../functions/requests.ts";
import * as seed from "../../../local/seed.ts";
import { FakeLog } from "../../fakes/log.ts";
import { buttonsOf, type Channel, cardStatus, cardText } from "../channel.ts";
import { api } from "../http-call.ts";
import * as scene from "../scene.ts";
import { botSecret, until, type World } from "../world.ts";

const { megan } = seed.people;
const network = `/subscriptions/${seed.providerSubscription}/resourceGroups/${seed.providerGroup}/providers/Microsoft.Network`;

/** What policy and people decide, from the consumer's own client to ARM and back. */
export function decisionsSuite(world: World, channel: Channel): void {
  describe("a request that policy decides", () => {
    it("is approved for a registered customer, and their own client sees it", async () => {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await customer.ask("pe-a", service, "CHG-1001");
      assert.equal((await customer.status("pe-a")).status, "Pending");
      await scene.settle(service, world.app);

      const request = await scene.requestOf(world, service, "pe-a");
      const description = `Approved. plgate ${request.id}`;
      assert.deepEqual(await customer.status("pe-a"), { status: "Approved", description });
      const { linkIdentifier } = await scene.connectionOf(world, service, "pe-a");
      assert.deepEqual(
        [request.state, request.message, request.consumerSubscriptionId, request.linkIdentifier],
        ["approved", "CHG-1001", customer.subscriptionId, linkIdentifier],
      );
      const audit = await scene.auditOf(world, service);
      assert.deepEqual(scene.kinds(audit), ["requested", "evaluated", "decided", "applied"]);
      assert.deepEqual(audit[2]?.why?.rules, ["registered-customer"]);
      assert.deepEqual([...scene.writesOn(world, service).values()], [[200]]);
    });

    it("is rejected with the rule's reason for a blocked subscription", async () => {
      const service = await scene.aService(world);
      const blocked = scene.customerOf(world, seed.consumers.blocked);
      await blocked.ask("pe-blocked", service);
      await scene.settle(service, world.app);
      const { status, description } = await blocked.status("pe-blocked");
      assert.equal(status, "Rejected");
      assert.match(description, /^Rejected: The subscription is on the block list\. plgate [a-z2-7-]+1$/);
      assert.equal((await scene.requestOf(world, service, "pe-blocked")).state, "rejected");
    });

    it("is a new request with a second round when the consumer asks anew after a rejection", async () => {
      const service = await scene.aService(world);
      const blocked = scene.customerOf(world, seed.consumers.blocked);
      await blocked.ask("pe-again", service);
      await scene.settle(service, world.app);
      const first = await scene.requestOf(world, service, "pe-again");
      await scene.askAnew(blocked, "pe-again");
      assert.equal((await blocked.status("pe-again")).status, "Pending");
      await scene.settle(service, world.app);
      const second = await scene.requestOf(world, service, "pe-again");
      assert.deepEqual([second.round, second.previous, second.state], [2, first.id, "rejected"]);
      await scene.auditOf(world, service);
    });

    it("works on a service that the provider made with their own client, found by its alias", async () => {
      const { privateLinkServices } = scene.providerClient(world);
      const { location, tags } = seed.serviceSeed("any");
      const ipConfigurations = [{ name: "nat-1", subnet: { id: `${network}/virtualNetworks/vnet/subnets/nat` } }];
      const frontends = [{ id: `${network}/loadBalancers/lb/frontendIPConfigurations/fe` }];
      await privateLinkServices.createOrUpdate(
        seed.providerGroup,
        "pls-made-by-client",
        {
          ...{ location, tags: { ...tags }, ipConfigurations, visibility: { subscriptions: ["*"] } },
          ...{ loadBalancerFrontendIpConfigurations: frontends },
        },
        { updateIntervalInMs: 10 },
      );
      const service = await scene.serviceNamed(world, "pls-made-by-client");
      const customer = await scene.aCustomer(world, "silver");
      await customer.ask("pe-alias", service);
      await scene.settle(service, world.app);
      assert.equal((await customer.status("pe-alias")).status, "Approved");
    });
  });

  describe("a request that people decide", () => {
    async function escalated(endpoint: string) {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask(endpoint, service, "New partner, contract 4711");
      await scene.settle(service, world.app);
      const request = await scene.requestOf(world, service, endpoint);
      assert.equal(request.state, "awaiting-decision");
      assert.equal((await customer.status(endpoint)).status, "Pending");
      const [card, ...doubled] = channel.threads(request.id);
      assert.ok(card, "a card was posted");
      assert.deepEqual(doubled, []);
      return { service, customer, request, card };
    }

    /** The wake-up is sent after the click was answered, and others may lie in the queue. */
    const untilDecided = ({ status }: scene.Customer, endpoint: string) =>
      until("the decision on ARM", async () => {
        await scene.workQueue(world);
        return (await status(endpoint)).status === "Pending" ? undefined : true;
      });

    it("is put on a card, approved by a click, applied on ARM, and the card tells who and why", async () => {
      const { service, customer, request, card } = await escalated("pe-card");
      assert.deepEqual(buttonsOf(card.activity), ["approve", "reject"]);
      assert.match(cardText(card.activity), /contract 4711/);

      const press = { verb: "approve", requestId: request.id, justification: "Partner, CHG-2002" } as const;
      const answer = await channel.press(card, megan, press);
      assert.equal(answer.status, 200);
      assert.equal(answer.body["type"], "application/vnd.microsoft.card.adaptive");
      assert.equal(cardStatus(answer.body), "Approving");
      assert.equal((await customer.status("pe-card")).status, "Pending", "the click alone writes nothing to ARM");

      await untilDecided(customer, "pe-card");
      const description = `Approved. plgate ${request.id}`;
      assert.deepEqual(await customer.status("pe-card"), { status: "Approved", description });
      const [standing] = channel.threads(request.id);
      const text = cardText(standing?.activity);
      assert.equal(cardStatus(standing?.activity), "Approved");
      assert.match(text, /Megan Bowen/);
      assert.match(text, /CHG-2002/);
      assert.deepEqual(buttonsOf(standing?.activity), []);

      const audit = await scene.auditOf(world, service);
      const steps = ["requested", "evaluated", "escalated", "voted", "decided", "applied"];
      assert.deepEqual(scene.kinds(audit), steps);
      const who = { kind: "person", objectId: megan.objectId, tenantId: seed.providerTenant, name: "Megan Bowen" };
      for (const step of [3, 4]) assert.deepEqual([audit[step]?.who, audit[step]?.door], [who, "teams"]);
      assert.equal(audit[4]?.why?.justification, "Partner, CHG-2002");
    });

    it("is rejected by a click, and the consumer does not read what reviewers wrote to each other", async () => {
      const { customer, request, card } = await escalated("pe-no");
      const press = { verb: "reject", requestId: request.id, justification: "they never pay" } as const;
      await channel.press(card, megan, press);
      await untilDecided(customer, "pe-no");
      const description = `Rejected after review. plgate ${request.id}`;
      assert.deepEqual(await customer.status("pe-no"), { status: "Rejected", description });
      assert.equal(cardStatus(channel.threads(request.id)[0]?.activity), "Rejected");
    });

    it("ends on its card when somebody decides it in the portal", async () => {
      const { service, request } = await escalated("pe-portal");
      const { name } = await scene.connectionOf(world, service, "pe-portal");
      await scene
        .providerClient(world)
        .privateLinkServices.updatePrivateEndpointConnection(seed.providerGroup, service.ref.name, name, {
          privateLinkServiceConnectionState: { status: "Approved", description: "by hand", actionsRequired: "None" },
        });
      await scene.settle(service, world.app);
      assert.equal(cardStatus(channel.threads(request.id)[0]?.activity), "Decided outside plgate");
      const last = (await scene.auditOf(world, service, request)).at(-1);
      assert.deepEqual([last?.kind, last?.who, last?.door], ["resolved-elsewhere", { kind: "outside" }, "outside"]);
    });

    it("ends as withdrawn when the consumer deletes the endpoint", async () => {
      const { service, customer, request } = await escalated("pe-gone");
      await customer.client.privateEndpoints.delete(customer.resourceGroup, "pe-gone", { updateIntervalInMs: 10 });
      await scene.settle(service, world.app);
      assert.equal(cardStatus(channel.threads(request.id)[0]?.activity), "Withdrawn");
      assert.equal((await scene.auditOf(world, service, request)).at(-1)?.kind, "withdrawn");
    });

    it("is escalated although the Bot Connector refuses its card, which stays to be posted", async () => {
      const service = await scene.aService(world);
      await (await scene.aCustomer(world)).ask("pe-no-card", service);
      const log = new FakeLog();
      world.connector.interfere({ on: "create", answer: { status: 400, body: "{}" } });
      await scene.settle(service, world.app, log);
      const request = await scene.requestOf(world, service, "pe-no-card");
      assert.equal(request.state, "awaiting-decision");
      assert.deepEqual(channel.threads(request.id), []);
      const { place, error } = log.lines.find(({ message }) => /stays in the outbox/.test(message))?.fields ?? {};
      assert.equal(place, seed.approvalsChannel.id, `the log names the place: ${JSON.stringify(log.lines)}`);
      assert.match(String(error), /refused POST: 400/);
      const { checks } = await world.app.health(log);
      assert.match(checks.find(({ name }) => name === "outbox")?.detail ?? "", /^[1-9]\d* effect\(s\) wait/);
    });

    it("waits in the list where no bot is configured, health says so, and the API decides it", async () => {
      const app = await world.compose({ PLGATE_BOT_APP_ID: "" });
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world);
      await customer.ask("pe-no-bot", service);
      const log = new FakeLog();
      await scene.settle(service, app, log);
      const request = await scene.requestOf(world, service, "pe-no-bot");
      assert.deepEqual(channel.threads(request.id), []);
      assert.ok(
        log.lines.some(({ fields }) => /no bot is configured/.test(String(fields["why"]))),
        `the log says why no card came: ${JSON.stringify(log.lines)}`,
      );
      const { checks } = await app.health(log);
      const teams = checks.find(({ name }) => name === "teams");
      assert.deepEqual(teams?.status, "degraded");
      assert.match(teams?.detail ?? "", /no bot is configured \(PLGATE_BOT_APP_ID\)/);

      const list = await api(world, listRequests, {
        as: "audrey",
        path: `/requests?service=${service.id}&status=open`,
      });
      assert.deepEqual(
        list.body.value?.map(({ id, state }) => [id, state]),
        [[request.id, "awaiting-decision"]],
      );
      const decision = { decision: "approve", justification: "CHG-3003" };
      const params = { id: request.id };
      const answer = await api(world, decideRequest, { method: "POST", as: "megan", params, body: decision });
      assert.equal(answer.status, 200, answer.text);
      await scene.settle(service, app);
      assert.equal((await customer.status("pe-no-bot")).status, "Approved");
      const detail = await api(world, showRequest, { as: "audrey", params });
      assert.equal(detail.body["state"], "approved");
      const voted = (await scene.auditOf(world, service)).find(({ kind }) => kind === "voted");
      assert.deepEqual([voted?.door, voted?.who.kind === "person" && voted.who.name], ["api", "Megan Bowen"]);
    });

    it("believes no message where no bot is configured", async () => {
      const app = await world.compose({ PLGATE_BOT_APP_ID: "" });
      const answer = await app.teams(`Bearer ${await channel.token()}`, "{}", new FakeLog(), "c-1");
      assert.deepEqual(answer, { status: 401 });
    });

    it("is put on a card by a bot that has a client secret instead of an identity", async () => {
      const app = await world.compose({ PLGATE_BOT_SECRET: botSecret });
      const service = await scene.aService(world);
      await (await scene.aCustomer(world)).ask("pe-secret", service);
      await scene.settle(service, app);
      const request = await scene.requestOf(world, service, "pe-secret");
      assert.equal(channel.threads(request.id).length, 1);
    });

    it("waits when the bot's secret is wrong, and the log says what to check but not the secret", async () => {
      const app = await world.compose({ PLGATE_BOT_SECRET: "an-old-secret" });
      const service = await scene.aService(world);
      await (await scene.aCustomer(world)).ask("pe-old-secret", service);
      const log = new FakeLog();
      await scene.settle(service, app, log);
      assert.equal((await scene.requestOf(world, service, "pe-old-secret")).state, "awaiting-decision");
      const said = JSON.stringify(log.lines);
      assert.match(said, /refused a token for the bot: 401 invalid_client AADSTS7000215\. Check PLGATE_BOT_APP_ID/);
      assert.doesNotMatch(said, /an-old-secret/);
    });
  });
}
