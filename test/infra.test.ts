import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  assignmentsOf,
  ofType,
  type Resource,
  settingsOf,
  snapshot,
  snapshots,
  templates,
  text,
} from "./infra/snapshots.ts";

/**
 * Holds the deployment to what the project says about it: main.bicep here, the other templates in test/infra/.
 */

const root = join(import.meta.dirname, "..");
const main = snapshot("main");
const everything = snapshot("main-private");
const settings = () => settingsOf(main);

describe("what azd deploys", () => {
  const group = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample";

  // Where a name has to be worked out in Azure, the id is an expression that begins with the subscription and the group.
  function liesInGroup({ id }: Resource): boolean {
    const inGroup = "resourceId('44444444-4444-4444-4444-444444444444', 'rg-sample', ";
    return (
      id === group ||
      [`${group}/`, `[extensionResourceId('${group}/`, `[${inGroup}`].some((start) => id.startsWith(start))
    );
  }

  it("lies in its one group, every resource, because azd down deletes each group that holds one", () => {
    for (const from of [main, everything]) {
      assert.deepEqual(
        from.predictedResources.filter((resource) => !liesInGroup(resource)).map(({ id }) => id),
        [],
      );
    }
  });

  it("has modules in that group only", () => {
    const template = text("infra/main.bicep");
    const scopes = [...template.matchAll(/^module (\w+) [^\n]*\n\s+scope: (.*)$/gm)].map((match) => match[2]);
    assert.equal(scopes.length, [...template.matchAll(/^module /gm)].length);
    assert.deepEqual([...new Set(scopes)], ["group"]);
  });

  it("gives plgate these rights and no others", () => {
    const always = [
      "Monitoring Metrics Publisher to ServicePrincipal: components/appi-plgate-jzlrn4ms6kzl4",
      "Storage Blob Data Owner to ServicePrincipal: storageAccounts/plgatehostjzlrn4ms6kzl4",
    ];
    assert.deepEqual(assignmentsOf(main), always);
    assert.deepEqual(assignmentsOf(everything), [
      "EventGrid Data Sender to ServicePrincipal: topics/evgt-plgate-decisions-jzlrn4ms6kzl4",
      ...always,
    ]);
  });

  it("comes out the same every time: nothing of it depends on the clock or on chance", () => {
    for (const path of templates) assert.doesNotMatch(text(path), /utcNow|newGuid|dateTimeAdd/, path);
  });

  it("is evaluated without a finding, every template in every variant", () => {
    assert.ok(snapshots.length >= 12, `${snapshots.length} snapshots`);
    for (const name of snapshots) assert.deepEqual(snapshot(name).diagnostics, [], name);
  });
});

describe("the settings of the app", () => {
  const ofConfig = [...text("src/runtime/config.ts").matchAll(/^\s+(PLGATE_[A-Z_]+):/gm)].map((match) => match[1]);

  it("are read by src/runtime/config.ts, each one", () => {
    assert.ok(ofConfig.length > 0, "src/runtime/config.ts names no setting");
    const unknown = [...settings().keys()].filter((name) => name.startsWith("PLGATE_") && !ofConfig.includes(name));
    assert.deepEqual(unknown, []);
  });

  it("are all that config.ts reads, but for keys and the local stack, which no deployment sets", () => {
    const never = /^PLGATE_(LOCAL.*|STORAGE_CONNECTION|BOT_SECRET)$/;
    assert.deepEqual(
      ofConfig.filter((name) => name && !never.test(name) && !settings().has(name)),
      [],
    );
  });

  it("say observe where nobody chose a mode", () => {
    assert.equal(settings().get("PLGATE_MODE"), "observe");
    assert.match(text("infra/main.bicep"), /^param mode .* = 'observe'$/m);
    assert.match(text("infra/main.parameters.json"), /"mode": \{ "value": "\$\{PLGATE_MODE=observe\}" \}/);
  });

  it("watch the subscriptions of the listed groups, each once, or those that are named", () => {
    const two = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa,bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb";
    assert.equal(settings().get("PLGATE_SUBSCRIPTIONS"), two);
    assert.equal(settingsOf(everything).get("PLGATE_SUBSCRIPTIONS"), two);
  });

  it("take what somebody chose", () => {
    const chosen = settingsOf(everything);
    assert.equal(chosen.get("PLGATE_MODE"), "enforce");
    assert.equal(chosen.get("PLGATE_PUBLIC_URL"), "https://plgate.example.com");
    assert.equal(chosen.get("PLGATE_SWEEP_SCHEDULE"), "30 */5 * * * *");
    assert.equal(chosen.get("PLGATE_INDEX_DAYS"), "90");
  });

  it("anchor once an hour and keep the LinkID to ourselves where nobody chose otherwise", () => {
    assert.equal(settings().get("PLGATE_ANCHOR_SCHEDULE"), "0 7 * * * *");
    assert.equal(settings().get("PLGATE_LINK_ID_IN_DESCRIPTION"), "false");
    assert.match(text("infra/modules/function-app.bicep"), /linkIdInDescription \? 'true' : 'false'/);
  });

  it("feed the triggers: each setting and connection that functions/ names", () => {
    const sources = readdirSync(join(root, "functions")).map((file) => text(`functions/${file}`));
    const named = sources.flatMap((source) => [...source.matchAll(/"%(\w+)%"|connection: "(\w+)"/g)]);
    assert.ok(named.length > 0, "no trigger names a setting");
    const missing = named
      .map(([, setting, connection]) => setting ?? `${connection}__queueServiceUri`)
      .filter((name) => !settings().has(name));
    assert.deepEqual(missing, []);
  });

  it("reach storage and telemetry by identity: no connection string with a key, no setting that Flex refuses", () => {
    for (const refused of ["AzureWebJobsStorage", "FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION"]) {
      assert.equal(settings().has(refused), false, refused);
    }
    assert.equal(settings().get("AzureWebJobsStorage__credential"), "managedidentity");
    assert.equal(settings().get("PlgateStorage__credential"), "managedidentity");
    assert.match(settings().get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING") ?? "", /Authorization=AAD;ClientId=/);
  });
});

describe("the resources", () => {
  it("take no key and no old protocol: storage, telemetry, topics, publishing", () => {
    const accounts = ["main", "main-private", "record", "record-private"].flatMap((name) =>
      ofType<Record<string, unknown>>(snapshot(name), "Microsoft.Storage/storageAccounts"),
    );
    for (const { name, properties } of accounts) {
      assert.equal(properties["allowSharedKeyAccess"], false, name);
      assert.equal(properties["allowBlobPublicAccess"], false, name);
      assert.equal(properties["allowCrossTenantReplication"], false, name);
      assert.equal(properties["supportsHttpsTrafficOnly"], true, name);
      assert.equal(properties["minimumTlsVersion"], "TLS1_2", name);
    }
    const [insights] = ofType<Record<string, unknown>>(main, "Microsoft.Insights/components");
    assert.equal(insights?.properties["DisableLocalAuth"], true);
    const publishing = ofType(main, "Microsoft.Web/sites/basicPublishingCredentialsPolicies");
    assert.deepEqual(
      publishing.map(({ properties }) => properties),
      [{ allow: false }, { allow: false }],
    );
  });

  it("hold no secret: no snapshot and no template knows a key, a token or a password", () => {
    for (const path of [...templates, ...snapshots.map((name) => `infra/expected/${name}.snapshot.json`)]) {
      assert.doesNotMatch(
        text(path),
        /AccountKey=|SharedAccess|listKeys|listAccountSas|listSecrets|password=|[?&]sig=/i,
        path,
      );
    }
    const secure = templates.flatMap((path) =>
      [...text(path).matchAll(/@secure\(\)\s*\nparam (\w+)/g)].map((match) => match[1]),
    );
    assert.deepEqual([...new Set(secure)], ["teamsWebhooks"]);
  });

  it("answer over https with TLS 1.2 or newer, and not over FTP", () => {
    type Site = { httpsOnly: boolean; siteConfig: Record<string, unknown> };
    const [app] = ofType<Site>(main, "Microsoft.Web/sites");
    assert.equal(app?.properties.httpsOnly, true);
    assert.equal(app?.properties.siteConfig["minTlsVersion"], "1.2");
    assert.equal(app?.properties.siteConfig["scmMinTlsVersion"], "1.2");
    assert.equal(app?.properties.siteConfig["ftpsState"], "Disabled");
  });

  it("run Node 24 on Flex Consumption", () => {
    const [app] = ofType<{ functionAppConfig: { runtime: unknown } }>(main, "Microsoft.Web/sites");
    assert.deepEqual(app?.properties.functionAppConfig.runtime, { name: "node", version: "24" });
    assert.match(text("infra/modules/function-app.bicep"), /sku: \{ name: 'FC1', tier: 'FlexConsumption' \}/);
  });

  it("name no cloud: addresses are made of what the cloud says of itself", () => {
    for (const path of templates) {
      const known = text(path).replaceAll(/^ +Azure\w+: '.*'$/gm, "");
      assert.doesNotMatch(known, /'[^']*(windows\.net|azure\.com|azurewebsites|chinacloud|usgovcloud)[^']*'/, path);
    }
  });

  it("come from this checkout alone: no module from a registry", () => {
    assert.deepEqual(
      templates.filter((path) => /'(br|ts)[:/]/.test(text(path))),
      [],
    );
  });
});

describe("the bot", () => {
  type Bot = Readonly<Record<string, unknown>>;
  // The snapshot does not know in which cloud it is evaluated, so it keeps the choice as it stands.
  const address = /'func-plgate-jzlrn4ms6kzl4', createObject\('AzureCloud', 'azurewebsites.net', /;

  it("is of one tenant, acts as the identity of plgate and has no key", () => {
    const [bot] = ofType<Bot>(main, "Microsoft.BotService/botServices");
    const { msaAppId, msaAppMSIResourceId, displayName, endpoint, ...rest } = bot?.properties ?? {};
    assert.match(String(endpoint), /^\[format\('\{0\}\/api\/messages', /);
    assert.match(String(endpoint), address);
    assert.match(String(msaAppMSIResourceId), /userAssignedIdentities.*id-plgate-/);
    assert.match(String(msaAppId), /clientId/);
    assert.equal(displayName, "plgate sample");
    assert.deepEqual(rest, {
      msaAppType: "UserAssignedMSI",
      msaAppTenantId: "33333333-3333-3333-3333-333333333333",
      disableLocalAuth: true,
    });
  });

  it("speaks in Teams and nowhere else", () => {
    const channels = ofType<Bot>(main, "Microsoft.BotService/botServices/channels");
    assert.deepEqual(
      channels.map(({ properties }) => properties),
      [{ channelName: "MsTeamsChannel", properties: { isEnabled: true } }],
    );
  });

  it("is made only when it is asked for, and then the app knows itself by it", () => {
    assert.match(text("infra/main.bicep"), /^param teamsBot bool = false$/m);
    assert.match(text("infra/main.bicep"), /^module bot 'modules\/bot\.bicep' = if \(teamsBot\) \{$/m);
    assert.match(settings().get("PLGATE_BOT_APP_ID") ?? "", /clientId/);
  });

  it("has its address from the deployment where nobody gave another", () => {
    assert.match(settings().get("PLGATE_PUBLIC_URL") ?? "", address);
  });

  it("may be told of webhooks without their addresses being kept in the deployment", () => {
    for (const path of ["infra/main.bicep", "infra/modules/function-app.bicep"]) {
      assert.match(text(path), /@secure\(\)\nparam teamsWebhooks string/);
    }
    assert.match(text("infra/modules/function-app.bicep"), /keyVaultReferenceIdentity: identityId/);
  });
});

describe("the topic for published decisions", () => {
  it("takes CloudEvents from identities only", () => {
    const [topic] = ofType(everything, "Microsoft.EventGrid/topics");
    assert.deepEqual(topic?.properties, {
      inputSchema: "CloudEventSchemaV1_0",
      disableLocalAuth: true,
      minimumTlsVersionAllowed: "1.2",
      publicNetworkAccess: "Enabled",
    });
  });

  it("is what the app publishes to, by the address that Azure gave it", () => {
    const topic = settingsOf(everything).get("PLGATE_DECISIONS_TOPIC") ?? "";
    assert.match(topic, /reference\('[^']*\/topics\/evgt-plgate-decisions-jzlrn4ms6kzl4'[^)]*\)\.endpoint/);
    assert.equal(settings().get("PLGATE_DECISIONS_TOPIC"), "");
  });

  it("is made only when it is asked for", () => {
    assert.match(text("infra/main.bicep"), /^param publishDecisions bool = false$/m);
    assert.ok(!main.predictedResources.some(({ type }) => type.startsWith("Microsoft.EventGrid/")));
  });
});
