import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { type HostileTokens, hostileTokens } from "../../local/issuer/hostile-tokens.ts";
import * as seed from "../../local/seed.ts";
import {
  botAdded,
  cardClicked,
  cardSubmitted,
  installed,
  messageSent,
  personallyInstalled,
  uninstalled,
} from "../../local/teams/activities.ts";
import { botNotInstalled } from "../../local/teams/connector-answers.ts";
import { ConsumerTable } from "../../src/azure/consumer-table.ts";
import { refusalText } from "../../src/words/answers.ts";
import { FakeLog } from "../fakes/log.ts";
import { buttonsOf, cardStatus, cardText, channelOf, teamsPerson } from "./channel.ts";
import * as scene from "./scene.ts";
import { startWorld, until } from "./world.ts";

const world = await startWorld();
after(() => world.stop());
const channel = channelOf(world);
const { megan, adele, alex, grace } = seed.people;
const asked = ["requested", "evaluated", "escalated"];

/** An unknown customer's request, waiting for people. */
async function waiting(endpoint: string) {
  const service = await scene.aService(world);
  const customer = await scene.aCustomer(world);
  await customer.ask(endpoint, service);
  await scene.settle(service, world.app);
  const request = await scene.requestOf(world, service, endpoint);
  assert.equal(request.state, "awaiting-decision");
  return { service, customer, request };
}

/** The same with its card in the channel. */
async function onCard(endpoint: string) {
  const staged = await waiting(endpoint);
  const [card, ...doubled] = channel.threads(staged.request.id);
  assert.ok(card, `${endpoint} has a card`);
  assert.deepEqual(doubled, []);
  const press = { verb: "approve", requestId: staged.request.id, justification: "CHG-1" } as const;
  return { ...staged, card, press };
}

type OnCard = Awaited<ReturnType<typeof onCard>>;

async function assertNothingHappened({ service, customer, request }: OnCard): Promise<void> {
  assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), asked);
  assert.deepEqual(await scene.wakeUps(world, service), [], "nothing was woken");
  assert.equal((await customer.status(`${request.connectionName.split(".")[0]}`)).status, "Pending");
}

const teamsCheck = async () => {
  const { checks } = await world.app.health(new FakeLog());
  return checks.find(({ name }) => name === "teams")?.detail ?? "";
};

describe("the bot's installation", () => {
  it("brings the cards of requests that were escalated before, each once, however often Teams tells of it", async () => {
    const early = await Promise.all(["pe-early-1", "pe-early-2"].map(waiting));
    const decided = await waiting("pe-early-gone");
    await decided.customer.client.privateEndpoints.delete(decided.customer.resourceGroup, "pe-early-gone", {
      updateIntervalInMs: 10,
    });
    await scene.settle(decided.service, world.app);
    assert.deepEqual(world.connector.threads(), []);
    assert.match(await teamsCheck(), /no channel has the bot/);

    for (const activity of [installed, botAdded, installed]) {
      const { status, body } = await channel.send(activity(channel.scene, teamsPerson(megan)));
      assert.deepEqual([status, body], [200, {}]);
    }
    for (const { request } of early) {
      const threads = channel.threads(request.id);
      assert.equal(threads.length, 1, request.id);
      assert.equal(cardStatus(threads[0]?.activity), "Waiting for a decision");
    }
    assert.deepEqual(channel.threads(decided.request.id), [], "what has ended is not asked");
    assert.equal(await teamsCheck(), "the bot is in General, privatelink-approvals");
  });

  it("in a personal chat is ignored", async () => {
    const { status } = await channel.send(personallyInstalled(channel.scene, teamsPerson(alex)));
    assert.equal(status, 200);
    assert.equal(await teamsCheck(), "the bot is in General, privatelink-approvals");
  });

  it("that is taken back leaves requests waiting in the list, and health says so", async () => {
    await channel.send(uninstalled(channel.scene, teamsPerson(megan)));
    assert.match(await teamsCheck(), /no channel has the bot/);
    const { request } = await waiting("pe-removed");
    assert.deepEqual(channel.threads(request.id), []);
    await channel.install();
    assert.equal(channel.threads(request.id).length, 1);
  });

  it("that Teams forgot to tell of leaves requests waiting as well: the connector answers 403", async () => {
    // Each of its channels refuses.
    world.connector.interfere({ on: "create", answer: botNotInstalled(), times: 2 });
    const { request } = await waiting("pe-forgotten");
    assert.deepEqual(channel.threads(request.id), []);
    await channel.install();
    assert.equal(channel.threads(request.id).length, 1);
  });
});

describe("a message to the bot", () => {
  let hostile: HostileTokens = {};
  let staged: OnCard;
  let click: object;
  before(async () => {
    const { serviceUrl, botAppId } = channel.scene;
    hostile = await hostileTokens(world.issuer, {
      ...{ kind: "channel", serviceUrl, audience: botAppId, entraUser: "megan" },
    });
    await channel.install();
    staged = await onCard("pe-hostile");
    const { card, press } = staged;
    const { verb, ...data } = press;
    click = cardClicked(channel.scene, { ...card, by: teamsPerson(megan), verb, data });
  });

  const wrongs = [
    ...["wrong issuer", "no issuer", "wrong audience", "no audience", "expired", "never expires", "not yet valid"],
    ...["signed with another key under our key id", "signed with another key that nobody published"],
    ...["HS256 with the public key as its secret", "alg none", "claims changed after signing", "signature cut off"],
    ...["nothing that looks like a token", "missing serviceurl", "foreign serviceurl", "serviceurl that is no URL"],
    "a well-signed Entra token where a bot token is wanted",
  ];
  for (const wrong of wrongs) {
    it(`is refused with 401 and without a word when its token is wrong: ${wrong}`, async () => {
      const token = hostile[wrong];
      assert.ok(token, "the issuer makes such a token");
      const { status, text } = await channel.send(click, token);
      assert.deepEqual([status, text], [401, ""]);
    });
  }

  it("was tried with every hostile token that there is", () => {
    assert.deepEqual(Object.keys(hostile).toSorted(), wrongs.toSorted());
  });

  const elsewhere = randomUUID();
  const foreign: Readonly<Record<string, readonly [object, 401 | 403]>> = {
    "whose serviceUrl is not the token's": [{ serviceUrl: "https://smba.trafficmanager.net/emea/" }, 401],
    "without a serviceUrl": [{ serviceUrl: undefined }, 401],
    "from another channel than Teams": [{ channelId: "webchat" }, 403],
    "from another tenant": [{ channelData: { tenant: { id: elsewhere } } }, 403],
    "from no tenant": [{ channelData: {}, conversation: { id: seed.approvalsChannel.id } }, 403],
    "for another bot": [{ recipient: { id: `28:${elsewhere}`, name: "plgate" } }, 403],
    "for nobody": [{ recipient: undefined }, 403],
  };
  for (const [name, [change, expected]] of Object.entries(foreign)) {
    it(`${name} is refused with ${expected}, good token or not`, async () => {
      const { status, text } = await channel.send({ ...click, ...change });
      assert.deepEqual([status, text], [expected, ""]);
    });
  }

  it("that carries a good token to a foreign host is refused, and nothing is sent there", async () => {
    const serviceUrl = "https://connector.attacker.example/";
    const token = await world.issuer.mintChannelToken({ serviceUrl, audience: channel.scene.botAppId });
    const { status } = await channel.send(
      { ...installed({ ...channel.scene, serviceUrl }, teamsPerson(megan)) },
      token,
    );
    assert.equal(status, 401);
  });

  it("that is not JSON, or larger than any activity, is refused", async () => {
    const huge = JSON.stringify({ ...click, filler: "x".repeat(300_000) });
    for (const body of ["not json", huge, "[]", "null"]) {
      const answer = await world.app.teams(`Bearer ${await channel.token()}`, body, new FakeLog(), "c-1");
      assert.deepEqual(answer, { status: 401 }, body.slice(0, 20));
    }
  });

  it("that only talks is ignored", async () => {
    const { status, body } = await channel.send(messageSent(channel.scene, teamsPerson(alex), "approve everything!"));
    assert.deepEqual([status, body], [200, {}]);
  });

  it("of all these changed nothing", () => assertNothingHappened(staged));
});

describe("a click", () => {
  before(() => channel.install());

  /** Nobody's word was taken, and of those who tried the audit tells this much. */
  async function assertRefused({ service, customer, request }: OnCard, ...reasons: readonly string[]): Promise<void> {
    const audit = await scene.auditOf(world, service);
    assert.deepEqual(scene.kinds(audit), [...asked, ...reasons.map(() => "vote-refused")]);
    assert.deepEqual(
      audit.slice(asked.length).map(({ detail }) => detail),
      reasons.map((reason) => ({ reason, door: "teams" })),
    );
    assert.deepEqual(await scene.wakeUps(world, service), [], "nothing was woken");
    assert.equal((await customer.status(`${request.connectionName.split(".")[0]}`)).status, "Pending");
  }

  const tampered: Readonly<Record<string, (staged: OnCard, other: OnCard) => readonly [object, object]>> = {
    "with the id of another request": (_, other) => [{ requestId: other.request.id }, {}],
    "with an id that is no request's": () => [{ requestId: "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1" }, {}],
    "from another channel": () => [{}, inChannel("19:other@thread.tacv2")],
    "from another channel that calls itself ours": ({ card }) => [
      {},
      { conversation: { ...inChannel("19:other@thread.tacv2").conversation }, replyToId: card.activityId },
    ],
  };
  for (const [name, tamper] of Object.entries(tampered)) {
    it(`${name} is refused, and no vote is put on record`, async () => {
      const [staged, other] = [await onCard("pe-tampered"), await onCard("pe-other")];
      const [data, change] = tamper(staged, other);
      const { status, body } = await channel.press(staged.card, megan, { ...staged.press, ...data }, change);
      assert.equal(status, 200);
      await assertRefused(staged, ...(name.startsWith("from another channel") ? ["foreign-place"] : []));
      await assertNothingHappened(other);
      // A click with another request's id hangs on a card that is not that request's: it only shows how that one stands.
      const said = String(body["value"]);
      const shown = body["type"] === "application/vnd.microsoft.card.adaptive" ? cardStatus(body) : said;
      assert.match(shown, /does not belong to a card of plgate|Waiting for a decision/);
    });
  }

  it("cannot bring its own state, approver or quorum along", async () => {
    const { service, card, press } = await onCard("pe-extra");
    const extra = {
      state: "approved",
      approver: adele.objectId,
      approvals: 0,
      mode: "enforce",
      person: adele.objectId,
    };
    await channel.press(card, alex, { ...press, ...extra });
    assert.deepEqual(scene.kinds(await scene.auditOf(world, service)), [...asked, "vote-refused"]);
  });

  it("by somebody outside the reviewers' group is refused to their face, put on record once, and leaves the card", async () => {
    const { service, customer, request, card, press } = await onCard("pe-alex");
    for (const _ of [1, 2]) {
      const { status, body } = await channel.press(card, alex, press);
      assert.deepEqual(
        [status, body["type"], body["value"]],
        [200, "application/vnd.microsoft.activity.message", refusalText("not-a-reviewer", "en")],
      );
    }
    const audit = await scene.auditOf(world, service);
    assert.deepEqual(scene.kinds(audit), [...asked, "vote-refused"]);
    const { objectId } = alex;
    assert.deepEqual(
      [audit[3]?.who, audit[3]?.door],
      [{ kind: "person", objectId, tenantId: seed.providerTenant, name: "Alex Wilber" }, "teams"],
    );
    assert.equal((await customer.status("pe-alex")).status, "Pending");
    assert.deepEqual(buttonsOf(channel.threads(request.id)[0]?.activity), ["approve", "reject"]);
  });

  const nameless: Readonly<Record<string, object>> = {
    "a guest without an object id": { from: { id: "29:guest", name: "Megan Bowen" } },
    "somebody whose object id is no id": { from: { id: "29:odd", name: "Megan Bowen", aadObjectId: "megan" } },
    "another bot": { from: { id: "28:bot", name: "Megan Bowen", aadObjectId: megan.objectId } },
    nobody: { from: undefined },
  };
  for (const [name, change] of Object.entries(nameless)) {
    it(`by ${name} is refused, whatever name they show`, async () => {
      const staged = await onCard("pe-nameless");
      const { body } = await channel.press(staged.card, megan, staged.press, change);
      assert.equal(body["value"], refusalText("no-identity", "en"));
      await assertRefused(staged, "no-identity");
    });
  }

  it("without a justification is refused, and asks for one", async () => {
    const staged = await onCard("pe-wordless");
    for (const justification of ["", "   "]) {
      const { body } = await channel.press(staged.card, megan, { ...staged.press, justification });
      assert.equal(body["value"], refusalText("no-justification", "en"));
    }
    await assertRefused(staged, "no-justification");
  });

  it("that Teams delivers five times is one vote, and each delivery gets a card that says so", async () => {
    const { service, request, card, press } = await onCard("pe-five-clicks");
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => channel.press(card, megan, press)));
    for (const { status, body } of answers) assert.deepEqual([status, cardStatus(body)], [200, "Approving"]);
    await scene.settle(service, world.app);
    const late = await channel.press(card, megan, press);
    assert.equal(cardStatus(late.body), "Approved");
    const kinds = scene.kinds(await scene.auditOf(world, service, request));
    assert.deepEqual(kinds, [...asked, "voted", "decided", "applied"]);
    assert.equal(channel.threads(request.id).length, 1);
  });

  it("that comes after somebody else's decision shows that decision and changes nothing", async () => {
    const { service, customer, card, press } = await onCard("pe-late");
    await channel.press(card, adele, { ...press, verb: "reject", justification: "not this one" });
    const early = await channel.press(card, megan, press);
    assert.equal(cardStatus(early.body), "Rejecting");
    await scene.settle(service, world.app);
    const late = await channel.press(card, megan, press);
    assert.equal(cardStatus(late.body), "Rejected");
    assert.match(cardText(late.body), /Adele Vance/);
    assert.deepEqual(buttonsOf(late.body), []);
    assert.equal((await customer.status("pe-late")).status, "Rejected");
    assert.equal((await scene.auditOf(world, service)).filter(({ kind }) => kind === "voted").length, 1);
  });

  it("on a doubled card shows how things stand and takes no vote", async () => {
    const staged = await onCard("pe-doubled");
    const { card, press } = staged;
    const copy = { conversationId: `${seed.approvalsChannel.id};messageid=1`, activityId: "1" };
    const { body } = await channel.press(copy, megan, press);
    assert.equal(cardStatus(body), "Waiting for a decision");
    await assertNothingHappened(staged);
    assert.equal(cardStatus((await channel.press(card, megan, press)).body), "Approving");
  });

  it("that only refreshes takes no vote", async () => {
    const staged = await onCard("pe-refresh");
    const { body } = await channel.press(staged.card, megan, { ...staged.press, verb: "refresh" });
    assert.equal(cardStatus(body), "Waiting for a decision");
    await assertNothingHappened(staged);
  });

  it("of an old client comes as a message, is taken, and changes the card in the channel", async () => {
    const { service, request, card, press } = await onCard("pe-old-client");
    const activity = cardSubmitted(channel.scene, { ...card, by: teamsPerson(megan), data: press });
    assert.equal((await channel.send(activity)).status, 200);
    await scene.settle(service, world.app);
    await until("the card to show the end", () => cardStatus(channel.threads(request.id)[0]?.activity) === "Approved");
  });

  it("that no card of ours makes is answered as a bad request", async () => {
    const { card, request } = await onCard("pe-strange-click");
    const strange = { type: "Action.Execute", verb: "delete-everything", data: { requestId: request.id } };
    const { body } = await channel.send({
      ...cardClicked(channel.scene, { ...card, by: teamsPerson(megan), verb: "approve", data: {} }),
      value: { action: strange },
    });
    assert.deepEqual([body["statusCode"], body["type"]], [400, "application/vnd.microsoft.error"]);
  });

  it("by a guest in the reviewers' group is refused", async () => {
    const staged = await onCard("pe-guest");
    const { body } = await channel.press(staged.card, grace, staged.press);
    assert.equal(body["value"], refusalText("guest", "en"));
    await assertRefused(staged, "guest");
  });

  it("by an owner of the consumer is refused in their language; by another reviewer it counts", async () => {
    const staged = await onCard("pe-own");
    const { subscriptionId, name } = staged.customer;
    const owned = { ...{ subscriptionId, name, tier: null, tenantId: null, tags: {} }, owners: [adele.objectId] };
    await new ConsumerTable(world.storage.consumers).put(owned);
    const { body } = await channel.press(staged.card, adele, staged.press, { locale: "ja-JP" });
    assert.equal(body["value"], refusalText("own-request", "ja"));
    await assertRefused(staged, "own-request");
    assert.equal(cardStatus((await channel.press(staged.card, megan, staged.press)).body), "Approving");
  });

  it("while the directory is down is refused, and taken when it is back", async (t) => {
    t.after(() => world.issuer.configure({ graphOutage: undefined }));
    // A host of its own: the other one may know Megan's groups for some minutes.
    const app = await world.compose();
    const staged = await onCard("pe-no-directory");
    const { verb, ...data } = staged.press;
    const click = JSON.stringify(cardClicked(channel.scene, { ...staged.card, by: teamsPerson(megan), verb, data }));
    const send = async () => app.teams(`Bearer ${await channel.token()}`, click, new FakeLog(), "c-1");
    world.issuer.configure({ graphOutage: { status: 503 } });
    const { body } = await send();
    assert.match(JSON.stringify(body), /directory cannot say whether you are a reviewer/);
    await assertRefused(staged, "directory-unavailable");
    world.issuer.configure({ graphOutage: undefined });
    assert.equal(cardStatus((await send()).body), "Approving");
  });

  it("is answered at once while the Bot Connector hangs; the card follows", async () => {
    const { service, request, card, press } = await onCard("pe-slow-teams");
    world.connector.interfere({ on: "update", delayMs: 4000 });
    const began = Date.now();
    const { body } = await channel.press(card, megan, press);
    assert.equal(cardStatus(body), "Approving");
    assert.ok(Date.now() - began < 4000, "the answer did not wait for the card");
    await scene.settle(service, world.app);
    await until("the card to show the end", () => cardStatus(channel.threads(request.id)[0]?.activity) === "Approved");
  });
});

function inChannel(id: string) {
  const { tenantId, team } = channel.scene;
  return {
    conversation: { isGroup: true, conversationType: "channel", tenantId, id },
    channelData: { tenant: { id: tenantId }, team: { id: team.id }, channel: { id } },
  };
}
