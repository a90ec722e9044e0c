import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseActivity } from "../../src/teams/activity.ts";
import { megan, tenant } from "./a-view.ts";
import { aClick, anInstallation, botId, channel, messageId, pressed, serviceUrl } from "./an-activity.ts";

const team = { id: "19:general@thread.tacv2" };
const reference = {
  serviceUrl,
  tenantId: tenant,
  teamId: team.id,
  aadGroupId: "00000000-0000-0000-0000-000000000031",
  channelId: channel,
  channelName: "privatelink-approvals",
  botId,
  teamName: "Platform",
  usable: true,
};
const click = {
  kind: "click",
  requestId: "abcdefghijklmnop-qrstuvwxyz-1",
  verb: "approve",
  justification: "Partner, CHG-1234",
  person: { objectId: megan.objectId, tenantId: tenant, name: megan.name },
  conversation: {
    tenantId: tenant,
    channelId: channel,
    conversationId: `${channel};messageid=${messageId}`,
    replyToId: messageId,
  },
  locale: "en-US",
  via: "execute",
} as const;

function membership(change: Readonly<Record<string, unknown>>) {
  const { action: _, ...rest } = anInstallation();
  return { ...rest, type: "conversationUpdate", ...change };
}

describe("parseActivity: the bot comes and goes", () => {
  const installed = {
    "an installation names the channel": anInstallation(),
    "an upgrade is an installation": anInstallation({ action: "add-upgrade" }),
    "the bot as a new member is an installation": membership({ membersAdded: [{ id: "29:x" }, { id: botId }] }),
  } as const;
  for (const [name, body] of Object.entries(installed)) {
    it(name, () => assert.deepEqual(parseActivity(body), { kind: "installed", reference }));
  }

  it("takes the selected channel where the event names none", () => {
    const channelData = {
      tenant: { id: tenant },
      team,
      settings: { selectedChannel: { id: "19:other@thread.tacv2" } },
    };
    const parsed = parseActivity(membership({ membersAdded: [{ id: botId }], channelData }));
    assert.deepEqual(parsed, {
      kind: "installed",
      reference: {
        ...reference,
        aadGroupId: null,
        teamName: null,
        channelId: "19:other@thread.tacv2",
        channelName: null,
      },
    });
  });

  it("takes the conversation where the event names no channel at all", () => {
    const parsed = parseActivity(anInstallation({ channelData: { tenant: { id: tenant }, team, settings: null } }));
    assert.deepEqual(parsed, {
      kind: "installed",
      reference: { ...reference, aadGroupId: null, teamName: null },
    });
  });

  it("takes the tenant of the conversation where channelData has none", () => {
    const { channelData } = anInstallation() as { channelData: object };
    const parsed = parseActivity(anInstallation({ channelData: { ...channelData, tenant: undefined } }));
    assert.deepEqual(parsed, { kind: "installed", reference });
  });

  it("gives the same for the same event told twice", () => {
    assert.deepEqual(parseActivity(anInstallation()), parseActivity(anInstallation()));
  });

  const whole = { kind: "removed", tenantId: tenant, teamId: team.id, channelId: null, forGood: false };
  const gone = { tenant: { id: tenant }, team, channel: { id: channel } };
  const removals = {
    "a removal is for the whole team": [anInstallation({ action: "remove" }), whole],
    "a removal by an upgrade is a removal": [anInstallation({ action: "remove-upgrade" }), whole],
    "the bot among the members that left is a removal": [membership({ membersRemoved: [{ id: botId }] }), whole],
    "a deleted team is a removal": [membership({ channelData: { ...gone, eventType: "teamDeleted" } }), whole],
    "a deleted channel is a removal of that channel": [
      membership({ channelData: { ...gone, eventType: "channelDeleted" } }),
      { ...whole, channelId: channel },
    ],
    "an archived team is a removal until it is back": [
      membership({ channelData: { ...gone, eventType: "teamArchived" } }),
      whole,
    ],
    "a team deleted for good will not be back": [
      membership({ channelData: { ...gone, eventType: "teamHardDeleted" } }),
      { ...whole, forGood: true },
    ],
  } as const;
  for (const [name, [body, expected]] of Object.entries(removals)) {
    it(name, () => assert.deepEqual(parseActivity(body), expected));
  }
});

describe("parseActivity: teams and channels change", () => {
  const data = { tenant: { id: tenant }, team: { id: team.id, name: "Platform" } };
  const telling = (eventType: string, change: object = {}) =>
    // As Teams sends it: the conversation is the team's first channel, whichever channel it is about.
    membership({
      conversation: { isGroup: true, conversationType: "channel", tenantId: tenant, id: team.id },
      channelData: { ...data, ...change, eventType },
    });
  const net = { ...reference, aadGroupId: null, channelId: "19:net@thread.tacv2", channelName: "network" };
  const channelData = { channel: { id: net.channelId, name: "network" } };
  const first = { ...net, channelId: team.id, channelName: "General" };

  for (const eventType of ["channelCreated", "channelRenamed", "channelRestored"]) {
    it(`reads ${eventType} as a channel with its name`, () =>
      assert.deepEqual(parseActivity(telling(eventType, channelData)), { kind: "channel-opened", reference: net }));
  }
  for (const eventType of ["teamUnarchived", "teamRestored"]) {
    it(`reads ${eventType} as an installation, beginning with the first channel`, () =>
      assert.deepEqual(parseActivity(telling(eventType)), { kind: "installed", reference: first }));
  }

  it("reads the new name of a team", () => {
    const renamed = { kind: "team-renamed", tenantId: tenant, teamId: team.id, teamName: "Platform" };
    assert.deepEqual(parseActivity(telling("teamRenamed")), renamed);
  });

  it("cuts long names", () => {
    const parsed = parseActivity(telling("channelCreated", { channel: { id: "19:n", name: "n".repeat(5000) } }));
    assert.ok(parsed.kind === "channel-opened" && parsed.reference.channelName?.length === 100);
  });

  const passedOver = {
    "a private channel, which no bot of the team is in": telling("channelCreated", {
      channel: { ...channelData.channel, type: "private" },
    }),
    "a channel of another team that is shared with this one": telling("channelCreated", {
      channel: { ...channelData.channel, type: "shared" },
    }),
    "a channel without its id": telling("channelRestored"),
    "a deleted channel without its id": telling("channelDeleted"),
    "a renamed team without a name": telling("teamRenamed", { team }),
    "an event that is not invented yet": telling("channelPainted", channelData),
    "an event with the name of something every object has": telling("constructor", channelData),
    "an event about no team": telling("channelCreated", { ...channelData, team: undefined }),
  };
  for (const [name, body] of Object.entries(passedOver)) {
    it(`ignores ${name}`, () => assert.equal(parseActivity(body).kind, "ignored"));
  }

  const nowhere = { tenant: undefined };
  for (const eventType of ["channelCreated", "teamRenamed", "teamArchived", "teamUnarchived"]) {
    it(`finds ${eventType} without a tenant invalid`, () => {
      const body = { ...telling(eventType, { ...channelData, ...nowhere }), conversation: { id: team.id } };
      assert.equal(parseActivity(body).kind, "invalid");
    });
  }
});

describe("parseActivity: a button", () => {
  it("reads an Execute", () => assert.deepEqual(parseActivity(aClick()), click));

  it("reads the Submit of an old client", () => {
    const value = { verb: "approve", requestId: click.requestId, justification: "Partner, CHG-1234" };
    assert.deepEqual(parseActivity(aClick({ type: "message", name: undefined, value })), { ...click, via: "submit" });
  });

  it("reads a refresh, which brings no justification", () => {
    const value = { action: { verb: "refresh", data: { requestId: click.requestId } }, trigger: "automatic" };
    assert.deepEqual(parseActivity(aClick({ value })), { ...click, verb: "refresh", justification: "" });
  });

  it("takes nothing else from the data, whatever a client puts there", () => {
    const value = pressed({
      state: "approved",
      approver: "x",
      quorum: 0,
      votes: [{ vote: "approve" }],
      objectId: "x",
      person: { objectId: "x" },
      groups: ["all"],
    });
    assert.deepEqual(parseActivity(aClick({ value })), click);
  });

  it("keeps the id of another request for the workflow to judge", () => {
    const other = "zzzzzzzzzzzzzzzz-zzzzzzzzzz-2";
    assert.deepEqual(parseActivity(aClick({ value: pressed({ requestId: other }) })), { ...click, requestId: other });
  });

  const nobody = {
    "a guest without object id": { id: "29:guest", name: "Megan Test" },
    "an object id that is none": { id: "29:megan", name: "Megan Test", aadObjectId: "../users/admin" },
    "a bot": { id: "28:other", aadObjectId: megan.objectId },
    "an empty object id": { id: "29:megan", aadObjectId: "" },
  } as const;
  for (const [name, from] of Object.entries(nobody)) {
    it(`brings no person: ${name}`, () =>
      assert.deepEqual(parseActivity(aClick({ from })), { ...click, person: null }));
  }

  it("brings no person without a sender", () => {
    assert.deepEqual(parseActivity(aClick({ from: undefined })), { ...click, person: null });
  });

  it("brings no person without a tenant, and keeps that the tenant is not known", () => {
    const conversation = { id: click.conversation.conversationId };
    assert.deepEqual(parseActivity(aClick({ conversation, channelData: { channel: { id: channel } } })), {
      ...click,
      person: null,
      conversation: { ...click.conversation, tenantId: null },
    });
  });

  it("lower-cases ids of people and tenants, and cuts names", () => {
    const from = { id: "29:megan", name: "n".repeat(4000), aadObjectId: megan.objectId.toUpperCase() };
    const parsed = parseActivity(aClick({ from }));
    assert.deepEqual(parsed, { ...click, person: { ...click.person, name: "n".repeat(100) } });
  });

  it("says which tenant somebody from outside names as theirs", () => {
    const from = { id: "29:megan", name: megan.name, aadObjectId: megan.objectId, tenantId: "ABC" };
    assert.deepEqual(parseActivity(aClick({ from })), { ...click, person: { ...click.person, tenantId: "abc" } });
  });

  it("loses no click over a locale that is none", () => {
    for (const locale of [undefined, null, 7, {}, "x".repeat(101)]) {
      assert.deepEqual(parseActivity(aClick({ locale })), { ...click, locale: null });
    }
  });

  it("gives a person without a name words to be read by", () => {
    const from = { id: "29:megan", aadObjectId: megan.objectId };
    assert.deepEqual(parseActivity(aClick({ from })), {
      ...click,
      person: { ...click.person, name: "a person without a name" },
    });
  });

  it("trims the justification and counts it by characters", () => {
    const justification = `  ${"😀".repeat(140)}\n`;
    assert.deepEqual(parseActivity(aClick({ value: pressed({ justification }) })), {
      ...click,
      justification: "😀".repeat(140),
    });
  });
});

describe("parseActivity: what is not for us", () => {
  const ignored = {
    "a chat message": aClick({ type: "message", text: "hello", value: undefined }),
    "a message with an empty value": aClick({ type: "message", value: null }),
    "another invoke": aClick({ name: "composeExtension/query" }),
    "an invoke without a name": aClick({ name: undefined }),
    "a reaction": aClick({ type: "messageReaction" }),
    "a person who joins": membership({ membersAdded: [{ id: "29:someone" }] }),
    "a person who leaves": membership({ membersRemoved: [{ id: "29:someone" }] }),
    "a renamed channel": membership({ channelData: { team, eventType: "channelRenamed" } }),
    "an installation in a personal chat": anInstallation({
      conversation: { id: "a:1", tenantId: tenant, conversationType: "personal" },
      channelData: { tenant: { id: tenant } },
    }),
    "a removal from a personal chat": anInstallation({ action: "remove", channelData: { tenant: { id: tenant } } }),
    "an installation update that says nothing": anInstallation({ action: undefined }),
  } as const;
  for (const [name, body] of Object.entries(ignored)) {
    it(`ignores ${name}`, () => assert.equal(parseActivity(body).kind, "ignored"));
  }

  const invalid = {
    "a text": ["hello", null],
    nothing: [undefined, null],
    "a list": [[], null],
    "an activity without type": [{ serviceUrl, conversation: { id: channel } }, null],
    "an activity without conversation": [aClick({ conversation: undefined }), null],
    "an activity with a huge id": [aClick({ replyToId: "1".repeat(301) }), null],
    "an installation without tenant": [anInstallation({ conversation: { id: channel }, channelData: { team } }), null],
    "an installation without bot": [anInstallation({ recipient: undefined }), null],
    "a removal without tenant": [
      anInstallation({ action: "remove", conversation: { id: channel }, channelData: { team } }),
      null,
    ],
    "a click without action": [aClick({ value: {} }), "execute"],
    "a click without request": [aClick({ value: pressed({ requestId: undefined }) }), "execute"],
    "a click with a request that is no text": [aClick({ value: pressed({ requestId: { $ne: "" } }) }), "execute"],
    "a click with a huge request id": [aClick({ value: pressed({ requestId: "a".repeat(101) }) }), "execute"],
    "a click with a verb of its own": [aClick({ value: pressed({}, "approveAll") }), "execute"],
    "a click with a justification that is no text": [aClick({ value: pressed({ justification: ["x"] }) }), "execute"],
    "a click with too long a justification": [
      aClick({ value: pressed({ justification: "x".repeat(141) }) }),
      "execute",
    ],
    "a submit without verb": [aClick({ type: "message", value: { requestId: "a" } }), "submit"],
  } as const;
  for (const [name, [body, via]] of Object.entries(invalid)) {
    it(`finds ${name} invalid, and says why`, () => {
      const parsed = parseActivity(body);
      assert.equal(parsed.kind, "invalid");
      assert.equal(parsed.via, via);
      assert.ok(parsed.why.length > 5 && parsed.why.length <= 300);
    });
  }

  it("never repeats what was sent", () => {
    const parsed = parseActivity(aClick({ value: pressed({}, "<script>") }));
    assert.ok(!JSON.stringify(parsed).includes("script"));
  });

  it("never throws, whatever comes", () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({ type: fc.constantFrom("invoke", "message", "conversationUpdate"), value: fc.anything() }),
      fc.record({ ...Object.fromEntries(Object.keys(aClick()).map((key) => [key, fc.anything()])) }),
    );
    fc.assert(fc.property(anything, (body) => typeof parseActivity(body).kind === "string"));
  });
});
