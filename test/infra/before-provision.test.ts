import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { explainPreparation, prepare } from "../../infra/before-provision.ts";
import { member } from "../../infra/outside.ts";
import { azureWithServices, groupId, home, other, runKilledAt, sampleEnvironment, tenant } from "./fake-azure.ts";

const audience = "11111111-1111-4111-8111-111111111111";

async function run(
  more: Record<string, string> = {},
  change: (azure: ReturnType<typeof azureWithServices>) => void = () => {},
) {
  const azure = azureWithServices(sampleEnvironment(more));
  change(azure);
  const outcome = await prepare({ ...azure.env }, azure.outside);
  return { azure, outcome, told: explainPreparation(outcome) };
}

describe("preparing a deployment", () => {
  it("registers the API, deploys the record and keeps what comes out", async () => {
    const { azure, outcome } = await run();
    assert.equal(outcome.kind, "ready");
    const [app, ...more] = [...azure.apps.values()];
    assert.deepEqual(more, []);
    assert.equal(app?.["displayName"], "plgate (sample)");
    assert.deepEqual(app?.["identifierUris"], [`api://${app?.["appId"]}`]);
    assert.equal(azure.env["PLGATE_API_AUDIENCE"], app?.["appId"]);
    assert.equal(azure.env["AZURE_DATA_ACCOUNT"], "plgatedatatoken");
    assert.equal(azure.env["AZURE_RECORD_GROUP"], "rg-sample-record");
    assert.equal(azure.env["AZURE_DEAD_LETTER_CONTAINER"], "deadletters");
  });

  it("asks Entra for a role before a token, and gives whoever deploys Reader and nothing more", async () => {
    const { azure } = await run();
    const [service] = [...azure.principals.values()];
    assert.equal(service?.["appRoleAssignmentRequired"], true);
    assert.deepEqual(
      azure.appRoles.map(({ principalId, appRoleId }) => [principalId, appRoleId]),
      [["me", "c2b1f9f0-1f0a-4f3c-9b5e-6a0f2a6d7e01"]],
    );
  });

  it("changes nothing the second time", async () => {
    const { azure } = await run();
    azure.commands.length = 0;
    assert.equal((await prepare({ ...azure.env }, azure.outside)).kind, "ready");
    assert.deepEqual(
      azure.writes().filter((line) => !line.startsWith("az deployment sub create")),
      [],
    );
  });

  it("keeps the record under the parameters that the environment says", async () => {
    const { azure } = await run({
      PLGATE_API_AUDIENCE: audience,
      PLGATE_AUDIT_RETENTION_DAYS: "30",
      PLGATE_AUDIT_POLICIES_LOCKED: "true",
      PLGATE_NETWORK: "private",
      PLGATE_ALLOWED_ADDRESSES: "203.0.113.7, 198.51.100.0/24",
      PLGATE_DATA_SKU: "Standard_LRS",
    });
    assert.deepEqual(azure.deployed[0]?.parameters, {
      environmentName: "sample",
      location: "westeurope",
      dataSku: "Standard_LRS",
      auditRetentionDays: 30,
      auditPoliciesLocked: true,
      network: "private",
      allowedAddresses: "203.0.113.7, 198.51.100.0/24",
    });
  });

  it("leaves an app registration alone that somebody made by hand", async () => {
    const { azure, outcome } = await run({ PLGATE_API_AUDIENCE: audience });
    assert.equal(outcome.kind, "ready");
    assert.ok(!azure.commands.some((line) => line.includes("graph.example")));
  });

  it("leaves one alone that was named after plgate had made one of its own", async () => {
    const { azure } = await run();
    azure.env["PLGATE_API_AUDIENCE"] = audience;
    azure.commands.length = 0;
    await prepare({ ...azure.env }, azure.outside);
    assert.equal(azure.env["PLGATE_API_AUDIENCE"], audience);
    assert.ok(!azure.commands.some((line) => line.includes("graph.example")));
  });

  it("lets the Azure CLI ask for tokens, and takes that back where it is switched off", async () => {
    const { azure } = await run();
    const clients = () => [...azure.apps.values()].flatMap((app) => member(app, "api", "preAuthorizedApplications"));
    assert.equal(clients().length, 1);
    azure.env["PLGATE_ALLOW_AZURE_CLI"] = "false";
    await prepare({ ...azure.env }, azure.outside);
    assert.deepEqual(clients(), []);
  });

  it("registers providers that are missing, or says how where that is switched off", async () => {
    const registered = await run({}, (azure) => azure.unregistered.push("Microsoft.Web", "Microsoft.BotService"));
    assert.deepEqual(registered.azure.unregistered, ["Microsoft.BotService"]);
    const refused = await run({ PLGATE_REGISTER_PROVIDERS: "false" }, (azure) =>
      azure.unregistered.push("Microsoft.Web"),
    );
    assert.equal(refused.outcome.kind, "refused");
    assert.match(refused.told, /az provider register --namespace Microsoft.Web --subscription 4444/);
  });

  for (const carriedOut of [false, true]) {
    it(`stopped at any command (${carriedOut ? "carried out, its answer lost" : "not carried out"}), it ends as if it had not been`, async () => {
      const { azure: whole } = await run();
      for (let at = 1; ; at += 1) {
        const azure = azureWithServices(sampleEnvironment());
        if (!(await runKilledAt(azure, { at, carriedOut }, prepare))) break;
        const outcome = await prepare({ ...azure.env }, azure.outside);
        assert.equal(outcome.kind, "ready", `after ${azure.commands[at - 1]}`);
        assert.equal(azure.apps.size, 1);
        assert.deepEqual([...azure.apps], [...whole.apps]);
        assert.deepEqual([...azure.principals], [...whole.principals]);
        assert.deepEqual(azure.appRoles, whole.appRoles);
        assert.deepEqual(azure.env, whole.env);
      }
    });
  }
});

describe("what stands in the way of a deployment", () => {
  const refusals: Readonly<Record<string, readonly [Record<string, string>, Parameters<typeof run>[1], RegExp]>> = {
    "nobody is signed in": [{}, (azure) => azure.refuse(/account show/, "Please run 'az login'"), /az login/],
    "az is not there": [
      {},
      (azure) => azure.refuse(/account show/, "az is not installed, or not on the PATH."),
      /az is not installed/,
    ],
    "azd is not on the path": [
      {},
      (azure) => azure.refuse(/azd version/, "azd is not installed"),
      /Azure Developer CLI does not run/,
    ],
    "the sign-in is one of another tenant": [
      { AZURE_TENANT_ID: audience },
      () => {},
      new RegExp(`signed in to the tenant ${tenant}[\\s\\S]*az login --tenant ${audience}`),
    ],
    "the subscription is disabled": [
      {},
      (azure) => {
        azure.account = { tenantId: tenant, state: "Disabled" };
      },
      /is Disabled/,
    ],
    "the region has no Flex Consumption": [
      { AZURE_LOCATION: "nowhere" },
      () => {},
      /nowhere does not offer[\s\S]*northeurope, westeurope/,
    ],
    "a provider may not be registered": [
      {},
      (azure) => {
        azure.unregistered.push("Microsoft.Web");
        azure.refuse(/provider register/, "AuthorizationFailed");
      },
      /Microsoft.Web could not be registered[\s\S]*AuthorizationFailed/,
    ],
    "rights on the subscription are lacking": [
      {},
      (azure) =>
        azure.permissions.set(`/subscriptions/${home}`, [
          { actions: ["*"], notActions: ["Microsoft.Authorization/*/Write"] },
        ]),
      /roleDefinitions\/write, Microsoft.Authorization\/roleAssignments\/write/,
    ],
    "rights on a group of services are lacking": [
      {},
      (azure) =>
        azure.permissions.set(groupId("rg-more", other).toLowerCase(), [{ actions: ["*/read"], notActions: [] }]),
      /rg-more\): Microsoft.Resources\/deployments\/write/,
    ],
    "rights on a subscription of services are lacking, where connections are removed": [
      { PLGATE_REVOKE_BY: "remove", PLGATE_MODE: "enforce" },
      (azure) =>
        azure.permissions.set(`/subscriptions/${other}`, [{ actions: ["Microsoft.Resources/*"], notActions: [] }]),
      /a subscription of services \(\/subscriptions\/5555/,
    ],
    "a group of services is not there": [
      { PLGATE_SERVICE_RESOURCE_GROUPS: groupId("rg-nowhere") },
      () => {},
      /rg-nowhere is not there/,
    ],
    "a group of services carries the tag by which azd down deletes": [
      {},
      (azure) =>
        azure.groups.set(groupId("rg-services").toLowerCase(), { tags: { "azd-env-name": "sample" }, resources: [] }),
      /azd down would delete it[\s\S]*az tag update/,
    ],
    "a name is taken": [
      {},
      (azure) => azure.taken.push("plgatehosttoken"),
      /plgatehosttoken is taken[\s\S]*azd env new/,
    ],
  };
  for (const [name, [more, change, told]] of Object.entries(refusals)) {
    it(`is told before azd goes on: ${name}`, async () => {
      const outcome = await run(more, change);
      assert.equal(outcome.outcome.kind, "refused");
      assert.match(outcome.told, told);
      assert.ok(!outcome.azure.deployed.some(({ template }) => template !== "record"));
    });
  }

  it("makes nothing at all before every check has passed", async () => {
    const { azure } = await run({ AZURE_LOCATION: "nowhere" });
    assert.deepEqual(azure.writes(), []);
  });

  it("names everything at once", async () => {
    const { told } = await run({ AZURE_LOCATION: "nowhere", PLGATE_SERVICE_RESOURCE_GROUPS: groupId("rg-nowhere") });
    assert.match(told, /nowhere does not offer[\s\S]*rg-nowhere is not there/);
  });

  it("is only told where it cannot be found out", async () => {
    const { outcome, told } = await run({ PLGATE_API_AUDIENCE: audience }, (azure) => {
      azure.refuse(/permissions\?|provider list|list-flexconsumption|check-name/, "Forbidden\nmore of it");
    });
    assert.equal(outcome.kind, "ready");
    assert.match(told, /Not known: The regions with Flex Consumption could not be listed. Azure said: Forbidden\n/);
  });

  const ends: Readonly<Record<string, readonly [RegExp, string, RegExp]>> = {
    "Entra refuses the registration": [
      /PATCH --url https:\/\/graph.example\/v1.0\/applications\(/,
      "Insufficient privileges",
      /Application Developer/,
    ],
    "Entra refuses to complete it": [/applications\/object-1/, "Forbidden", /complete the app registration/],
    "Entra refuses the enterprise application": [
      /POST --url \S+servicePrincipals /,
      "Forbidden",
      /make the enterprise application/,
    ],
    "Entra cannot be read": [/GET --url \S+applications\(/, "Service Unavailable", /look for the app registration/],
    "a value cannot be kept": [/azd env set AZURE_DATA_ACCOUNT/, "disk full", /Run it again[\s\S]*disk full/],
    "the record's name is taken": [/deployment sub create/, "StorageAccountAlreadyTaken", /azd env new/],
    "the region has no zones": [/deployment sub create/, "SkuNotAvailable", /PLGATE_DATA_SKU Standard_LRS/],
    "a policy is locked": [
      /deployment sub create/,
      "ContainerImmutabilityPolicyFailure",
      /PLGATE_AUDIT_POLICIES_LOCKED true/,
    ],
  };
  for (const [name, [when, output, told]] of Object.entries(ends)) {
    it(`says what to do when ${name}`, async () => {
      const outcome = await run({}, (azure) => azure.refuse(when, output));
      assert.notEqual(outcome.outcome.kind, "ready");
      assert.match(outcome.told, told);
      assert.ok(outcome.told.includes(output));
    });
  }

  it("goes on where nobody could be given Reader, and says how to", async () => {
    const refused = await run({}, (azure) => azure.refuse(/appRoleAssignedTo/, "Forbidden"));
    assert.equal(refused.outcome.kind, "ready");
    assert.match(refused.told, /could not be given the role Reader: Forbidden/);
    const robot = await run({}, (azure) => azure.refuse(/\/me /, "/me request is only valid with delegated flow"));
    assert.match(robot.told, /not signed in as a person/);
  });
});
