import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { json, type Listening, listen } from "../../local/exchange.ts";
import { botVerifier } from "../../src/teams/bot-auth.ts";
import { connectorHosts } from "../../src/teams/connector-hosts.ts";
import { receive, type TeamsDoor } from "../../src/teams/receive.ts";
import { refusalText } from "../../src/words/answers.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { recordRefusal } from "../../src/workflow/refused-votes.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { anEndpoint, connection, service } from "../builders.ts";
import {
  assertChainHolds,
  auditOf,
  kindsOf,
  megan,
  requestOf,
  review,
  reviewers,
  stage,
  tenant,
} from "../workflow/stage.ts";
import { aClick, botId, channel, messageId, pressed, serviceUrl } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";

/*
 * Every attack on what comes in from Teams, through the door itself: the real verifier, the real parser, the real workflow.
 * Only keys, store and directory are the test's own.
 */

const appId = botId.slice("28:".length);
const issuer = "https://api.botframework.com";
const elsewhere = "99999999-0000-4000-8000-000000000009";
const foreignUrl = "https://connector.attacker.example/";
const asked = ["requested", "evaluated", "escalated"];
const minute = 60;

const pair = await generateKeyPair("RS256", { modulusLength: 2048, extractable: true });
const foreignPair = await generateKeyPair("RS256", { modulusLength: 2048 });
const kid = "the-key";
const publicJwk = { ...(await exportJWK(pair.publicKey)), kid, use: "sig" };

const now = () => Math.floor(Date.now() / 1000);

type Change = { readonly [Claim in keyof JWTPayload]?: JWTPayload[Claim] | undefined };

function claims(change: Change = {}): JWTPayload {
  const times = { nbf: now() - minute, exp: now() + 60 * minute };
  const all = { iss: issuer, aud: appId, serviceurl: serviceUrl, ...times, ...change };
  return Object.fromEntries(Object.entries(all).filter(([, claim]) => claim !== undefined));
}

type Header = { readonly alg: string; readonly kid?: string };

function signed(change: Change = {}, header: Header = { alg: "RS256", kid }, key = pair.privateKey) {
  return new SignJWT(claims(change)).setProtectedHeader({ typ: "JWT", ...header }).sign(key);
}

async function hmacByPublicKey(): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const input = `${part({ alg: "HS256", typ: "JWT", kid })}.${part(claims())}`;
  const secret = await exportSPKI(pair.publicKey);
  return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
}

async function signedByRs512(): Promise<string> {
  const jwk = await exportJWK(pair.privateKey);
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }, false, [
    "sign",
  ]);
  return signed({}, { alg: "RS512", kid }, key);
}

/** A request whose card stands in the channel, and the door that a click on it comes through. */
async function onCard(change: Partial<TeamsDoor> = {}) {
  const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");
  const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
  await review(ports);
  const request = await requestOf(ports, connection());
  assert.ok(request);
  const conversationId = `${channel};messageid=${messageId}`;
  const card = { serviceUrl, tenantId: tenant, channelId: channel, conversationId, activityId: messageId };
  const post = { request: request.id, place: { kind: "channel", id: channel }, what: "card" } as const;
  for (const known of await ports.cards.all(request.id)) {
    if (known.kind === "standing") await ports.cards.drop({ ...post, place: known.place }, known.card, "free");
  }
  const claim = await ports.cards.claim(post);
  assert.ok(claim.kind === "post" && (await ports.cards.keep(post, claim.token, card)));
  await ports.cards.showed(post, card, 99);
  const door: TeamsDoor = {
    verify: botVerifier({ appId, tenantId: tenant, mayTalkTo: connectorHosts(), issuer, jwksUri }),
    ...{ conversations: new FakeConversations(), cards: ports.cards, ledger: ports.ledger, log: ports.log },
    ...{ tenantId: tenant, language: "en", channelKnown: async () => undefined },
    channelsOf: async () => ({ kind: "listed", channels: [] }),
    takeVote: (vote, seen) => decideManually({ ...vote, correlation: "c-1" }, ports, { seen }),
    refuseForeign: (vote, seen) => recordRefusal(seen, { ...vote, correlation: "c-1", why: "foreign-place" }, ports),
    viewOf: (one) => viewOf(one, ports),
    ...change,
  };
  return { ports, door, id: request.id };
}

type OnCard = Awaited<ReturnType<typeof onCard>>;

let jwksUri = "";
let keys: Listening;
before(async () => {
  keys = await listen(createServer(), 0, [() => json(200, { keys: [publicJwk] })]);
  jwksUri = `http://127.0.0.1:${keys.port}/keys`;
});
after(() => keys.stop());

/** What a client sends that presses Approve on the card of this request. */
function clickOn(id: string, change: Readonly<Record<string, unknown>> = {}, data = {}, verb = "approve"): object {
  const inTenant = { tenant: { id: tenant }, team: { id: "19:general@thread.tacv2" }, channel: { id: channel } };
  const conversation = { conversationType: "channel", tenantId: tenant, id: `${channel};messageid=${messageId}` };
  const from = { id: "29:megan", name: "Megan Test", aadObjectId: megan };
  const value = pressed({ requestId: id, ...data }, verb);
  return { ...aClick({ channelData: inTenant, conversation, from, value }), ...change };
}

async function send({ door }: OnCard, activity: object, token?: string | null) {
  const authorization = token === null ? null : `Bearer ${token ?? (await signed())}`;
  return receive(authorization, JSON.stringify(activity), door);
}

/** What the clicker alone reads, or the status of a card. */
async function said(world: OnCard, activity: object): Promise<unknown> {
  const { body } = await send(world, activity);
  return body && "value" in body && typeof body.value === "string" ? body.value : body;
}

async function assertNothingHappened({ ports }: OnCard): Promise<void> {
  assert.deepEqual(await kindsOf(ports), asked);
  assert.deepEqual((await requestOf(ports, connection()))?.votes, []);
}

async function assertVoted({ ports }: OnCard): Promise<void> {
  assert.equal((await requestOf(ports, connection()))?.state, "approving");
  await assertChainHolds(ports);
}

describe("the token of what comes in from Teams", () => {
  it("that the Bot Connector signed lets a reviewer decide: else no refusal below would prove anything", async () => {
    const world = await onCard();
    assert.equal((await send(world, clickOn(world.id))).status, 200);
    await assertVoted(world);
  });

  const tokens: Readonly<Record<string, () => string | null | Promise<string | null>>> = {
    "there is none": () => null,
    "it is empty": () => "",
    "it is garbage": () => "let-me-in",
    "it is three pieces of garbage": () => "e30.e30.AAAA",
    "another key signed it under our key's name": () => signed({}, { alg: "RS256", kid }, foreignPair.privateKey),
    "another key signed it under a name of its own": () =>
      signed({}, { alg: "RS256", kid: randomUUID() }, foreignPair.privateKey),
    "alg is none": () => new UnsecuredJWT(claims()).encode(),
    "HS256 takes the public key for a secret": hmacByPublicKey,
    "the right key signed it by RS512": signedByRs512,
    "it names no key, though the right one signed it": () => signed({}, { alg: "RS256" }),
    "it is for another bot": () => signed({ aud: elsewhere }),
    "it is for nobody": () => signed({ aud: undefined }),
    "Entra issued it": () => signed({ iss: `https://login.microsoftonline.com/${tenant}/v2.0` }),
    "the old Entra issued it": () => signed({ iss: `https://sts.windows.net/${tenant}/` }),
    "the issuer only begins like ours": () => signed({ iss: `${issuer}.attacker.example` }),
    "nobody issued it": () => signed({ iss: undefined }),
    "it expired an hour ago": () => signed({ nbf: now() - 120 * minute, exp: now() - 60 * minute }),
    "it never expires": () => signed({ exp: undefined }),
    "it begins in an hour": () => signed({ nbf: now() + 60 * minute, exp: now() + 120 * minute }),
    "it has no serviceurl": () => signed({ serviceurl: undefined }),
    "its serviceurl is another": () => signed({ serviceurl: "https://smba.trafficmanager.net.attacker.example/" }),
    "its serviceurl is a list with ours in it": () => signed({ serviceurl: [serviceUrl] }),
    "its serviceurl is http": () => signed({ serviceurl: serviceUrl.replace("https", "http") }),
  };
  for (const [name, token] of Object.entries(tokens)) {
    it(`is refused with 401 and without a word when ${name}`, async () => {
      const world = await onCard();
      assert.deepEqual(await send(world, clickOn(world.id), await token()), { status: 401 });
      await assertNothingHappened(world);
    });
  }

  const bodies: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, string, 401 | 403]>> = {
    "a foreign host, on which token and body agree": [{ serviceUrl: foreignUrl }, foreignUrl, 401],
    "a host of ours by http, on which token and body agree": [
      { serviceUrl: "http://smba.trafficmanager.net/" },
      "http://smba.trafficmanager.net/",
      401,
    ],
    "a body with another serviceUrl": [{ serviceUrl: foreignUrl }, serviceUrl, 401],
    "a body without serviceUrl": [{ serviceUrl: undefined }, serviceUrl, 401],
    "another channel than Teams": [{ channelId: "webchat" }, serviceUrl, 403],
    "the emulator": [{ channelId: "emulator" }, serviceUrl, 403],
    "no tenant": [{ channelData: {}, conversation: { id: channel } }, serviceUrl, 403],
    "another tenant": [{ channelData: { tenant: { id: elsewhere } } }, serviceUrl, 403],
    "another tenant of the conversation, behind ours": [
      { conversation: { id: `${channel};messageid=${messageId}`, tenantId: elsewhere } },
      serviceUrl,
      403,
    ],
    "another bot": [{ recipient: { id: `28:${elsewhere}` } }, serviceUrl, 403],
    "a person as recipient": [{ recipient: { id: `29:${appId}` } }, serviceUrl, 403],
    "no recipient": [{ recipient: undefined }, serviceUrl, 403],
  };
  for (const [name, [change, serviceurl, status]] of Object.entries(bodies)) {
    it(`does not help ${name}: ${status}`, async () => {
      const world = await onCard();
      assert.deepEqual(await send(world, clickOn(world.id, change), await signed({ serviceurl })), { status });
      await assertNothingHappened(world);
    });
  }
});

describe("who clicked", () => {
  const from = (change: object) => ({ from: { id: "29:eve", name: "Megan Test", aadObjectId: elsewhere, ...change } });
  const cases: Readonly<Record<string, readonly [object, Parameters<typeof refusalText>[0]]>> = {
    "the name of a reviewer and another object id": [from({}), "not-a-reviewer"],
    "the Teams id of a reviewer and another object id": [from({ id: "29:megan" }), "not-a-reviewer"],
    "a reviewer's name, mail and principal name alone": [
      from({ aadObjectId: undefined, userPrincipalName: "megan@contoso.example", email: "megan@contoso.example" }),
      "no-identity",
    ],
    "an object id that is a path": [from({ aadObjectId: `${megan}/../${megan}` }), "no-identity"],
    "two object ids": [from({ aadObjectId: `${megan},${elsewhere}` }), "no-identity"],
    "a bot with the object id of a reviewer": [from({ id: "28:bot", aadObjectId: megan }), "no-identity"],
    nobody: [{ from: undefined }, "no-identity"],
    "a reviewer's object id in another tenant": [from({ aadObjectId: megan, tenantId: elsewhere }), "other-tenant"],
    "the object id of the reviewers' group": [from({ aadObjectId: reviewers }), "not-a-reviewer"],
  };
  for (const [name, [change, why]] of Object.entries(cases)) {
    it(`is not believed by ${name}`, async () => {
      const world = await onCard();
      assert.equal(await said(world, clickOn(world.id, { ...change })), refusalText(why, "en"));
      assert.deepEqual(await kindsOf(world.ports), [...asked, "vote-refused"]);
      assert.deepEqual((await requestOf(world.ports, connection()))?.votes, []);
    });
  }

  it("is refused as a guest of the directory, reviewer or not", async () => {
    const world = await onCard();
    world.ports.directory.makeGuest(megan);
    assert.equal(await said(world, clickOn(world.id)), refusalText("guest", "en"));
  });

  it("is the same person in capitals, and has one vote", async () => {
    const world = await onCard();
    const shout = { from: { id: "29:MEGAN", name: "MEGAN", aadObjectId: megan.toUpperCase() } };
    for (const change of [shout, {}]) await send(world, clickOn(world.id, change));
    await assertVoted(world);
    const { votes } = (await requestOf(world.ports, connection())) ?? {};
    assert.deepEqual(
      votes?.map(({ objectId }) => objectId),
      [megan],
    );
  });

  it("reads why in their own language, or in the channel's where we do not speak theirs", async () => {
    const world = await onCard({ language: "ja" });
    for (const [locale, language] of [
      ["ja-JP", "ja"],
      ["en-GB", "en"],
      ["fr-FR", "ja"],
      [undefined, "ja"],
    ] as const) {
      const answer = await said(world, clickOn(world.id, { ...from({}), locale }));
      assert.equal(answer, refusalText("not-a-reviewer", language));
    }
  });
});

describe("where a click comes from", () => {
  const inChannel = (id: string, more: object = {}) => ({
    conversation: { conversationType: "channel", tenantId: tenant, id },
    channelData: { tenant: { id: tenant }, team: { id: "19:general@thread.tacv2" }, channel: { id } },
    ...more,
  });
  const other = "19:other@thread.tacv2";
  const places: Readonly<Record<string, object>> = {
    "another channel": inChannel(other),
    "another channel that names our card": inChannel(`${other};messageid=${messageId}`, { replyToId: messageId }),
    "another team": {
      ...inChannel(other),
      channelData: { tenant: { id: tenant }, team: { id: "19:else@thread.tacv2" }, channel: { id: other } },
    },
    "a conversation of ours in a channel that is not": {
      channelData: { tenant: { id: tenant }, channel: { id: other } },
    },
    "a personal chat": { conversation: { conversationType: "personal", tenantId: tenant, id: "a:1" }, channelData: {} },
    "a group chat": { ...inChannel("19:chat@unq.gbl.spaces"), channelData: { tenant: { id: tenant } } },
  };
  for (const [name, change] of Object.entries(places)) {
    it(`is refused to the clicker alone and on record once: ${name}`, async () => {
      const world = await onCard();
      for (const _ of [1, 2])
        assert.equal(await said(world, clickOn(world.id, { ...change })), refusalText("foreign-place", "en"));
      const [refused, ...more] = (await auditOf(world.ports)).slice(asked.length);
      assert.deepEqual([refused?.kind, refused?.detail], ["vote-refused", { reason: "foreign-place", door: "teams" }]);
      assert.equal(refused?.who.kind === "person" && refused.who.objectId, megan);
      assert.deepEqual(more, []);
      assert.deepEqual((await requestOf(world.ports, connection()))?.votes, []);
    });
  }

  it("is no matter of record for a refresh, and for a request that there is not", async () => {
    const world = await onCard();
    await said(world, clickOn(world.id, inChannel(other), {}, "refresh"));
    await said(world, clickOn("aaaaaaaaaaaaaaaa-bbbbbbbbbb-1"));
    await assertNothingHappened(world);
  });
});

describe("an old click that is sent again", () => {
  const anHour = 3600;
  const hourOld = () => signed({ nbf: now() - 2 * anHour, exp: now() - anHour });

  it("with its old token is refused, and with a new one finds its vote", async () => {
    const world = await onCard();
    const click = clickOn(world.id);
    await send(world, click);
    const before = await auditOf(world.ports);
    world.ports.clock.advance(anHour);
    assert.deepEqual(await send(world, click, await hourOld()), { status: 401 });
    const { status, body } = await send(world, click);
    assert.equal(status, 200);
    assert.match(JSON.stringify(body), /adaptive[\s\S]*Approving/);
    assert.deepEqual(await auditOf(world.ports), before);
  });

  it("after the end shows the end and changes nothing", async () => {
    const world = await onCard();
    const click = clickOn(world.id);
    await send(world, click);
    await review(world.ports);
    const before = await auditOf(world.ports);
    world.ports.clock.advance(anHour);
    assert.deepEqual(await send(world, click, await hourOld()), { status: 401 });
    const { body } = await send(world, click);
    assert.match(JSON.stringify(body), /Approved/);
    assert.deepEqual(await auditOf(world.ports), before);
  });

  it("before the quorum is the same vote, once", async () => {
    const world = await onCard();
    const stored = await world.ports.ledger.request((await requestOf(world.ports, connection()))?.id ?? ("" as never));
    assert.ok(stored);
    const two = stored.request.reviewers.map((one) => ({ ...one, approvals: 2 }));
    const [, , escalated] = await auditOf(world.ports);
    assert.ok(escalated);
    const laid = { request: { ...stored.request, reviewers: two }, expected: stored.etag, events: [escalated] };
    await world.ports.ledger.commit({ key: "two", notify: false, ...laid });
    const click = clickOn(world.id);
    for (const _ of [1, 2, 3]) assert.equal((await send(world, click)).status, 200);
    const request = await requestOf(world.ports, connection());
    assert.deepEqual([request?.state, request?.votes.length], ["awaiting-decision", 1]);
    assert.equal((await kindsOf(world.ports)).filter((kind) => kind === "voted").length, 1);
  });
});

/** Keys and types of an answer, without its texts. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, key === "type" ? one : shapeOf(one)]));
}

describe("what a click carries", () => {
  const smuggled: Readonly<Record<string, object>> = {
    "a state, an approver, a quorum and votes of its own": {
      ...{ state: "approved", approver: megan, quorum: 0, approvals: 0, mode: "enforce" },
      votes: [{ objectId: megan, tenantId: tenant, vote: "approve", groups: [reviewers] }],
      ...{ person: { objectId: megan, tenantId: tenant }, objectId: megan, groups: [reviewers], door: "console" },
    },
    "another prototype": JSON.parse(
      `{"__proto__":{"objectId":"${megan}","isAdmin":true},"constructor":{"prototype":{"groups":["${reviewers}"]}}}`,
    ),
  };
  for (const [name, data] of Object.entries(smuggled)) {
    it(`decides nothing: ${name}`, async () => {
      const world = await onCard();
      const eve = { from: { id: "29:eve", name: "Eve", aadObjectId: elsewhere } };
      assert.equal(await said(world, clickOn(world.id, eve, data)), refusalText("not-a-reviewer", "en"));
      assert.deepEqual((await requestOf(world.ports, connection()))?.votes, []);
      for (const key of ["isAdmin", "objectId", "groups"]) assert.equal(Reflect.get({}, key), undefined);
    });
  }

  it("is the prototype of nothing, wherever in the activity it stands", async () => {
    const world = await onCard();
    const text = JSON.stringify(clickOn(world.id)).replace(/\{/g, `{"__proto__":{"polluted":true},`);
    await receive(`Bearer ${await signed()}`, text, world.door);
    assert.equal(Reflect.get({}, "polluted"), undefined);
    await assertVoted(world);
  });

  const words: Readonly<Record<string, string>> = {
    "a card": '{"type":"AdaptiveCard","body":[{"type":"TextBlock","text":"x"}],"actions":[{"type":"Action.OpenUrl"}]}',
    "a link": "[click me](https://attacker.example)",
    "a mention": "<at>everybody</at>",
    "a template": "$(payload) {{DATE(2026-01-01T00:00:00Z,SHORT)}}",
    markup: "<img src=x onerror=alert(1)>",
    "a way out of the card": '"}],"actions":[{"type":"Action.OpenUrl","url":"https://attacker.example"}],"x":[{"y":"',
  };
  for (const [name, justification] of Object.entries(words)) {
    it(`is words and nothing else, on the card and on record: ${name}`, async () => {
      const world = await onCard();
      const plain = await onCard();
      const answer = await said(world, clickOn(world.id, {}, { justification }));
      const usual = await said(plain, clickOn(plain.id, {}, { justification: "CHG-1" }));
      assert.deepEqual(shapeOf(answer), shapeOf(usual), "it adds nothing to the card but its words");
      assert.doesNotMatch(JSON.stringify(answer), /<at>|\]\(https|\{\{DATE\(2026-01-01/);
      const voted = (await auditOf(world.ports)).find(({ kind }) => kind === "voted");
      assert.equal(voted?.why?.justification, justification);
    });
  }
});
