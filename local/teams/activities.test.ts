import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import {
  botAdded,
  cardClicked,
  cardSubmitted,
  installed,
  messageSent,
  personallyInstalled,
  uninstalled,
} from "./activities.ts";

// What Agents Playground 0.2.28 sent for the same deeds, with Megan at the keyboard.
const recorded = JSON.parse(await readFile(new URL("recorded-activities.json", import.meta.url), "utf8"));

const megan = { id: "29:megan", name: "Megan Test", aadObjectId: "aaaaaaaa-0000-4000-8000-000000000001" } as const;
const scene = {
  botAppId: "11111111-1111-4111-8111-111111111111",
  botName: "Private Link Approvals",
  tenantId: "22222222-2222-4222-8222-222222222222",
  serviceUrl: "http://127.0.0.1/_connector",
  team: { id: "19:general@thread.tacv2", name: "Platform Team", aadGroupId: "00000000-0000-4000-8000-000000000031" },
  channel: { id: "19:approvals@thread.tacv2", name: "privatelink-approvals" },
};
const posted = { conversationId: recorded.cardClicked.conversation.id, activityId: recorded.cardClicked.replyToId };

/** An activity without what differs from run to run. */
function lasting(activity: Record<string, unknown>): Record<string, unknown> {
  const { id: _, timestamp, localTimestamp, serviceUrl, ...rest } = activity;
  return { ...rest, present: [typeof timestamp, typeof localTimestamp, typeof serviceUrl] };
}

describe("the builders of Teams activities say what the Playground says", () => {
  it("when the bot is added to a team", () => {
    assert.deepEqual(lasting(installed(scene, megan)), lasting(recorded.installed));
  });

  it("right after that", () => {
    const { locale, entities, ...rest } = lasting(botAdded(scene, megan));
    assert.deepEqual(rest, lasting(recorded.botAdded));
    assert.ok(locale && entities);
  });

  it("when somebody opens a chat with the bot", () => {
    const built = personallyInstalled(scene, megan);
    const id = recorded.personallyInstalled.conversation.id;
    const there = {
      ...built,
      conversation: { ...built.conversation, id },
      channelData: { ...built.channelData, settings: { selectedChannel: { id } } },
    };
    assert.deepEqual(lasting(there), lasting(recorded.personallyInstalled));
  });

  it("when a card is clicked, plus the trigger that only Teams sends", () => {
    const data = { requestId: "r1", justification: "Known partner" };
    const built = cardClicked(scene, { ...posted, by: megan, verb: "approve", data });
    const { action } = recorded.cardClicked.value;
    const value = { action: { ...action, title: "approve" }, trigger: "manual" };
    assert.deepEqual(lasting(built), lasting({ ...recorded.cardClicked, value }));
  });

  it("when an old client submits a card", () => {
    const data = { verb: "approve", requestId: "r1", justification: "via submit" };
    const built = cardSubmitted(scene, { ...posted, by: megan, data });
    // Recorded while the proxy had another person act.
    assert.deepEqual(lasting({ ...built, from: recorded.cardSubmitted.from }), lasting(recorded.cardSubmitted));
  });
});

describe("uninstalled", () => {
  it("is an installation with the other action", () => {
    assert.deepEqual(lasting(uninstalled(scene, megan)), lasting({ ...installed(scene, megan), action: "remove" }));
  });
});

describe("messageSent", () => {
  it("has the text, and the channel where it was said", () => {
    const { type, text, from, conversation, channelData } = messageSent(scene, megan, "hello");
    assert.deepEqual(
      [type, text, from, conversation.id, channelData.channel.id],
      ["message", "hello", megan, scene.channel.id, scene.channel.id],
    );
  });
});
