import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainRemoval, removeTraces } from "../../infra/after-down.ts";
import { explainFarewell, lookBeforeDown } from "../../infra/before-down.ts";
import {
  azureWithServices,
  groupId,
  home,
  other,
  principal,
  provisionedEnvironment,
  runKilledAt,
} from "./fake-azure.ts";

const record = `/subscriptions/${home}/resourcegroups/rg-sample-record`;
const watch = (subscription: string) => `/subscriptions/${subscription}/resourcegroups/rg-sample-watch`;
const roleId = (name: string) => `/subscriptions/${home}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
const topic = (subscription: string) => ({
  name: "evgt-plgate-token",
  type: "microsoft.eventgrid/systemtopics",
  identity: { principalId: `topic-of-${subscription}` },
});
const assignment = (name: string, scope: string, to = principal) => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  properties: { scope, principalId: to, roleDefinitionId: roleId("services") },
});

const foreignRight = assignment("9", groupId("rg-services"), "somebody");
const foreignRole = {
  id: roleId("foreign"),
  properties: { roleName: "plgate on services (prod other)", type: "CustomRole" },
};

/** After azd down: azd's own values are gone, what the hooks kept is there. */
function afterDown(more: Record<string, string> = {}) {
  const azure = azureWithServices(
    provisionedEnvironment({
      AZURE_RESOURCE_GROUP: "",
      AZURE_FUNCTION_APP: "",
      AZURE_IDENTITY_PRINCIPAL_ID: "",
      AZURE_RIGHTS_PRINCIPAL_ID: principal,
      AZURE_RIGHTS_SUBSCRIPTIONS: `${home},${other}`,
      AZURE_WATCHED_SUBSCRIPTIONS: `${home},${other}`,
      ...more,
    }),
  );
  azure.groups.set(record, { tags: {}, resources: [{ name: "plgatedatatoken" }] });
  for (const id of [home, other]) azure.groups.set(watch(id), { tags: {}, resources: [topic(id)] });
  azure.roles = [
    { id: roleId("services"), properties: { roleName: "plgate on services (sample token)", type: "CustomRole" } },
    { id: roleId("keeper"), properties: { roleName: "plgate record keeper (sample token)", type: "CustomRole" } },
    { id: roleId("reader"), properties: { roleName: "plgate look-alike (sample token)", type: "BuiltInRole" } },
    foreignRole,
  ];
  azure.assignments = [
    assignment("1", groupId("rg-services")),
    assignment("2", groupId("rg-more", other)),
    assignment("3", groupId("rg-sample-record")),
    assignment("4", groupId("rg-sample-record"), `topic-of-${home}`),
    assignment("5", groupId("rg-sample-record"), `topic-of-${other}`),
    foreignRight,
  ];
  return azure;
}

const remove = (azure: ReturnType<typeof afterDown>) => removeTraces({ ...azure.env }, azure.outside);

describe("before azd down", () => {
  it("says what goes and what stays, and changes nothing: azd asks its question only then", async () => {
    const azure = afterDown(provisionedEnvironment() as Record<string, string>);
    azure.groups.set(`/subscriptions/${home}/resourcegroups/rg-sample`, {
      tags: { "azd-env-name": "sample" },
      resources: [],
    });
    const outcome = await lookBeforeDown({ ...azure.env }, azure.outside);
    assert.equal(outcome.kind, "goes-on");
    assert.match(
      explainFarewell(outcome),
      /azd deletes the group rg-sample[\s\S]*on 2 resource groups[\s\S]*in 2 subscriptions[\s\S]*rg-sample-record with the record of decisions stays/,
    );
    assert.deepEqual(azure.writes(), []);
  });

  it("stops azd where it would delete somebody else's group", async () => {
    const azure = afterDown();
    azure.groups.set(`/subscriptions/${home}/resourcegroups/rg-production`, {
      tags: { "azd-env-name": "sample" },
      resources: [],
    });
    const outcome = await lookBeforeDown({ ...azure.env }, azure.outside);
    assert.deepEqual(outcome, { kind: "in-danger", groups: ["rg-production"] });
    assert.match(explainFarewell(outcome), /Stopped[\s\S]*- rg-production[\s\S]*az tag update/);
  });

  it("goes on where that cannot be looked at, and says so", async () => {
    const azure = afterDown({ PLGATE_DELETE_RECORD: "true" }).refuse(/group list/, "az login");
    const outcome = await lookBeforeDown({ ...azure.env }, azure.outside);
    assert.equal(outcome.kind, "goes-on");
    assert.match(explainFarewell(outcome), /could not be listed: az login[\s\S]*PLGATE_DELETE_RECORD is true/);
  });
});

describe("after azd down", () => {
  it("takes away what is plgate's and nothing else, and keeps the record", async () => {
    const azure = afterDown();
    const removal = await remove(azure);
    assert.deepEqual(removal.left, []);
    assert.deepEqual(azure.assignments, [foreignRight]);
    assert.deepEqual(
      azure.roles.map(({ id }) => id),
      [roleId("reader"), foreignRole.id],
    );
    assert.deepEqual(
      [...azure.groups.keys()].sort(),
      [groupId("rg-services").toLowerCase(), record, groupId("rg-more", other).toLowerCase()].sort(),
    );
    assert.match(explainRemoval(removal), /stays in the group rg-sample-record[\s\S]*PLGATE_DELETE_RECORD true/);
  });

  it("finds nothing left to do the second time", async () => {
    const azure = afterDown();
    await remove(azure);
    azure.commands.length = 0;
    const again = await remove(azure);
    assert.deepEqual([again.left, azure.writes()], [[], []]);
  });

  it("works when nothing was ever made", async () => {
    const azure = azureWithServices({ AZURE_ENV_NAME: "sample", AZURE_SUBSCRIPTION_ID: home });
    const removal = await remove(azure);
    assert.deepEqual([removal.left, azure.writes()], [[], []]);
  });

  it("stopped at any command, it ends as if it had not been", async () => {
    for (const carriedOut of [false, true]) {
      for (let at = 1; ; at += 1) {
        const azure = afterDown({ PLGATE_DELETE_RECORD: "true" });
        if (!(await runKilledAt(azure, { at, carriedOut }, removeTraces))) break;
        const removal = await remove(azure);
        assert.deepEqual(removal.left, [], `after ${azure.commands[at - 1]}`);
        assert.deepEqual(azure.assignments, [foreignRight]);
        assert.deepEqual(
          [...azure.groups.keys()],
          [groupId("rg-services").toLowerCase(), groupId("rg-more", other).toLowerCase()],
        );
      }
    }
  });

  it("leaves a group alone that holds what is not plgate's", async () => {
    const azure = afterDown();
    azure.groups.get(watch(other))?.resources.push({ name: "vm", type: "Microsoft.Compute/virtualMachines" });
    azure.groups.get(watch(home))?.resources.push({ name: "evgt-theirs", type: "Microsoft.EventGrid/systemTopics" });
    const removal = await remove(azure);
    assert.deepEqual(removal.left, []);
    assert.deepEqual(
      azure.groups.get(watch(other))?.resources.map(({ name }) => name),
      ["vm"],
    );
    assert.deepEqual(
      azure.groups.get(watch(home))?.resources.map(({ name }) => name),
      ["evgt-theirs"],
    );
    assert.match(azure.said.join("\n"), /rg-sample-watch in \S+ stays/);
  });

  it("deletes nothing of others even if Azure's list holds more than it was asked for", async () => {
    const azure = afterDown();
    const { az } = azure.outside;
    const outside = {
      ...azure.outside,
      az: async (args: readonly string[]) =>
        args.some((arg) => arg.endsWith("/roleAssignments"))
          ? { ok: true, output: JSON.stringify({ value: [foreignRight, assignment("1", groupId("rg-services"))] }) }
          : az(args),
    };
    await removeTraces({ ...azure.env }, outside);
    assert.ok(azure.assignments.includes(foreignRight));
  });

  it("goes on after what fails, says what is still there, and remembers where", async () => {
    const azure = afterDown()
      .refuse(
        new RegExp(`resource list --resource-group rg-sample-watch --subscription ${other}`),
        "SubscriptionNotFound",
      )
      .refuse(/roleAssignments\/1\?/, "ScopeLocked")
      .refuse(/roleDefinitions\/keeper/, "RoleDefinitionHasAssignments");
    const told = explainRemoval(await remove(azure));
    assert.match(told, new RegExp(`Still there: the topics in the subscription ${other}: SubscriptionNotFound`));
    assert.match(told, /Still there: plgate on services \(sample token\) on \S+rg-services: ScopeLocked/);
    assert.match(
      told,
      /Still there: the custom role plgate record keeper \(sample token\): people or groups still hold it/,
    );
    assert.match(told, /azd hooks run postdown/);
    assert.deepEqual(azure.assignments.length, 3);
    assert.equal(azure.env["AZURE_RIGHTS_PRINCIPAL_ID"], principal);
    assert.equal(azure.env["AZURE_WATCHED_SUBSCRIPTIONS"], `${home},${other}`);
  });

  it("says so where nothing could be listed", async () => {
    const { left } = await remove(afterDown().refuse(/--method GET/, "az login"));
    assert.match(
      left.join("\n"),
      /custom roles of plgate \(they could not be listed\)[\s\S]*rights in the subscription/,
    );
  });
});

describe("the record of decisions after azd down", () => {
  const asked = { PLGATE_DELETE_RECORD: "true" };

  it("goes only when that was asked for, its unlocked policies first", async () => {
    const azure = afterDown(asked);
    azure.policies.set("anchors", { etag: '"8d"', state: "Unlocked", immutabilityPeriodSinceCreationInDays: 365 });
    const { record: end } = await remove(azure);
    assert.deepEqual(end, { kind: "gone", group: "rg-sample-record" });
    assert.equal(azure.policies.size, 0);
    assert.ok(!azure.groups.has(record));
  });

  it("stays while a policy is locked, and it is said until when", async () => {
    const azure = afterDown(asked);
    azure.policies.set("archive", { etag: '"8d"', state: "Locked", immutabilityPeriodSinceCreationInDays: 400 });
    const told = explainRemoval(await remove(azure));
    assert.match(told, /container archive is locked[\s\S]*until 400 days after the last write/);
    assert.ok(azure.groups.has(record));
  });

  it("stays with whatever somebody else put beside it", async () => {
    const azure = afterDown(asked);
    azure.groups.get(record)?.resources.push({ name: "backups" });
    assert.match(explainRemoval(await remove(azure)), /holds what is not plgate's \(backups\)/);
    assert.ok(azure.groups.has(record));
  });

  it("is gone already, or refused with Azure's reason", async () => {
    const gone = afterDown(asked);
    gone.groups.delete(record);
    assert.equal((await remove(gone)).record.kind, "gone");
    for (const when of [
      /resource list --resource-group rg-sample-record/,
      /policy show/,
      /group delete --name rg-sample-record/,
    ]) {
      const told = explainRemoval(await remove(afterDown(asked).refuse(when, "ScopeLocked: a lock")));
      assert.match(
        told,
        /could not be deleted \(rg-sample-record\)\.\nScopeLocked: a lock\nAgain: azd hooks run postdown/,
      );
    }
  });
});
