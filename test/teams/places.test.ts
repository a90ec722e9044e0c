import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ReviewerGroup, StandIn } from "../../src/policy/reviewers.ts";
import { type KnownChannel, type KnownPlaces, routerOf } from "../../src/teams/places.ts";
import type { Place } from "../../src/workflow/ports.ts";
import { tenant } from "./a-view.ts";

function channel(channelId: string, channelName: string | null, change: Partial<KnownChannel> = {}): KnownChannel {
  return { tenantId: tenant, teamId: "19:team", channelId, channelName, ...change };
}

const [approvals, security, team, archived] = [
  channel("19:b@thread.tacv2", "Approvals"),
  channel("19:c@thread.tacv2", "security"),
  channel("19:team", null),
  channel("19:d@thread.tacv2", "old", { usable: false }),
];

const known: KnownPlaces = {
  tenantId: tenant,
  channels: [team, security, approvals, archived],
  webhooks: ["ops-night", "duty"],
  fallback: undefined,
};

function group(name: string, channels?: readonly string[], standIns?: readonly StandIn[]): ReviewerGroup {
  return { group: name, name, approvals: 1, ...(channels && { channels }), ...(standIns && { standIns }) };
}

function at(...places: readonly (KnownChannel | string)[]): readonly Place[] {
  return places.map((one) =>
    typeof one === "string" ? { kind: "webhook", id: one } : { kind: "channel", id: one.channelId },
  );
}

type Case = {
  readonly reviewers: readonly ReviewerGroup[];
  readonly places: readonly Place[];
  readonly notes?: readonly RegExp[];
  readonly change?: Partial<KnownPlaces>;
  readonly avoid?: readonly Place[];
};

const cases: Readonly<Record<string, Case>> = {
  "a channel by its id": { reviewers: [group("a", ["19:c@thread.tacv2"])], places: at(security) },
  "a channel by its name, in any case": { reviewers: [group("a", ["APPROVALS"])], places: at(approvals) },
  "the first channel of a team, which Teams gives no name": { reviewers: [group("a", ["general"])], places: at(team) },
  "a webhook by its name": { reviewers: [group("a", ["Ops-Night"])], places: at("ops-night") },
  "all that a group names": {
    reviewers: [group("a", ["approvals", "duty", "security"])],
    places: at(approvals, "duty", security),
  },
  "once, where several groups name one channel by id and by name": {
    reviewers: [group("a", ["approvals"]), group("b", ["19:b@thread.tacv2"]), group("c", ["Approvals"])],
    places: at(approvals),
  },
  "where the stand-ins are, beside those they stand in for": {
    reviewers: [group("a", ["approvals"], [{ group: "s", name: "s", channels: ["security"] }])],
    places: at(approvals, security),
  },
  "in the fallback for stand-ins without a channel": {
    reviewers: [group("a", ["approvals"], [{ group: "s", name: "s" }])],
    change: { fallback: "security" },
    places: at(approvals, security),
  },
  "in the first channel by id when no group names any": { reviewers: [group("a")], places: at(approvals) },
  "in the fallback channel by id": {
    reviewers: [group("a")],
    change: { fallback: "19:c@thread.tacv2" },
    places: at(security),
  },
  "in the fallback channel by name": {
    reviewers: [group("a")],
    change: { fallback: "Security" },
    places: at(security),
  },
  "in a webhook as the fallback": { reviewers: [group("a")], change: { fallback: "duty" }, places: at("duty") },
  "in the fallback when nobody is asked, as after a failure": { reviewers: [], places: at(approvals) },
  "in a webhook rather than nowhere": { reviewers: [group("a")], change: { channels: [] }, places: at("duty") },
  "in the fallback for an unknown name, with a note": {
    reviewers: [group("net", ["nirvana"])],
    places: at(approvals),
    notes: [/^nirvana, which the reviewers net name, is no channel that has the bot, and no webhook$/],
  },
  "in its own channel and the fallback, when one of two names is unknown": {
    reviewers: [group("net", ["security", "nirvana"])],
    places: at(security, approvals),
    notes: [/nirvana/],
  },
  "in the fallback for a name that two channels have, with a note": {
    reviewers: [group("net", ["security"])],
    change: { channels: [approvals, security, channel("19:e@thread.tacv2", "Security")] },
    places: at(approvals),
    notes: [/is the name of 2 places: name the channel's id/],
  },
  "in one of two channels of one name, named with its team": {
    reviewers: [group("net", ["Two/Security"])],
    change: {
      channels: [
        channel("19:c@thread.tacv2", "security", { teamName: "One" }),
        channel("19:e@thread.tacv2", "security", { teamName: "Two" }),
      ],
    },
    places: [{ kind: "channel", id: "19:e@thread.tacv2" }],
  },
  "in the fallback for a name that a channel shares with a webhook": {
    reviewers: [group("net", ["duty"])],
    change: { channels: [approvals, channel("19:e@thread.tacv2", "duty")] },
    places: at(approvals),
    notes: [/2 places/],
  },
  "in the fallback for an archived channel, with a note": {
    reviewers: [group("net", ["old"])],
    places: at(approvals),
    notes: [/^old, which the reviewers net name, takes nothing at present$/],
  },
  "in the one that can be used of two of one name": {
    reviewers: [group("net", ["security"])],
    change: { channels: [security, channel("19:a@thread.tacv2", "security", { usable: false })] },
    places: at(security),
  },
  "in the fallback for a channel that took nothing lately": {
    reviewers: [group("net", ["security"])],
    avoid: at(security),
    places: at(approvals),
    notes: [/security.*takes nothing at present/],
  },
  "in the next when the fallback itself takes nothing": {
    reviewers: [group("net")],
    change: { fallback: "approvals" },
    avoid: at(approvals),
    places: at(security),
    notes: [/PLGATE_TEAMS_CHANNEL names no single place.*: channel 19:c@thread.tacv2 stands in for it/],
  },
  "in the first by id when the configured fallback is unknown, with a note": {
    reviewers: [group("net")],
    change: { fallback: "nirvana" },
    places: at(approvals),
    notes: [/PLGATE_TEAMS_CHANNEL/],
  },
  "never in a channel of another tenant": {
    reviewers: [group("net", ["foreign"])],
    change: { channels: [channel("19:a@thread.tacv2", "foreign", { tenantId: "9".repeat(36) }), approvals] },
    places: at(approvals),
    notes: [/foreign.*is no channel that has the bot/],
  },
};

describe("A request is shown", () => {
  for (const [name, { reviewers, places, notes = [], change, avoid = [] }] of Object.entries(cases)) {
    it(name, () => {
      const routing = routerOf({ ...known, ...change }).route({ reviewers }, avoid);
      assert.deepEqual(routing.places, places);
      assert.equal(routing.nowhere, null);
      assert.equal(routing.notes.length, notes.length, routing.notes.join());
      for (const [index, note] of notes.entries()) assert.match(routing.notes[index] ?? "", note);
    });
  }

  it("nowhere while the bot is in no channel, and says what to do", () => {
    const router = routerOf({ ...known, channels: [], webhooks: [] });
    assert.equal(router.usable, 0);
    assert.deepEqual(router.route({ reviewers: [group("a")] }, []), {
      places: [],
      notes: [],
      nowhere: `the bot is in no channel of tenant ${tenant}: add the app to a team`,
    });
  });

  it("nowhere without a bot and without webhooks, and says which setting is missing", () => {
    const { places, nowhere } = routerOf({ ...known, channels: null, webhooks: [] }).route({ reviewers: [] }, []);
    assert.deepEqual(places, []);
    assert.match(nowhere ?? "", /PLGATE_BOT_APP_ID/);
  });

  it("nowhere when every place took nothing lately", () => {
    const router = routerOf({ ...known, channels: [approvals], webhooks: [] });
    const { places, nowhere } = router.route({ reviewers: [group("a")] }, at(approvals));
    assert.deepEqual(places, []);
    assert.match(nowhere ?? "", /takes anything at present/);
  });

  it("in the same places on every host, whatever the order of what is known", () => {
    const { channels, webhooks } = known;
    const other = { ...known, channels: channels?.toReversed() ?? null, webhooks: webhooks.toReversed() };
    const reviewers = [group("a"), group("b", ["duty", "nirvana"])];
    assert.deepEqual(routerOf(other).route({ reviewers }, []), routerOf(known).route({ reviewers }, []));
  });

  it("with notes in which a name from a policy can do no harm", () => {
    const { notes } = routerOf(known).route({ reviewers: [group("a", ["[x](https://evil.example)\u202e\n"])] }, []);
    assert.doesNotMatch(notes.join(), /[[\]\u202e\n]|https:\/\//);
  });
});
