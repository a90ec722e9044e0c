import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Connector } from "../../src/teams/connector.ts";
import type { ConversationReference } from "../../src/teams/conversations.ts";
import { followTeam, listNamelessTeams } from "../../src/teams/follow-team.ts";
import { FakeLog } from "../fakes/log.ts";
import { tenant } from "./a-view.ts";
import { botId, serviceUrl } from "./an-activity.ts";
import { FakeConversations } from "./fake-conversations.ts";

const teamId = "19:general@thread.tacv2";
const approvals = "19:approvals@thread.tacv2";
const network = "19:network@thread.tacv2";

function reference(change: Partial<ConversationReference> = {}): ConversationReference {
  const team = { serviceUrl, tenantId: tenant, teamId, teamName: "Platform", aadGroupId: null, botId };
  return { ...team, channelId: approvals, channelName: "approvals", usable: true, ...change };
}

const general = reference({ channelId: teamId, channelName: "General" });
const inNetwork = reference({ channelId: network, channelName: "network" });
const elsewhere = reference({
  teamId: "19:other@thread.tacv2",
  channelId: "19:away@thread.tacv2",
  channelName: "away",
});
const list = [
  { id: teamId, name: null },
  { id: approvals, name: "approvals" },
  { id: network, name: "network" },
];

type Answer = Awaited<ReturnType<Connector["channelsOf"]>> | Error;

function stage(answer: Answer, ...known: readonly ConversationReference[]) {
  const conversations = new FakeConversations(...known);
  const log = new FakeLog();
  const asked: string[] = [];
  const channelsOf: Connector["channelsOf"] = async (team) => {
    asked.push(team.teamId);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const stands = async () =>
    Object.fromEntries((await conversations.list()).map((one) => [one.channelName ?? one.channelId, one.usable]));
  return { means: { conversations, channelsOf, log }, conversations, asked, stands };
}

const listed: Answer = { kind: "listed", channels: list };
const broken = new PlgateError("busy", { retryable: true });
const removed = { kind: "removed", tenantId: tenant, teamId, channelId: null, forGood: false } as const;

describe("followTeam", () => {
  it("knows every channel of a team that the bot was added to, by name", async () => {
    const { means, conversations } = stage(listed);
    const named = reference({ channelName: null });
    assert.equal(await followTeam({ kind: "installed", reference: named }, means), true);
    assert.deepEqual(new Set(await conversations.list()), new Set([general, reference(), inNetwork]));
  });

  const unlisted: Readonly<Record<string, Answer>> = {
    "Teams is busy": broken,
    "the bot may not ask": { kind: "forbidden", why: "403" },
    "the team is not found": { kind: "not-found", what: "conversation" },
    "the list is empty": { kind: "listed", channels: [] },
  };
  for (const [name, answer] of Object.entries(unlisted)) {
    it(`keeps the channel of the event when ${name}, and what was known before`, async () => {
      const { means, stands } = stage(answer, { ...inNetwork, usable: false }, { ...elsewhere, usable: false });
      assert.equal(await followTeam({ kind: "installed", reference: reference() }, means), true);
      assert.deepEqual(await stands(), { approvals: true, network: true, away: false });
    });
  }

  it("forgets no name that an event leaves out", async () => {
    const { means, conversations } = stage(broken, reference());
    const bare = reference({ channelName: null, teamName: null });
    await followTeam({ kind: "installed", reference: bare }, means);
    assert.deepEqual(await conversations.list(), [reference()]);
  });

  it("closes a channel that is on the list no more", async () => {
    const shorter: Answer = { kind: "listed", channels: list.slice(0, 2) };
    const { means, stands } = stage(shorter, inNetwork, elsewhere);
    await followTeam({ kind: "installed", reference: reference() }, means);
    assert.deepEqual(await stands(), { General: true, approvals: true, network: false, away: true });
  });

  it("adds, renames and brings back a channel without asking for the others", async () => {
    const { means, conversations, asked } = stage(broken, { ...inNetwork, channelName: "old", usable: false });
    assert.equal(await followTeam({ kind: "channel-opened", reference: inNetwork }, means), true);
    assert.deepEqual(await conversations.list(), [inNetwork]);
    assert.deepEqual(asked, []);
  });

  it("keeps the channels of a team that the bot left, and uses them no more", async () => {
    const { means, stands } = stage(listed, reference(), inNetwork, elsewhere);
    assert.equal(await followTeam(removed, means), false);
    assert.deepEqual(await stands(), { approvals: false, network: false, away: true });
  });

  it("brings them back with the team", async () => {
    const { means, stands } = stage(listed, reference(), inNetwork);
    await followTeam(removed, means);
    await followTeam({ kind: "installed", reference: general }, means);
    assert.deepEqual(await stands(), { General: true, approvals: true, network: true });
  });

  it("closes one channel alone", async () => {
    const { means, stands } = stage(listed, reference(), inNetwork);
    await followTeam({ ...removed, channelId: network }, means);
    assert.deepEqual(await stands(), { approvals: true, network: false });
  });

  it("forgets a team that will never be back, and no other tenant's", async () => {
    const other = reference({ tenantId: "99999999-0000-0000-0000-000000000009", channelName: "other tenant" });
    const { means, stands } = stage(listed, reference(), inNetwork, other);
    await followTeam({ ...removed, forGood: true }, means);
    assert.deepEqual(await stands(), { "other tenant": true });
  });

  it("gives every channel its team's new name", async () => {
    const { means, conversations } = stage(listed, reference(), { ...inNetwork, usable: false }, elsewhere);
    assert.equal(await followTeam({ kind: "team-renamed", tenantId: tenant, teamId, teamName: "New" }, means), false);
    const names = (await conversations.list()).map(({ teamName, usable }) => `${teamName} ${usable}`);
    assert.deepEqual(names, ["New true", "New false", "Platform true"]);
  });
});

describe("listNamelessTeams", () => {
  it("asks once for a team whose list never came, and for no other", async () => {
    const nameless = reference({ channelName: null });
    const { means, asked, stands } = stage(listed, nameless, { ...inNetwork, channelName: null }, elsewhere);
    await listNamelessTeams(means);
    assert.deepEqual(asked, [teamId]);
    assert.deepEqual(await stands(), { General: true, approvals: true, network: true, away: true });
    await listNamelessTeams(means);
    assert.equal(asked.length, 1);
  });

  it("opens nothing and throws nothing when the list does not come", async () => {
    const { means, stands } = stage(broken, reference({ channelName: null }), { ...inNetwork, usable: false });
    await listNamelessTeams(means);
    assert.deepEqual(await stands(), { [approvals]: true, network: false });
  });

  it("asks for no team that the bot is not in", async () => {
    const { means, asked } = stage(listed, reference({ channelName: null, usable: false }));
    await listNamelessTeams(means);
    assert.deepEqual(asked, []);
  });

  it("throws nothing when the channels cannot be read", async () => {
    const { means } = stage(listed);
    const conversations = Object.assign(new FakeConversations(), { list: () => Promise.reject(broken) });
    await listNamelessTeams({ ...means, conversations });
    assert.match(JSON.stringify(means.log), /cannot be looked through/);
  });
});
