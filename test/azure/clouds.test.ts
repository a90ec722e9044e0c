import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { graphClient, networkClients } from "../../src/azure/clients.ts";
import { graphDirectory } from "../../src/azure/graph-directory.ts";
import { openStorage } from "../../src/azure/storage.ts";
import { clouds } from "../../src/runtime/clouds.ts";
import { readConfig } from "../../src/runtime/config.ts";

const id = (n: number) => `0000000${n}-0000-4000-8000-000000000000`;

type Cloud = keyof typeof clouds;

/** The names below which everything of a cloud lies, the Bot Connector aside: it has public hosts for more than one cloud. */
const domains: Readonly<Record<Cloud, RegExp>> = {
  public: /(^|\.)(microsoftonline\.com|azure\.com|microsoft\.com|windows\.net)$/,
  usgov: /(^|\.)(microsoftonline\.us|usgovcloudapi\.net|microsoft\.us)$/,
  china: /(^|\.)(partner\.microsoftonline\.cn|chinacloudapi\.cn)$/,
};

function configOf(cloud: Cloud) {
  return readConfig({
    PLGATE_CLOUD: cloud,
    PLGATE_TENANT_ID: id(1),
    PLGATE_SUBSCRIPTIONS: id(2),
    PLGATE_FALLBACK_REVIEWERS: id(3),
    PLGATE_API_AUDIENCE: id(4),
    PLGATE_STORAGE_ACCOUNT: "plgate",
  });
}

/** A credential that says for what it was asked, and gives nothing: no call leaves this machine. */
function asked() {
  const scopes: string[] = [];
  const getToken = async (scope: string | string[]) => {
    scopes.push(...[scope].flat());
    throw new Error("no token in this test");
  };
  return { scopes, credential: { getToken } };
}

/** Asks each client of Azure for something, and tells which tokens they wanted. */
async function scopesOf(cloud: Cloud): Promise<readonly string[]> {
  const { endpoints } = configOf(cloud);
  const { scopes, credential } = asked();
  const clients = networkClients(endpoints, credential, { answered: () => {} }, 0);
  const graph = graphClient(endpoints, credential);
  const directory = graphDirectory({ credential, graph: endpoints.graph, scope: endpoints.graphScope });
  await assert.rejects(async () => (await clients(id(2))).privateLinkServices.get("rg", "pls"), /no token/);
  await assert.rejects(async () => (await graph()).resources({ query: "q" }), /no token/);
  await assert.rejects(directory.personOf(id(5)), /no token/);
  return scopes;
}

describe("The cloud", () => {
  for (const cloud of ["public", "usgov", "china"] as const) {
    it(`${cloud} is where every token is for and every endpoint lies`, async () => {
      const { endpoints, storage } = configOf(cloud);
      const { arm, graph } = clouds[cloud];
      assert.deepEqual(await scopesOf(cloud), [`${arm}/.default`, `${arm}/.default`, `${graph}/.default`]);
      for (const url of [endpoints.authority, endpoints.arm, endpoints.graph]) {
        assert.match(new URL(url).hostname, domains[cloud]);
      }
      assert.ok("suffix" in storage);
      const { reviews, ledger } = openStorage({
        account: storage.account,
        credential: asked().credential,
        suffix: storage.suffix,
      });
      for (const url of [reviews.url, ledger.url]) assert.match(new URL(url).hostname, domains[cloud]);
    });
  }
});
