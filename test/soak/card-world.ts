import { createServer } from "node:http";
import { json, listen } from "../../local/exchange.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { documentedLimits } from "../../local/teams/connector-limits.ts";
import { type FakeConnector, startFakeConnector } from "../../local/teams/fake-connector.ts";
import { ConversationTable } from "../../src/azure/conversation-table.ts";
import { ensureTables, openStorage, type Storage } from "../../src/azure/storage.ts";

/** What app hosts stand on and what no kill takes away: storage, Teams with its limits, and somebody who gives the bot tokens. */
export type CardWorld = {
  readonly azurite: Azurite;
  readonly connector: FakeConnector;
  readonly storage: Storage;
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

const tenantId = "22222222-0000-4000-8000-000000000002";
const guid = "11111111-0000-4000-8000-000000000001";
const channelId = "19:approvals@thread.tacv2";
const teamId = "19:general@thread.tacv2";

/** Every answer of Teams takes `latencyMs`. */
export async function startCardWorld(latencyMs: number): Promise<CardWorld> {
  const [azurite, connector, tokens] = await Promise.all([
    startAzurite({ inMemory: true }),
    startFakeConnector({ limits: documentedLimits, tenantId, teams: [{ id: teamId, channels: [] }] }),
    listen(createServer(), 0, [() => json(200, { access_token: "the-bot's", expires_in: 86_400 })]),
  ]);
  connector.interfere({ delayMs: latencyMs, times: Number.POSITIVE_INFINITY });
  const storage = openStorage({ connectionString: azurite.connectionString });
  await ensureTables(storage);
  await new ConversationTable(storage.conversations).keep({
    ...{ serviceUrl: connector.serviceUrl, tenantId, teamId, teamName: "Platform", aadGroupId: null },
    ...{ channelId, channelName: "approvals", botId: `28:${guid}`, usable: true },
  });
  const loopback = `http://127.0.0.1:${tokens.port}`;
  return {
    ...{ azurite, connector, storage },
    settings: {
      PLGATE_MODE: "enforce",
      PLGATE_TENANT_ID: tenantId,
      PLGATE_SUBSCRIPTIONS: guid,
      PLGATE_FALLBACK_REVIEWERS: guid,
      PLGATE_API_AUDIENCE: "api://plgate",
      PLGATE_STORAGE_CONNECTION: azurite.connectionString,
      PLGATE_BOT_APP_ID: guid,
      PLGATE_BOT_SECRET: "a secret",
      PLGATE_TEAMS_CHANNEL: channelId,
      PLGATE_LOCAL: "1",
      PLGATE_LOCAL_AUTHORITY: loopback,
      PLGATE_LOCAL_ARM: loopback,
      PLGATE_LOCAL_GRAPH: loopback,
      PLGATE_LOCAL_CONNECTOR: new URL(connector.serviceUrl).origin,
    },
    stop: async () => {
      await Promise.all([azurite.stop(), connector.stop(), tokens.stop()]);
    },
  };
}
