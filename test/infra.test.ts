import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { openStorage } from "../src/azure/storage.ts";

/**
 * Holds the deployment to what the project says about it.
 *
 * The compiler is not needed here: infra/compile.sh evaluates a sample deployment and CI compares it with the snapshots
 * that are read below, so they are what the templates really come out as.
 */

const root = join(import.meta.dirname, "..");
const text = (path: string) => readFileSync(join(root, path), "utf8");
const json = <T>(path: string) => JSON.parse(text(path)) as T;

type Resource = { readonly type: string; readonly id: string; readonly name: string; readonly properties: unknown };
type Setting = { readonly name: string; readonly value: string };
type Snapshot = { readonly predictedResources: readonly Resource[]; readonly diagnostics: readonly unknown[] };
type Role = {
  readonly name: string;
  readonly actions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly why: Record<string, string>;
};

const main = json<Snapshot>("infra/expected/main.snapshot.json");
const events = json<Snapshot>("infra/expected/events.snapshot.json");
const templates = ["infra", "infra/modules"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(".bicep"))
    .map((file) => `${folder}/${file}`),
);

function ofType<T>(snapshot: Snapshot, type: string): readonly (Resource & { readonly properties: T })[] {
  const found = snapshot.predictedResources.filter((resource) => resource.type === type);
  assert.ok(found.length > 0, `the snapshot has no ${type}`);
  return found as (Resource & { readonly properties: T })[];
}

function settings(): ReadonlyMap<string, string> {
  type Site = { readonly siteConfig: { readonly appSettings: readonly Setting[] } };
  const [app] = ofType<Site>(main, "Microsoft.Web/sites");
  return new Map(app?.properties.siteConfig.appSettings.map(({ name, value }) => [name, value]));
}

/** The one custom role that is deployed under this name; each name carries the deployment as a suffix. */
function customRole(name: string): Resource & { readonly properties: Record<string, unknown> } {
  const found = ofType<Record<string, unknown>>(main, "Microsoft.Authorization/roleDefinitions").filter(
    ({ properties }) => String(properties["roleName"]).startsWith(`${name} (`),
  );
  return found.length === 1 && found[0] ? found[0] : assert.fail(`${found.length} roles are called ${name}`);
}

describe("the custom roles", () => {
  it("are two: one that approves connections, one that adds to the evidence", () => {
    assert.equal(ofType(main, "Microsoft.Authorization/roleDefinitions").length, 2);
  });
});

describe("the role that approves", () => {
  const role = json<Role>("infra/approver-role.json");
  const three = [
    "Microsoft.Network/privateLinkServices/read",
    "Microsoft.Network/privateLinkServices/privateEndpointConnections/read",
    "Microsoft.Network/privateLinkServices/privateEndpointConnections/write",
  ];

  it("has exactly three actions, each with its reason", () => {
    assert.deepEqual(role.actions, three);
    assert.deepEqual(Object.keys(role.why), three);
  });

  it("is deployed with exactly these, assignable in the group of plgate and the listed groups only", () => {
    const { properties } = customRole(role.name);
    assert.deepEqual(properties["permissions"], [
      { actions: three, notActions: [], dataActions: [], notDataActions: [] },
    ]);
    assert.deepEqual(properties["assignableScopes"], [
      "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample",
      "/subscriptions/aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa/resourceGroups/rg-services",
      "/subscriptions/bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb/resourceGroups/rg-more",
    ]);
  });
});

describe("the role that adds to the evidence", () => {
  const role = json<Role>("infra/audit-writer-role.json");
  const two = [
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
  ];

  it("reads blobs and adds to them, each with its reason; it neither overwrites nor deletes", () => {
    assert.deepEqual(role.dataActions, two);
    assert.deepEqual(Object.keys(role.why), two);
  });

  it("is deployed with exactly these, assignable in the group of plgate only", () => {
    const { properties } = customRole(role.name);
    assert.deepEqual(properties["permissions"], [
      { actions: [], notActions: [], dataActions: two, notDataActions: [] },
    ]);
    assert.deepEqual(properties["assignableScopes"], [
      "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample",
    ]);
  });
});

describe("the role assignments", () => {
  const roleNames: Readonly<Record<string, string>> = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": "Storage Table Data Contributor",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": "Storage Queue Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
    [customRole("plgate connection approver").name]: "connection approver",
    [customRole("plgate audit writer").name]: "audit writer",
  };

  // The scope is the first argument of extensionResourceId, or the subscription and the group of resourceId.
  function scopeOf(id: string): string {
    const [first = "", second] = [...id.matchAll(/'([^']*)'/g)].map((match) => match[1]);
    return first.startsWith("/") ? first.split("/").slice(-2).join("/") : `${first} ${second}`;
  }

  it("are these and no others, none of them on a subscription", () => {
    type Assignment = { readonly roleDefinitionId: string };
    const given = ofType<Assignment>(main, "Microsoft.Authorization/roleAssignments").map(({ id, properties }) => {
      const role = properties.roleDefinitionId.split("/").at(-1) ?? "";
      return `${roleNames[role] ?? role}: ${scopeOf(id)}`;
    });
    assert.deepEqual(given.sort(), [
      "Monitoring Metrics Publisher: components/appi-plgate-jzlrn4ms6kzl4",
      "Storage Blob Data Contributor: containers/deadletters",
      "Storage Blob Data Owner: storageAccounts/plgatehostjzlrn4ms6kzl4",
      "Storage Blob Data Reader: containers/archive",
      "Storage Queue Data Contributor: storageAccounts/plgatedatajzlrn4ms6kzl4",
      "Storage Table Data Contributor: storageAccounts/plgatedatajzlrn4ms6kzl4",
      "audit writer: containers/anchors",
      "connection approver: aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa rg-services",
      "connection approver: bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb rg-more",
    ]);
  });

  it("stand in two files only, so that a right cannot hide elsewhere", () => {
    const givers = templates.filter((path) => /Microsoft\.Authorization\/role/.test(text(path)));
    assert.deepEqual(givers, ["infra/modules/approver-assignment.bicep", "infra/modules/roles.bicep"]);
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

  it("watch the subscriptions of the listed groups, each once", () => {
    assert.equal(
      settings().get("PLGATE_SUBSCRIPTIONS"),
      "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa,bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb",
    );
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
    const keys = templates.filter((path) => /listKeys|listAccountSas|AccountKey|SharedAccessKey/.test(text(path)));
    assert.deepEqual(keys, []);
  });
});

describe("the resources", () => {
  it("take no key: storage, telemetry, publishing", () => {
    for (const { name, properties } of ofType<Record<string, unknown>>(main, "Microsoft.Storage/storageAccounts")) {
      assert.equal(properties["allowSharedKeyAccess"], false, name);
      assert.equal(properties["allowBlobPublicAccess"], false, name);
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

  it("hold the tables and the queue that the app opens, and the poison queue of the host", () => {
    const { reviews, parked, ...tables } = openStorage({ connectionString: "UseDevelopmentStorage=true" });
    const last = ({ name }: Resource) => name.split("/").at(-1);
    assert.deepEqual(
      ofType(main, "Microsoft.Storage/storageAccounts/tableServices/tables").map(last).sort(),
      Object.values(tables)
        .map((table) => table.tableName)
        .sort(),
    );
    assert.deepEqual(ofType(main, "Microsoft.Storage/storageAccounts/queueServices/queues").map(last), [
      reviews.name,
      parked.name,
    ]);
  });

  it("run Node 24 on Flex Consumption", () => {
    const [app] = ofType<{ functionAppConfig: { runtime: unknown } }>(main, "Microsoft.Web/sites");
    assert.deepEqual(app?.properties.functionAppConfig.runtime, { name: "node", version: "24" });
    assert.match(text("infra/modules/function-app.bicep"), /sku: \{ name: 'FC1', tier: 'FlexConsumption' \}/);
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

describe("the containers that the record is checked against", () => {
  const account = "plgatedatajzlrn4ms6kzl4/default";
  const containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
  const evidence = ["anchors", "archive"];

  it("are closed to the public, in the account that keeps the record", () => {
    const found = ofType(main, containers).filter(({ name }) => evidence.includes(name.split("/").at(-1) ?? ""));
    assert.deepEqual(
      found.map(({ name, properties }) => ({ name, properties })),
      evidence.map((name) => ({ name: `${account}/${name}`, properties: { publicAccess: "None" } })),
    );
  });

  it("let nothing be changed for a year: anchors grow at their end, a segment is written once", () => {
    assert.deepEqual(
      ofType(main, `${containers}/immutabilityPolicies`).map(({ name, properties }) => ({ name, properties })),
      [
        {
          name: `${account}/anchors/default`,
          properties: { immutabilityPeriodSinceCreationInDays: 365, allowProtectedAppendWrites: true },
        },
        {
          name: `${account}/archive/default`,
          properties: { immutabilityPeriodSinceCreationInDays: 365, allowProtectedAppendWrites: false },
        },
      ],
    );
  });

  it("are not locked by a deployment, which leaves a locked policy alone", () => {
    const storage = text("infra/modules/storage.bicep");
    const policies = storage.split("\n").filter((line) => line.includes("'immutabilityPolicies'"));
    assert.equal(policies.length, evidence.length);
    for (const line of policies) assert.match(line, /= if \(!auditPoliciesLocked\) \{$/);
    assert.match(text("infra/main.bicep"), /^param auditPoliciesLocked bool = false$/m);
    const lockers = templates.filter((path) => /deploymentScripts|state: *'Locked'/.test(text(path)));
    assert.deepEqual(lockers, []);
  });

  it("are not reached by the rule that forgets dead letters", () => {
    type Rules = { policy: { rules: readonly { definition: { filters: { prefixMatch: readonly string[] } } }[] } };
    const [lifecycle] = ofType<Rules>(main, "Microsoft.Storage/storageAccounts/managementPolicies");
    const prefixes = lifecycle?.properties.policy.rules.flatMap(({ definition }) => definition.filters.prefixMatch);
    assert.deepEqual(prefixes, ["deadletters/"]);
  });
});

describe("the event subscription", () => {
  type Filters = { subscriptionEvents: { includedEventTypes: readonly string[]; operationNames: readonly string[] } };
  const { subscriptionEvents } = json<Filters>("infra/event-filters.json");
  const [subscription] = ofType<Record<string, unknown>>(events, "Microsoft.EventGrid/systemTopics/eventSubscriptions");

  it("filters by the list that the local stack uses too", () => {
    assert.ok(subscriptionEvents.operationNames.length > 0);
    assert.deepEqual(subscription?.properties["filter"], {
      includedEventTypes: subscriptionEvents.includedEventTypes,
      advancedFilters: [
        { operatorType: "StringIn", key: "data.operationName", values: subscriptionEvents.operationNames },
      ],
    });
  });

  it("points at the function connection-event and keeps what could not be delivered", () => {
    assert.match(text("functions/connection-event.ts"), /app\.eventGrid\("connection-event"/);
    assert.match(
      JSON.stringify(subscription?.properties["destination"]),
      /"AzureFunction".*\/functions\/connection-event"/,
    );
    assert.match(
      JSON.stringify(subscription?.properties["deadLetterWithResourceIdentity"]),
      /"StorageBlob".*"deadletters"/,
    );
  });
});
