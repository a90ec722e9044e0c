import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectEvents, explain, isDone } from "../../infra/after-deploy.ts";
import { azureWithServices, home, other, provisionedEnvironment, runKilledAt } from "./fake-azure.ts";

const deployed = (more: Record<string, string> = {}) => azureWithServices(provisionedEnvironment(more));
const connect = (azure: ReturnType<typeof deployed>) => connectEvents({ ...azure.env }, azure.outside);
const watches = (azure: ReturnType<typeof deployed>) => [...azure.groups.keys()].filter((id) => id.endsWith("-watch"));

describe("connecting Event Grid after the deployment", () => {
  it("looks for the function first, then makes topics in each watched subscription", async () => {
    const azure = deployed();
    const outcome = await connect(azure);
    assert.deepEqual(outcome, {
      kind: "done",
      subscriptions: [
        { subscription: home, kind: "watched" },
        { subscription: other, kind: "watched" },
      ],
    });
    assert.ok(isDone(outcome));
    assert.deepEqual(azure.deployed[1], {
      template: "watch",
      at: other,
      name: azure.deployed[0]?.name,
      parameters: {
        environmentName: "sample",
        location: "westeurope",
        functionAppId: `/subscriptions/${home}/resourceGroups/rg-sample/providers/Microsoft.Web/sites/func-plgate-token`,
        recordSubscriptionId: home,
        recordGroupName: "rg-sample-record",
        dataAccountName: "plgatedatatoken",
        deadLetterContainerName: "deadletters",
        subscriptionEvents: true,
        resourceNotifications: false,
      },
    });
    const lines = azure.commands.map((line) => line.split(" ").slice(1, 4).join(" "));
    assert.ok(lines.indexOf("functionapp function show") < lines.indexOf("deployment sub create"));
    assert.equal(azure.env["AZURE_WATCHED_SUBSCRIPTIONS"], `${home},${other}`);
  });

  it("makes all of it in one deployment at the management group where one is named", async () => {
    const azure = deployed({ PLGATE_MANAGEMENT_GROUP: "mg" });
    assert.ok(isDone(await connect(azure)));
    assert.deepEqual(
      azure.deployed.map(({ template, at, parameters }) => [template, at, parameters["watchedSubscriptions"]]),
      [["estate", "mg", `${home},${other}`]],
    );
    assert.match(String(azure.deployed[0]?.parameters["functionAppId"]), /func-plgate-token$/);
  });

  it("waits for a function that takes its time, and for a right that has not arrived", async () => {
    const azure = deployed()
      .refuse(/functionapp function/, "not found", 3)
      .refuse(/deployment sub/, "Webhook validation failed", 2);
    assert.ok(isDone(await connect(azure)));
    assert.deepEqual(azure.waits, [10_000, 10_000, 10_000, 60_000, 60_000]);
  });

  it("does not let one subscription that fails stop the others, and says which and what to do", async () => {
    const azure = deployed().refuse(
      new RegExp(`deployment sub create --subscription ${home}`),
      "Only one system topic is allowed per source.",
    );
    const outcome = await connect(azure);
    assert.ok(!isDone(outcome));
    const told = explain(outcome);
    assert.match(told, new RegExp(`${home} could not be watched[\\s\\S]*PLGATE_EVENTS false[\\s\\S]*Only one`));
    assert.match(told, new RegExp(`events of the subscription ${other} to plgate`));
    assert.match(told, /azd hooks run postdeploy/);
    assert.deepEqual(azure.waits, []);
  });

  it("takes the topics out of a subscription that is no longer watched, with their right on the dead letters", async () => {
    const azure = deployed();
    await connect(azure);
    const right = {
      id: `/subscriptions/${home}/x/roleAssignments/1`,
      properties: { principalId: `topic-of-${other}` },
    };
    const foreign = {
      id: `/subscriptions/${home}/x/roleAssignments/2`,
      properties: { principalId: `topic-of-${home}` },
    };
    azure.assignments = [right, foreign];
    azure.env["PLGATE_SUBSCRIPTIONS"] = home;
    const outcome = await connect(azure);
    assert.match(explain(outcome), new RegExp(`${other} is no longer watched; its topics are gone`));
    assert.deepEqual(azure.assignments, [foreign]);
    assert.deepEqual(watches(azure), [`/subscriptions/${home}/resourcegroups/rg-sample-watch`]);
    assert.equal(azure.env["AZURE_WATCHED_SUBSCRIPTIONS"], home);
  });

  it("remembers a subscription whose topics could not be taken away", async () => {
    const azure = deployed();
    await connect(azure);
    azure.env["PLGATE_EVENTS"] = "false";
    azure.refuse(/system-topic delete/, "ScopeLocked");
    const outcome = await connect(azure);
    assert.match(explain(outcome), /keeps its topics, which are no longer wanted[\s\S]*ScopeLocked/);
    assert.equal(azure.env["AZURE_WATCHED_SUBSCRIPTIONS"], `${home},${other}`);
  });

  it("does nothing when events are switched off", async () => {
    const azure = deployed({ PLGATE_EVENTS: "false" });
    const outcome = await connect(azure);
    assert.match(explain(outcome), /switched off/);
    assert.deepEqual(azure.writes(), []);
  });

  it("watches by resource notifications alone where the other kind is switched off", async () => {
    const azure = deployed({ PLGATE_EVENTS: "false", PLGATE_RESOURCE_NOTIFICATIONS: "true" });
    assert.ok(isDone(await connect(azure)));
    const { subscriptionEvents, resourceNotifications } = azure.deployed[0]?.parameters ?? {};
    assert.deepEqual(
      { subscriptionEvents, resourceNotifications },
      { subscriptionEvents: false, resourceNotifications: true },
    );
  });

  it("takes the topics of a kind away that was switched off", async () => {
    for (const more of [{}, { PLGATE_MANAGEMENT_GROUP: "mg" }]) {
      const azure = deployed({ PLGATE_SUBSCRIPTIONS: home, PLGATE_RESOURCE_NOTIFICATIONS: "false", ...more });
      const type = "Microsoft.EventGrid/systemTopics";
      azure.groups.set(`/subscriptions/${home}/resourcegroups/rg-sample-watch`, {
        tags: {},
        resources: [
          { name: "evgt-plgate-token", type },
          { name: "evgt-plgate-resources-token", type },
          { name: "theirs", type },
        ],
      });
      assert.ok(isDone(await connect(azure)));
      const left = azure.groups
        .get(`/subscriptions/${home}/resourcegroups/rg-sample-watch`)
        ?.resources.map(({ name }) => name);
      assert.deepEqual(left, ["evgt-plgate-token", "theirs"]);
    }
  });

  it("leaves a subscription of another tenant to the sweep, and calls that no failure", async () => {
    const gone = deployed().refuse(new RegExp(`account show --subscription ${other}`), "SubscriptionNotFound");
    const outcome = await connect(gone);
    assert.ok(isDone(outcome));
    assert.match(explain(outcome), new RegExp(`${other} is not watched[\\s\\S]*sweep`));
    const delegated = deployed({ PLGATE_SUBSCRIPTIONS: other });
    delegated.account = { ...delegated.account, homeTenantId: "another" };
    assert.deepEqual(await connect(delegated), {
      kind: "done",
      subscriptions: [{ subscription: other, kind: "elsewhere" }],
    });
    assert.deepEqual(delegated.deployed, []);
  });

  const ends: Readonly<Record<string, readonly [Record<string, string>, RegExp, RegExp]>> = {
    "nothing is provisioned": [
      { AZURE_RESOURCE_GROUP: "", AZURE_DATA_ACCOUNT: "" },
      /never/,
      /missing: AZURE_RESOURCE_GROUP, AZURE_DATA_ACCOUNT/,
    ],
    "nobody is signed in": [{}, /account show/, /az login[\s\S]*no\nplgate itself/],
    "the function never shows up": [{}, /functionapp function/, /did not show up[\s\S]*no\nplgate itself/],
  };
  for (const [name, [more, when, told]] of Object.entries(ends)) {
    it(`says so when ${name}`, async () => {
      const azure = deployed(more).refuse(when, "no");
      const outcome = await connect(azure);
      assert.ok(!isDone(outcome));
      assert.match(explain(outcome), told);
      assert.deepEqual(azure.deployed, []);
    });
  }

  it("stopped at any command, it ends as if it had not been", async () => {
    for (const carriedOut of [false, true]) {
      for (let at = 1; ; at += 1) {
        const azure = deployed({ AZURE_WATCHED_SUBSCRIPTIONS: "66666666-6666-4666-8666-666666666666" });
        azure.groups.set("/subscriptions/66666666-6666-4666-8666-666666666666/resourcegroups/rg-sample-watch", {
          tags: {},
          resources: [{ name: "evgt-plgate-token", type: "Microsoft.EventGrid/systemTopics" }],
        });
        if (!(await runKilledAt(azure, { at, carriedOut }, connectEvents))) break;
        assert.ok(isDone(await connect(azure)));
        assert.equal(watches(azure).length, 2);
        assert.equal(azure.env["AZURE_WATCHED_SUBSCRIPTIONS"], `${home},${other}`);
      }
    }
  });
});
