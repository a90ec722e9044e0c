import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseActivity } from "../../src/teams/activity.ts";
import { belongsTo, channelPart, messagePart } from "../../src/teams/card-place.ts";
import { tenant } from "./a-view.ts";
import { aClick, channel, messageId, serviceUrl } from "./an-activity.ts";

const sent = {
  serviceUrl,
  tenantId: tenant,
  channelId: channel,
  conversationId: `${channel};messageid=${messageId}`,
  activityId: messageId,
};
const thread = (id: string) => ({ id, tenantId: tenant, conversationType: "channel" });

describe("belongsTo", () => {
  const cases = {
    "a click on the card that was sent": [{}, "same-card"],
    "a tenant written in capitals is the same tenant": [
      { channelData: { tenant: { id: tenant.toUpperCase() } } },
      "same-card",
    ],
    "without replyToId the thread tells the card": [{ replyToId: undefined }, "same-card"],
    "a doubled card in the same channel": [{ replyToId: "1700000000000" }, "stale-copy"],
    "a click that names no message": [{ replyToId: undefined, conversation: thread(channel) }, "stale-copy"],
    "another channel": [{ conversation: thread("19:other@thread.tacv2;messageid=1"), channelData: {} }, "foreign"],
    "another channel that claims our message": [
      { conversation: thread(`19:other@thread.tacv2;messageid=${messageId}`), channelData: {} },
      "foreign",
    ],
    "another channel that claims our channel": [
      { conversation: thread("19:other@thread.tacv2;messageid=1") },
      "foreign",
    ],
    "our conversation that claims another channel": [
      { channelData: { channel: { id: "19:other@thread.tacv2" } } },
      "foreign",
    ],
    "another tenant": [{ channelData: { tenant: { id: "99999999-9999-9999-9999-999999999999" } } }, "foreign"],
    "no tenant": [{ conversation: { id: sent.conversationId }, channelData: {} }, "foreign"],
    "a personal chat": [{ conversation: thread("a:1"), channelData: {} }, "foreign"],
  } as const;
  for (const [name, [change, expected]] of Object.entries(cases)) {
    it(name, () => {
      const click = parseActivity(aClick(change));
      assert.equal(click.kind, "click");
      assert.equal(belongsTo(click, [sent]), expected);
    });
  }
});

describe("a conversation id", () => {
  it("is a channel and, in a thread, a message", () => {
    assert.equal(channelPart(sent.conversationId), channel);
    assert.equal(messagePart(sent.conversationId), messageId);
  });

  it("may be a channel alone", () => {
    assert.equal(channelPart(channel), channel);
    assert.equal(messagePart(channel), null);
  });
});
