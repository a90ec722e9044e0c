import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConversationTable } from "../../../src/azure/conversation-table.ts";
import type { ConversationReference, Conversations } from "../../../src/teams/conversations.ts";
import { hostileTexts } from "../../contracts/hostile-texts.ts";
import type { StorageWorld } from "../storage-world.ts";

/** The channels that the bot is in. */
export function conversationsSuite(world: StorageWorld): void {
  const open = async (): Promise<Conversations> =>
    new ConversationTable((await world.storage("conversations")).storage.conversations);

  describe("the stored Teams channels", () => {
    it("keep what an install event brought, and the latest of it", async () => {
      const channels = await open();
      await channels.keep(channel({ channelName: "old" }));
      await channels.keep(channel({ channelName: null }));
      assert.deepEqual(await channels.list(), [channel({ channelName: null })]);
    });

    it("tell channels and tenants apart, channels by case", async () => {
      const channels = await open();
      const all = [
        channel({ channelId: "19:Aa@thread.tacv2" }),
        channel({ channelId: "19:aA@thread.tacv2" }),
        channel({ channelId: "19:Aa@thread.tacv2", tenantId: "77777777-0000-0000-0000-000000000007" }),
      ];
      for (const one of all) await channels.keep(one);
      assert.equal((await channels.list()).length, 3);
      await channels.forget(all[0]?.tenantId.toUpperCase() ?? "", "19:Aa@thread.tacv2");
      assert.deepEqual(new Set(await channels.list()), new Set(all.slice(1)));
    });

    it("take it that an unknown channel is to be forgotten", async () => {
      await (await open()).forget("a tenant", "' or true");
    });

    it("keep one that cannot be used", async () => {
      const channels = await open();
      await channels.keep(channel({ usable: false, teamName: null }));
      assert.deepEqual(await channels.list(), [channel({ usable: false, teamName: null })]);
    });

    it("take a row of an older version for a channel that can be used", async () => {
      const { storage } = await world.storage("conversations");
      const channels = new ConversationTable(storage.conversations);
      const { usable: _, teamName: __, ...older } = channel();
      await channels.keep(older as ConversationReference);
      assert.deepEqual(await channels.list(), [channel({ teamName: null })]);
    });

    it("keep every text as it is", async () => {
      const channels = await open();
      for (const text of Object.values(hostileTexts)) {
        const hostile = channel({ channelId: text, tenantId: text, teamId: text, channelName: text, aadGroupId: text });
        await channels.keep(hostile);
        assert.deepEqual(
          (await channels.list()).filter(({ channelId }) => channelId === text),
          [hostile],
        );
        await channels.forget(text, text);
      }
      assert.deepEqual(await channels.list(), []);
    });
  });
}

function channel(change: Partial<ConversationReference> = {}): ConversationReference {
  return {
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    tenantId: "33333333-0000-0000-0000-000000000003",
    teamId: "19:team@thread.tacv2",
    aadGroupId: "55555555-0000-0000-0000-000000000005",
    channelId: "19:approvals@thread.tacv2",
    channelName: "privatelink-approvals",
    botId: "28:bot",
    teamName: "Platform",
    usable: true,
    ...change,
  };
}
