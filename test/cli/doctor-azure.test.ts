import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { describe, it, type TestContext } from "node:test";
import filters from "../../infra/event-filters.json" with { type: "json" };
import type { SeenTopic } from "../../local/arm/event-topics.ts";
import { testAuthority, tokenOf, withArm } from "../../local/arm/test-arm.ts";
import { provider, providerSub, serviceId, testSeed } from "../../local/arm/test-world.ts";
import type { Caller } from "../../local/arm/world.ts";
import { version } from "../../src/runtime/version.ts";
import { aPlgate } from "./a-plgate.ts";
import { run, scratch } from "./terminal.ts";

type Line = {
  readonly check: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy: string | null;
};

const appUrl = { now: "" };
const attempts = [{ at: new Date(Date.now() - 60_000), outcome: "delivered" }] as const;
const topicOf = (change: Partial<SeenTopic["subscriptions"][number]> = {}): SeenTopic => ({
  subscriptionId: providerSub,
  resourceGroup: "rg-other",
  name: "evgt-subscriptions",
  topicType: "Microsoft.Resources.Subscriptions",
  subscriptions: [
    {
      name: "plgate",
      endpointBaseUrl: `${appUrl.now}/runtime/webhooks/EventGrid`,
      schema: "EventGridSchema",
      includedEventTypes: filters.subscriptionEvents.includedEventTypes,
      advancedFilters: [
        { operatorType: "StringIn", key: "data.operationName", values: filters.subscriptionEvents.operationNames },
      ],
      deadLetter: true,
      attempts,
      ...change,
    },
  ],
});

/* The whole way: the command, its token from the stack's issuer, and the local ARM over https with its own authority. */
describe("plgate doctor on the local ARM", () => {
  const folder = scratch();

  async function doctor(
    t: TestContext,
    wish: {
      topics?: () => readonly SeenTopic[];
      as?: Caller;
      principal?: string;
      casing?: boolean;
      seed?: typeof testSeed;
    } = {},
  ) {
    const { topics = () => [topicOf()], as = provider, principal = "approver" } = wish;
    const listed = [{ id: serviceId("pls-open").toLowerCase(), autoApproval: [], visibility: ["*"] }];
    const app = await aPlgate(t, {
      "GET /api/health": ({ authorization }) =>
        authorization
          ? [200, { status: "healthy", version, mode: "enforce", checks: [], caller: { roles: ["Reader"] } }]
          : [200, { status: "alive" }],
      "GET /api/requests?top=1": () => [200, { value: [] }],
      "GET /api/services": () => [200, { value: listed, unreadable: [] }],
      "POST /tokens": () => [200, { token: tokenOf(as) }],
    });
    appUrl.now = app.url;
    let lines: readonly Line[] = [];
    let out = "";
    await withArm(
      { topics, seed: wish.seed ?? testSeed, settings: { "casing.mixed": wish.casing ?? false } },
      async (arm) => {
        const caFile = folder.path("ca.pem");
        await folder.file("here", "");
        await writeFile(caFile, (await testAuthority()).caPem);
        const state = {
          pid: process.pid,
          functions: { url: app.url },
          arm: { url: arm.url, caFile, principalId: principal },
          issuer: { controlUrl: app.url, controlSecret: "s", authority: app.url },
          storage: { connectionString: "unused" },
        };
        const file = await folder.file("state.json", JSON.stringify(state));
        const wishes = { withStore: async () => 0 as const };
        out = (await run(["doctor", "--local", "--state", file, "--json"], wishes)).out;
        lines = (JSON.parse(out) as { readonly checks: readonly Line[] }).checks;
        const asked = arm.exchanges.map(({ request }) => request.method);
        assert.deepEqual([...new Set(asked)], ["GET"], "doctor reads and never writes");
      },
    );
    return { lines, out, of: (check: string) => lines.filter((one) => one.check.startsWith(check)) };
  }
  const told = (lines: readonly Line[]) => lines.map(({ status, detail }) => `${status} ${detail}`);

  for (const casing of [false, true]) {
    it(`finds the rights as they are granted, and the events as they come${casing ? ", however ids are spelt" : ""}`, async (t) => {
      const { of } = await doctor(t, { casing });
      // The stack reads metrics, which the role of this test does not grant.
      assert.deepEqual(told(of("rights: ")), ["failed plgate may not Microsoft.Insights/metrics/read"]);
      assert.deepEqual(of("too many"), []);
      assert.deepEqual(told(of(`events: ${providerSub}`)), [
        "ok plgate leads to plgate with the filter of this checkout (2 types, 7 values)",
      ]);
      assert.match(told(of("events, last")).join(), /^ok 1 delivered in the last day, the last in the hour of/);
      assert.match(
        told(of("resource notifications")).join(),
        /^failed there is no system topic Microsoft.ResourceNotifications/,
      );
      assert.deepEqual(told(of("service: ")), ["warning anyone with the alias may ask for a connection"]);
      assert.deepEqual(of("services"), [], "ARM was asked for them, too");
    });
  }

  it("says which rights of an owner are too many, with the command that takes them away", async (t) => {
    const { of } = await doctor(t, { principal: "provider" });
    const [found] = of("too many rights: Owner");
    assert.match(found?.detail ?? "", /far beyond the groups of the services/);
    assert.match(
      found?.remedy ?? "",
      new RegExp(
        `^az role assignment delete --ids /subscriptions/${providerSub}/providers/Microsoft.Authorization/roleAssignments/`,
      ),
    );
  });

  it("says that an identity without any role may do nothing", async (t) => {
    const { of } = await doctor(t, { principal: "nobody" });
    assert.match(told(of("rights: ")).join(), /^failed plgate may not Microsoft.Network\/privateLinkServices\/read/);
  });

  it("says what an operator needs who may read nothing", async (t) => {
    const { of } = await doctor(t, { as: { objectId: "stranger-to-all", tenantId: provider.tenantId } });
    assert.match(told(of("rights")).join(), /^skipped you may not read it \(AuthorizationFailed/);
    assert.match(
      of("rights")[0]?.remedy ?? "",
      /az role assignment create --role Reader --assignee <you> --scope \/subscriptions\//,
    );
    assert.match(told(of("events")).join(), /^skipped you may not read it/);
    // The app listed it, so its settings are known all the same.
    assert.match(told(of("service: ")).join(), /anyone with the alias/);
  });

  it("reads the groups where the subscription may not be read", async (t) => {
    const as = { objectId: "group-reader", tenantId: provider.tenantId };
    const scope = `/subscriptions/${providerSub}/resourceGroups/rg-services`;
    const reader = { objectId: as.objectId, scope, actions: ["*/read"] };
    const { of } = await doctor(t, {
      as,
      seed: { ...testSeed, roleAssignments: [...testSeed.roleAssignments, reader] },
    });
    assert.deepEqual(told(of("rights: ")), ["failed plgate may not Microsoft.Insights/metrics/read"]);
  });

  const broken: Readonly<Record<string, readonly [Partial<SeenTopic["subscriptions"][number]>, RegExp]>> = {
    "a filter that keeps events away": [
      { includedEventTypes: ["Microsoft.Resources.ResourceWriteSuccess"] },
      /^failed the filter of plgate keeps away Microsoft.Resources.ResourceDeleteSuccess/,
    ],
    "another destination": [
      { endpointBaseUrl: "https://other.example/x" },
      /^failed no event subscription leads to the function/,
    ],
    "no dead letters": [{ deadLetter: false }, /^warning plgate has no place for events/],
  };
  for (const [what, [change, expected]] of Object.entries(broken)) {
    it(`finds ${what}`, async (t) => {
      const { of } = await doctor(t, { topics: () => [topicOf(change)] });
      assert.match(told(of(`events: ${providerSub}`)).join(), expected);
    });
  }

  it("finds events that never arrive", async (t) => {
    const failing = [{ at: new Date(Date.now() - 60_000), outcome: "failed" }] as const;
    const { of } = await doctor(t, { topics: () => [topicOf({ attempts: failing })] });
    assert.match(told(of("events, last")).join(), /^failed 0 delivered.*1 attempt\(s\) failed/);
  });

  it("tells no secret", async (t) => {
    const { out } = await doctor(t);
    assert.doesNotMatch(out, /Bearer|unsigned|code=/);
  });
});
