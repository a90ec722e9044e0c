import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openStorage } from "../../src/azure/storage.ts";
import { ofType, type Resource, snapshot, templates, text } from "./snapshots.ts";

const record = snapshot("record");
const containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
const account = "plgatedatajzlrn4ms6kzl4/default";
const evidence = ["anchors", "archive"];
const last = ({ name }: Resource) => name.split("/").at(-1) ?? "";

describe("the record of decisions", () => {
  it("lies in a group that azd down does not know: another name, and no tag of azd on anything in it", () => {
    const [group] = ofType(record, "Microsoft.Resources/resourceGroups");
    assert.equal(group?.name, "rg-sample-record");
    assert.doesNotMatch(JSON.stringify(record), /azd-/);
    for (const { id } of record.predictedResources) {
      assert.ok(
        id.startsWith("/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-sample-record"),
        id,
      );
    }
  });

  it("is in an account of the name that main.bicep works out by itself", () => {
    const [found] = ofType(record, "Microsoft.Storage/storageAccounts");
    assert.equal(found?.name, "plgatedatajzlrn4ms6kzl4");
    assert.match(JSON.stringify(snapshot("main")), /"PLGATE_STORAGE_ACCOUNT","value":"plgatedatajzlrn4ms6kzl4"/);
  });

  it("has the tables and the queue that the app opens, and the poison queue of the host", () => {
    const { reviews, parked, ...tables } = openStorage({ connectionString: "UseDevelopmentStorage=true" });
    assert.deepEqual(
      ofType(record, "Microsoft.Storage/storageAccounts/tableServices/tables").map(last).sort(),
      Object.values(tables)
        .map((table) => table.tableName)
        .sort(),
    );
    assert.deepEqual(ofType(record, "Microsoft.Storage/storageAccounts/queueServices/queues").map(last), [
      reviews.name,
      parked.name,
    ]);
  });

  it("is redundant over zones where nobody chose otherwise", () => {
    assert.match(text("infra/expected/record.snapshot.json"), /"Standard_ZRS"/);
  });
});

describe("the containers that the record is checked against", () => {
  it("are closed to the public, in the account that keeps the record", () => {
    const found = ofType(record, containers).filter((container) => evidence.includes(last(container)));
    assert.deepEqual(
      found.map(({ name, properties }) => ({ name, properties })),
      evidence.map((name) => ({ name: `${account}/${name}`, properties: { publicAccess: "None" } })),
    );
  });

  it("let nothing be changed for a year: anchors grow at their end, a segment is written once", () => {
    assert.deepEqual(
      ofType(record, `${containers}/immutabilityPolicies`).map(({ name, properties }) => ({ name, properties })),
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
    const locked = snapshot("record-private").predictedResources.map(({ type }) => type);
    assert.ok(!locked.includes(`${containers}/immutabilityPolicies`));
    assert.match(text("infra/record.bicep"), /^param auditPoliciesLocked bool = false$/m);
    const lockers = templates.filter((path) => /deploymentScripts|state: *'Locked'/.test(text(path)));
    assert.deepEqual(lockers, []);
  });

  it("are not reached by the rule that forgets dead letters", () => {
    type Rules = { policy: { rules: readonly { definition: { filters: { prefixMatch: readonly string[] } } }[] } };
    const [lifecycle] = ofType<Rules>(record, "Microsoft.Storage/storageAccounts/managementPolicies");
    const prefixes = lifecycle?.properties.policy.rules.flatMap(({ definition }) => definition.filters.prefixMatch);
    assert.deepEqual(prefixes, ["deadletters/"]);
  });
});
