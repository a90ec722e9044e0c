import assert from "node:assert/strict";
import { describe, it } from "node:test";
import filters from "../../infra/event-filters.json" with { type: "json" };
import { judgeDelivery } from "../../src/cli/event-deliveries.ts";
import { keptAway, wantedEvents } from "../../src/cli/event-filters.ts";
import { judgeAccount, judgeContainer } from "../../src/cli/examine-account.ts";
import { judgeFunctionApp } from "../../src/cli/examine-app.ts";
import { judgeServices } from "../../src/cli/examine-azure.ts";
import { judgeBot } from "../../src/cli/examine-bot.ts";
import { judgeIssuer, judgeRegistration, judgeReviewers } from "../../src/cli/examine-entra.ts";
import { judgeTopics } from "../../src/cli/examine-events.ts";
import type { Examined } from "../../src/cli/examined.ts";
import type { Reading } from "../../src/compose-cli.ts";

const read = (value: unknown): Reading => ({ kind: "read", value });
const absent: Reading = { kind: "absent" };
const refused: Reading = { kind: "refused", detail: "AuthorizationFailed" };

/** A table of what Azure says, and the one finding that it gives: status, detail, remedy. */
type Table = Readonly<
  Record<
    string,
    readonly [found: Examined | readonly Examined[], status: Examined["status"], detail: RegExp, remedy?: RegExp]
  >
>;

function holds(table: Table): void {
  for (const [name, [found, status, detail, remedy]] of Object.entries(table)) {
    it(name, () => {
      const worst = [found].flat().find((one) => one.status === status);
      assert.ok(worst, JSON.stringify(found));
      assert.match(worst.detail, detail);
      if (remedy) assert.match(worst.remedy ?? "", remedy);
      else assert.equal(worst.remedy, null);
    });
  }
}

const how = {
  events: true,
  resourceNotifications: false,
  functionApp: "func-1",
  appUrl: "https://func-1.example",
  isLocal: false,
};
const { subscriptionEvents } = wantedEvents();
const topic = (state = "Succeeded") => ({ name: "evgt", id: "/t", properties: { provisioningState: state } });
const functionId = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/func-1/functions/connection-event";
function subscribed(change: object = {}, filter: object = {}) {
  return {
    name: "plgate",
    properties: {
      provisioningState: "Succeeded",
      destination: { endpointType: "AzureFunction", properties: { resourceId: functionId } },
      filter: {
        includedEventTypes: filters.subscriptionEvents.includedEventTypes,
        advancedFilters: [
          { operatorType: "StringIn", key: "data.operationName", values: filters.subscriptionEvents.operationNames },
        ],
        ...filter,
      },
      deadLetterWithResourceIdentity: { deadLetterDestination: { endpointType: "StorageBlob" } },
      ...change,
    },
  };
}
const judged = (...subscriptions: object[]) =>
  judgeTopics("sub-1", subscriptionEvents, [{ topic: topic(), subscriptions }], how);
const webhook = (endpointBaseUrl: string) => ({
  destination: { endpointType: "WebHook", properties: { endpointBaseUrl } },
});

describe("The finding about events", () => {
  holds({
    "is good where the function is told with the filter of this checkout": [
      judged(subscribed()),
      "ok",
      /plgate leads to plgate/,
    ],
    "fails without a topic": [
      judgeTopics("sub-1", subscriptionEvents, [], how),
      "failed",
      /no system topic/,
      /azd hooks run postdeploy/,
    ],
    "fails where nothing leads to plgate, and names what is there": [
      judged({ ...subscribed(webhook("https://elsewhere.example/hook")), name: "other" }),
      ...(["failed", /no event subscription.*there is other/, /postdeploy/] as const),
    ],
    "fails where another app of that name has the function": [
      judged(
        subscribed({
          destination: {
            endpointType: "AzureFunction",
            properties: { resourceId: functionId.replace("func-1", "func-2") },
          },
        }),
      ),
      ...(["failed", /no event subscription/, /postdeploy/] as const),
    ],
    "is good by the address that the host has for Event Grid": [
      judged(subscribed(webhook("https://func-1.example/runtime/webhooks/EventGrid"))),
      ...(["ok", /leads to plgate/] as const),
    ],
    "fails while it is not made": [
      judged(subscribed({ provisioningState: "AwaitingManualAction" })),
      "failed",
      /AwaitingManualAction/,
      /postdeploy/,
    ],
    "fails where the filter keeps an operation away": [
      judged(
        subscribed(
          {},
          {
            advancedFilters: [
              {
                operatorType: "StringIn",
                key: "data.operationName",
                values: filters.subscriptionEvents.operationNames.slice(1),
              },
            ],
          },
        ),
      ),
      ...([
        "failed",
        /keeps away Microsoft.Network\/privateLinkServices\/privateEndpointConnections\/write/,
        /postdeploy/,
      ] as const),
    ],
    "warns where given-up events go nowhere": [
      judged(subscribed({ deadLetterWithResourceIdentity: undefined })),
      ...(["warning", /no place for events/, /postdeploy/] as const),
    ],
  });
});

describe("A filter", () => {
  const of = (filter: object) => keptAway(subscribed({}, filter), subscriptionEvents);
  it("keeps nothing away when there is none", () =>
    assert.deepEqual(of({ includedEventTypes: null, advancedFilters: null }), []));
  it("is compared without case, and by prefixes too", () => {
    const upper = filters.subscriptionEvents.operationNames.map((name) => name.toUpperCase());
    assert.deepEqual(
      of({ advancedFilters: [{ operatorType: "StringIn", key: "data.operationName", values: upper }] }),
      [],
    );
    const prefix = { operatorType: "StringBeginsWith", key: "data.operationName", values: ["Microsoft.Network/"] };
    assert.deepEqual(of({ advancedFilters: [prefix] }), []);
  });
  it("keeps away event types and what only others filter on", () => {
    assert.deepEqual(of({ includedEventTypes: ["Microsoft.Resources.ResourceWriteSuccess"] }), [
      "Microsoft.Resources.ResourceDeleteSuccess",
    ]);
    assert.match(
      of({ advancedFilters: [{ operatorType: "StringIn", key: "subject", values: ["x"] }] }).join(),
      /filter on subject/,
    );
    assert.match(of({ subjectBeginsWith: "/subscriptions/x" }).join(), /subjectBeginsWith/);
  });
});

describe("The finding about the last deliveries", () => {
  const day = (change: object = {}) =>
    judgeDelivery("events: sub-1", {
      kind: "read",
      value: { delivered: 3, attemptsFailed: 0, deadLettered: 0, lastAt: "2026-11-27T03:00:00.000Z", ...change },
    });
  holds({
    "tells how many and when": [day(), "ok", /^3 delivered in the last day, the last in the hour of 2026-11-27T03/],
    "is good where there was nothing to tell": [
      day({ delivered: 0, lastAt: null }),
      "ok",
      /nothing was to be delivered/,
    ],
    "fails where every attempt failed": [
      day({ delivered: 0, attemptsFailed: 9, lastAt: null }),
      "failed",
      /9 attempt\(s\) failed/,
      /connection-event/,
    ],
    "warns where some were given up": [day({ deadLettered: 1 }), "warning", /1 given up/, /az storage blob list/],
    "is skipped where it may not be read": [
      judgeDelivery("events: s", refused as never),
      "skipped",
      /may not read/,
      /Reader/,
    ],
  });
});

const site = (change: object = {}) => ({
  identity: { userAssignedIdentities: { "/SUBSCRIPTIONS/s/id-plgate": {} } },
  properties: {
    ...{ state: "Running", httpsOnly: true, functionAppConfig: { runtime: { name: "node", version: "24" } } },
    ...change,
  },
});
const app = {
  subscriptionId: "s",
  group: "rg",
  functionApp: "func-1",
  identityId: "/subscriptions/s/id-plgate",
  isLocal: false,
};

describe("The finding about the function app", () => {
  holds({
    "is good as it was deployed": [judgeFunctionApp(site(), app), "ok", /^node 24$/],
    "fails while it is stopped": [
      judgeFunctionApp(site({ state: "Stopped" }), app),
      "failed",
      /Stopped/,
      /az functionapp start --name func-1 --resource-group rg/,
    ],
    "fails without TLS": [judgeFunctionApp(site({ httpsOnly: false }), app), "failed", /without TLS/, /httpsOnly=true/],
    "fails without its identity": [
      judgeFunctionApp({ ...site(), identity: { type: "None" } }, app),
      "failed",
      /identity/,
      /identity assign/,
    ],
    "warns of another Node": [
      judgeFunctionApp(site({ functionAppConfig: { runtime: { name: "node", version: "20" } } }), app),
      "warning",
      /node 20/,
      /azd provision/,
    ],
  });
});

const names = { account: "plgatedata1", recordGroup: "rg-prod-record" };
const account = (change: object = {}) => ({
  properties: {
    allowSharedKeyAccess: false,
    allowBlobPublicAccess: false,
    supportsHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
    ...change,
  },
});
const container = (immutabilityPolicy?: object) =>
  judgeContainer(
    "anchors",
    read({
      properties: {
        hasImmutabilityPolicy: immutabilityPolicy !== undefined,
        immutabilityPolicy: { properties: immutabilityPolicy ?? {} },
      },
    }),
    names,
  );

describe("The finding about the account of the record", () => {
  holds({
    "is good as it was deployed": [judgeAccount(account(), names), "ok", /no keys/],
    "fails where keys open it, also by Azure's default": [
      judgeAccount(account({ allowSharedKeyAccess: undefined }), names),
      "failed",
      /keys open it/,
      /--allow-shared-key-access false$/,
    ],
    "fails where blobs may be public": [
      judgeAccount(account({ allowBlobPublicAccess: true }), names),
      "failed",
      /public/,
      /--name plgatedata1 --resource-group rg-prod-record/,
    ],
    "fails with old TLS": [
      judgeAccount(account({ minimumTlsVersion: "TLS1_0" }), names),
      "failed",
      /TLS before 1.2/,
      /TLS1_2/,
    ],
    "is good for evidence that is locked": [
      container({ immutabilityPeriodSinceCreationInDays: 365, state: "Locked" }),
      "ok",
      /365 days, locked/,
    ],
    "warns of evidence that is not locked": [
      container({ immutabilityPeriodSinceCreationInDays: 365, state: "Unlocked" }),
      "warning",
      /not locked/,
      /immutability-policy lock --resource-group rg-prod-record --account-name plgatedata1 --container-name anchors --if-match/,
    ],
    "fails for evidence without protection": [container(), "failed", /can change and delete/, /azd provision/],
    "fails where there is no container": [
      judgeContainer("anchors", absent, names),
      "failed",
      /not there/,
      /azd provision/,
    ],
  });
});

const bot = { subscriptionId: "s", group: "rg", bot: "bot-1", clientId: "AAAA", appUrl: "https://func-1.example" };
const itsBot = (change: object = {}) => ({
  properties: { msaAppId: "aaaa", endpoint: "https://func-1.example/api/messages", disableLocalAuth: true, ...change },
});
const teams = (isEnabled: boolean) =>
  read({ properties: { channelName: "MsTeamsChannel", properties: { isEnabled } } });

describe("The finding about the bot", () => {
  holds({
    "is good as it was deployed": [judgeBot(itsBot(), teams(true), bot), "ok", /identity of plgate/],
    "fails where it is somebody else": [
      judgeBot(itsBot({ msaAppId: "bbbb" }), teams(true), bot),
      "failed",
      /acts as bbbb/,
      /azd provision/,
    ],
    "warns where Teams calls another address": [
      judgeBot(itsBot({ endpoint: "https://old.example/api/messages" }), teams(true), bot),
      "warning",
      /old.example/,
      /PLGATE_PUBLIC_URL/,
    ],
    "warns of keys": [
      judgeBot(itsBot({ disableLocalAuth: false }), teams(true), bot),
      "warning",
      /keys/,
      /azd provision/,
    ],
    "fails where Teams is off": [
      judgeBot(itsBot(), teams(false), bot),
      "failed",
      /switched off/,
      /az bot msteams create --name bot-1 --resource-group rg/,
    ],
    "fails without a channel to Teams": [
      judgeBot(itsBot(), absent, bot),
      "failed",
      /no channel/,
      /az bot msteams create/,
    ],
    "skips a channel that may not be read": [judgeBot(itsBot(), refused, bot), "skipped", /may not read/, /Reader/],
  });
});

const base = "https://login.example/t1/v2.0";
const declared = (roles: readonly string[]) => roles.map((value) => ({ value, isEnabled: true }));
const registered = (change: object = {}) =>
  judgeRegistration(
    "app-1",
    read({
      displayName: "plgate",
      appRoles: declared(["Reader", "Approver", "PolicyAuthor"]),
      api: { requestedAccessTokenVersion: 2 },
      ...change,
    }),
  );
const members = (count: number) =>
  judgeReviewers(
    "g1",
    read({ displayName: "oncall" }),
    read({ value: Array.from({ length: count }, (_, at) => ({ id: at })) }),
  );

describe("The finding about Entra", () => {
  holds({
    "is good where the issuer is the expected one": [
      judgeIssuer(base, read({ issuer: base, jwks_uri: "k" }), read({ keys: [1] })),
      "ok",
      /1 keys/,
    ],
    "fails where it calls itself otherwise": [
      judgeIssuer(base, read({ issuer: "https://x/t2/v2.0" }), undefined),
      "failed",
      /calls itself/,
      /PLGATE_TENANT_ID/,
    ],
    "fails where there is no such tenant": [
      judgeIssuer(base, absent, undefined),
      "failed",
      /no such tenant/,
      /PLGATE_TENANT_ID/,
    ],
    "fails where its keys cannot be read": [
      judgeIssuer(base, read({ issuer: base }), absent),
      "failed",
      /keys/,
      /Try again/,
    ],
    "is good for a registration with the three roles": [registered(), "ok", /Reader, Approver, PolicyAuthor/],
    "fails for one without a role": [
      registered({ appRoles: declared(["Reader"]) }),
      "failed",
      /declare Approver, PolicyAuthor/,
      /entra-app.json/,
    ],
    "fails for tokens of version 1": [
      registered({ api: { requestedAccessTokenVersion: null } }),
      "failed",
      /version 1/,
      /requestedAccessTokenVersion=2/,
    ],
    "fails without a registration": [
      judgeRegistration("app-1", absent),
      "failed",
      /no application app-1/,
      /PLGATE_API_AUDIENCE/,
    ],
    "skips a registration that may not be read": [
      judgeRegistration("app-1", refused),
      "skipped",
      /Authorization/,
      /read applications/,
    ],
    "is good for a group with people": [members(2), "ok", /oncall/],
    "warns of a group of one": [members(1), "warning", /one member/, /az ad group member add/],
    "fails for a group of nobody": [members(0), "failed", /nobody can decide/, /az ad group member add/],
    "fails without the group": [
      judgeReviewers("g1", absent, absent),
      "failed",
      /no group g1/,
      /PLGATE_FALLBACK_REVIEWERS/,
    ],
    "skips who is in it where that may not be read": [
      judgeReviewers("g1", read({ displayName: "oncall" }), refused),
      "skipped",
      /may not read/,
      /members/,
    ],
  });
});

const settings = (change: object = {}) => ({
  id: "/s/PLS-1",
  autoApproval: [],
  visibility: ["a"],
  proxyProtocol: true,
  ...change,
});

describe("The finding about a service", () => {
  holds({
    "is good where nobody gets past plgate": [
      judgeServices([settings()], [settings()], true),
      "ok",
      /nobody gets past/,
    ],
    "warns of automatic approval": [
      judgeServices([settings({ autoApproval: ["x"] })], [settings()], true),
      "warning",
      /approves 1 subscription/,
      /--auto-approval "\[\]"/,
    ],
    "warns of an alias for everybody": [
      judgeServices([settings({ visibility: ["*"] })], [settings()], true),
      "warning",
      /anyone with the alias/,
      /--visibility/,
    ],
    "warns of backends that cannot tell consumers apart": [
      judgeServices([settings({ proxyProtocol: false })], [settings()], true),
      "warning",
      /PROXY/,
      /--enable-proxy-protocol true/,
    ],
    "warns of a service that the app does not see": [
      judgeServices([settings()], [], true),
      "warning",
      /does not list it/,
      /rights/,
    ],
    "goes by the app where ARM may not be read": [
      judgeServices([], [settings({ autoApproval: ["x"], proxyProtocol: null })], true),
      "warning",
      /approves 1/,
      /ids/,
    ],
  });
  it("is made once, however an id is spelt", () => {
    assert.equal(judgeServices([settings()], [settings({ id: "/S/pls-1", proxyProtocol: null })], true).length, 1);
  });
});
