import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainGiving, giveRights } from "../../infra/after-provision.ts";
import {
  azureWithServices,
  groupId,
  home,
  other,
  principal,
  provisionedEnvironment,
  runKilledAt,
} from "./fake-azure.ts";

const roleId = (name: string) => `/subscriptions/${home}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
const role = (name: string, roleName: string) => ({ id: roleId(name), properties: { roleName, type: "CustomRole" } });
const assignment = (name: string, scope: string, roleName: string, to = principal) => ({
  id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
  properties: { scope, principalId: to, roleDefinitionId: roleId(roleName).replace(home, scope.split("/")[2] ?? "") },
});

function provisioned(more: Record<string, string> = {}) {
  const azure = azureWithServices(provisionedEnvironment(more));
  azure.roles = [
    role("services", "plgate on services (sample token)"),
    role("operations", "plgate operation reader (sample token)"),
    role("foreign", "plgate on services (another token)"),
  ];
  return azure;
}

const give = (azure: ReturnType<typeof provisioned>) => giveRights({ ...azure.env }, azure.outside);

describe("giving rights", () => {
  it("deploys them with the values of the environment and keeps what comes out", async () => {
    const azure = provisioned({ PLGATE_MODE: "enforce", PLGATE_REVOKE_BY: "remove", PLGATE_OPERATORS: other });
    assert.equal((await give(azure)).kind, "given");
    assert.deepEqual(azure.deployed, [
      {
        template: "rights",
        at: home,
        name: azure.deployed[0]?.name,
        parameters: {
          environmentName: "sample",
          location: "westeurope",
          principalId: principal,
          dataAccountName: "plgatedatatoken",
          recordGroupName: "rg-sample-record",
          serviceResourceGroups: `${groupId("rg-services")}, ${groupId("rg-more", other)}`,
          mode: "enforce",
          revokeBy: "remove",
          natPortMetrics: "off",
          operatorsGroupId: other,
        },
      },
    ]);
    assert.equal(azure.env["AZURE_APPROVER_ROLE"], "plgate on services (sample token)");
    assert.equal(azure.env["AZURE_AUDIT_WRITER_ROLE"], "plgate audit writer (sample token)");
    assert.equal(azure.env["AZURE_RIGHTS_PRINCIPAL_ID"], principal);
    assert.equal(azure.env["AZURE_RIGHTS_SUBSCRIPTIONS"], `${home},${other}`);
  });

  it("goes to the management group where one is named, without the function", async () => {
    const azure = provisioned({ PLGATE_MANAGEMENT_GROUP: "mg-platform" });
    assert.equal((await give(azure)).kind, "given");
    const [deployed] = azure.deployed;
    assert.deepEqual(
      [deployed?.template, deployed?.at, deployed?.parameters["functionAppId"]],
      ["estate", "mg-platform", ""],
    );
  });

  it("waits for an identity that is new", async () => {
    const azure = provisioned().refuse(
      /deployment sub create/,
      "PrincipalNotFound: does not exist in the directory",
      3,
    );
    assert.equal((await give(azure)).kind, "given");
    assert.deepEqual(azure.waits, [20_000, 20_000, 20_000]);
  });

  it("does not wait for what nobody gives it", async () => {
    const azure = provisioned().refuse(/deployment sub create/, "AuthorizationFailed");
    const told = explainGiving(await give(azure));
    assert.match(told, /User Access Administrator[\s\S]*AuthorizationFailed[\s\S]*azd hooks run postprovision/);
    assert.deepEqual(azure.waits, []);
  });

  it("takes the right on a group back that is no longer named, before the role loses the group", async () => {
    const azure = provisioned({
      PLGATE_SERVICE_RESOURCE_GROUPS: groupId("RG-Services"),
      AZURE_RIGHTS_SUBSCRIPTIONS: `${home},${other}`,
    });
    const stays = assignment("1", groupId("rg-services").toLowerCase(), "services");
    const foreign = assignment("4", groupId("rg-services"), "foreign");
    const ofSomebody = assignment("5", groupId("rg-more", other), "services", "somebody");
    const byHand = assignment("6", groupId("rg-more", other), "acdd72a7-reader");
    azure.assignments = [
      stays,
      assignment("2", groupId("rg-more", other), "services"),
      assignment("3", `/subscriptions/${home}`, "operations"),
      foreign,
      ofSomebody,
      byHand,
    ];
    const outcome = await give(azure);
    assert.match(
      explainGiving(outcome),
      /Taken back, no longer needed: plgate on services \(sample token\) on \S+rg-more/,
    );
    assert.deepEqual(azure.assignments, [stays, foreign, ofSomebody, byHand]);
    const lines = azure.commands.map((line) => line.split(" ").slice(1, 4).join(" "));
    assert.ok(lines.lastIndexOf("rest --method DELETE") < lines.indexOf("deployment sub create"));
  });

  it("keeps the reads of operations while connections are removed, and only in the mode that takes access away", async () => {
    for (const [mode, kept] of [
      ["enforce", 1],
      ["approve-only", 0],
      ["observe", 0],
    ] as const) {
      const azure = provisioned({ PLGATE_REVOKE_BY: "remove", PLGATE_MODE: mode });
      azure.assignments = [assignment("1", `/subscriptions/${home}`, "operations")];
      await give(azure);
      assert.equal(azure.assignments.length, kept, mode);
    }
  });

  it("tells of a right that could not be taken back, and gives the others all the same", async () => {
    const azure = provisioned({ PLGATE_SERVICE_RESOURCE_GROUPS: "" }).refuse(/DELETE/, "ScopeLocked");
    azure.assignments = [assignment("1", groupId("rg-services"), "services")];
    const outcome = await give(azure);
    assert.equal(outcome.kind, "given");
    assert.match(explainGiving(outcome), /could not be taken back[\s\S]*ScopeLocked/);
  });

  it("tells where rights of before could not be looked for", async () => {
    for (const when of [/roleDefinitions/, /roleAssignments/]) {
      const told = explainGiving(await give(provisioned().refuse(when, "Forbidden")));
      assert.match(told, /were not looked for: Forbidden[\s\S]*plgate has its rights/);
    }
  });

  it("names a former group of operators, once, and takes nothing from it", async () => {
    const azure = provisioned({ PLGATE_OPERATORS: home, AZURE_RIGHTS_OPERATORS: other });
    assert.match(
      explainGiving(await give(azure)),
      new RegExp(`group ${other} was that of the operators[\\s\\S]*role assignment delete`),
    );
    assert.doesNotMatch(explainGiving(await give(azure)), /operators before/);
  });

  it("reads lists of Azure to their last page", async () => {
    const azure = provisioned({ PLGATE_SERVICE_RESOURCE_GROUPS: "" });
    const surplus = assignment("1", groupId("rg-services"), "services");
    azure.assignments = [surplus];
    const { az } = azure.outside;
    const paged = async (args: readonly string[]) => {
      if (args.includes("https://next.example")) return { ok: true, output: JSON.stringify({ value: [surplus] }) };
      const isList = args.some((arg) => arg.endsWith("/roleAssignments"));
      return isList ? { ok: true, output: JSON.stringify({ value: [], nextLink: "https://next.example" }) } : az(args);
    };
    await giveRights({ ...azure.env }, { ...azure.outside, az: paged });
    assert.deepEqual(azure.assignments, []);
  });

  it("says what is missing before anything is provisioned", async () => {
    const azure = provisioned({ AZURE_IDENTITY_PRINCIPAL_ID: "" });
    const outcome = await give(azure);
    assert.match(explainGiving(outcome), /azd provision first \(missing: AZURE_IDENTITY_PRINCIPAL_ID\)/);
    assert.deepEqual(azure.commands, []);
  });

  it("changes nothing the second time but for the deployment, which ARM leaves as it is", async () => {
    const azure = provisioned();
    await give(azure);
    azure.commands.length = 0;
    await give(azure);
    assert.deepEqual(
      azure.writes().map((line) => line.split(" ").slice(0, 4).join(" ")),
      ["az deployment sub create"],
    );
  });

  it("stopped at any command, it ends as if it had not been", async () => {
    const whole = provisioned();
    await give(whole);
    for (const carriedOut of [false, true]) {
      for (let at = 1; ; at += 1) {
        const azure = provisioned();
        if (!(await runKilledAt(azure, { at, carriedOut }, giveRights))) break;
        assert.equal((await give(azure)).kind, "given");
        assert.deepEqual(azure.env, whole.env);
      }
    }
  });
});
