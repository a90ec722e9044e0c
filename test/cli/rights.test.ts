import assert from "node:assert/strict";
import { describe, it } from "node:test";
import approverRole from "../../infra/approver-role.json" with { type: "json" };
import { examineRights, judgeRights } from "../../src/cli/examine-rights.ts";
import { allows, excessOf, type Grant, holdsAt, isTooWide, missingAt, neededOn } from "../../src/cli/rights.ts";
import type { Azure, Reading } from "../../src/compose-cli.ts";

const subscription = "/subscriptions/10000000-0000-4000-8000-000000000001";
const group = `${subscription}/resourceGroups/rg-pay`;
const service = `${group}/providers/Microsoft.Network/privateLinkServices/pls-pay`;
const pls = "Microsoft.Network/privateLinkServices";

function grant(
  change: Partial<Grant> = {},
  actions: readonly string[] = approverRole.actions,
  notActions: readonly string[] = [],
): Grant {
  return {
    assignmentId: `${group}/providers/Microsoft.Authorization/roleAssignments/a1`,
    scope: group,
    roleName: "plgate connection approver",
    permissions: [{ actions, notActions }],
    viaGroup: null,
    ...change,
  };
}
const owner = grant({ scope: subscription, roleName: "Owner" }, ["*"]);
const contributor = grant(
  { roleName: "Contributor" },
  ["*"],
  [
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
  ],
);
const enforce = { mode: "enforce", revokeBy: "reject", natPortMetrics: false } as const;

describe("What a role allows", () => {
  const cases: Readonly<
    Record<string, readonly [actions: readonly string[], not: readonly string[], action: string, boolean]>
  > = {
    "is what it names": [[`${pls}/read`], [], `${pls}/read`, true],
    "is read without case": [[`${pls.toUpperCase()}/READ`], [], `${pls}/read`, true],
    "is nothing else": [[`${pls}/read`], [], `${pls}/write`, false],
    "is everything by a star": [["*"], [], `${pls}/write`, true],
    "is every read by a star before the verb": [["*/read"], [], `${pls}/privateEndpointConnections/read`, true],
    "goes over slashes by a star": [["Microsoft.Network/*"], [], `${pls}/privateEndpointConnections/write`, true],
    "does not go to another provider": [["Microsoft.Network/*"], [], "Microsoft.NetworkFoo/x/read", false],
    "has a dot that is a dot": [["Microsoft.Network/*"], [], "MicrosoftxNetwork/a/read", false],
    "is taken away by notActions": [["*"], ["Microsoft.Network/*/write"], `${pls}/write`, false],
    "is not what begins alike": [[`${pls}/read`], [], `${pls}/readMore`, false],
  };
  for (const [name, [actions, not, action, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(allows(grant({}, actions, not), action), expected));
  }

  it("is given back by a second set of permissions, or by a second role", () => {
    const sets = [
      { actions: ["*"], notActions: [`${pls}/write`] },
      { actions: [`${pls}/write`], notActions: [] },
    ];
    assert.equal(allows({ permissions: sets }, `${pls}/write`), true);
    assert.deepEqual(missingAt(service, [`${pls}/write`], [contributor, grant({}, [`${pls}/write`])]), []);
  });
});

describe("A role assignment holds", () => {
  const cases: Readonly<Record<string, readonly [scope: string, at: string, boolean]>> = {
    "at its own scope": [service, service, true],
    "below it, in any spelling": [group.toUpperCase(), service, true],
    "in the whole tenant": ["/", service, true],
    "below a management group": ["/providers/Microsoft.Management/managementGroups/mg", service, true],
    "not beside it": [`${group}-2`, service, false],
    "not where the name only begins alike": [group, `${group}-2/providers/x`, false],
    "not above it": [service, group, false],
  };
  for (const [name, [scope, at, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(holdsAt(grant({ scope }), at), expected));
  }
});

describe("What is too much", () => {
  it("is nothing in the role of infra/", () => {
    assert.deepEqual(excessOf(grant(), enforce), []);
    assert.equal(isTooWide(grant()), false);
  });
  it("is a great deal in Contributor, but not giving rights", () => {
    const could = excessOf(contributor, enforce).join();
    assert.match(
      could,
      /change visibility.*delete a service.*PrivateEndpointConnectionsApproval.*listKeys.*take connections off/,
    );
    assert.doesNotMatch(could, /roleAssignments/);
  });
  it("is deleting connections, unless that is how access is taken away, which approve-only never does", () => {
    const remover = grant({}, [...approverRole.actions, `${pls}/privateEndpointConnections/delete`]);
    assert.equal(excessOf(remover, enforce).length, 1);
    assert.deepEqual(excessOf(remover, { ...enforce, revokeBy: "remove" }), []);
    assert.equal(excessOf(remover, { ...enforce, revokeBy: "remove", mode: "approve-only" }).length, 1);
  });
  it("is anything at a subscription or above, but the reads that exist there alone", () => {
    const reads = ["Microsoft.Network/locations/operations/read", "Microsoft.Network/locations/operationResults/read"];
    assert.equal(isTooWide(grant({ scope: subscription })), true);
    assert.equal(isTooWide(grant({ scope: "/" })), true);
    assert.equal(isTooWide(grant({ scope: "/providers/Microsoft.Management/managementGroups/mg" })), true);
    assert.equal(isTooWide(grant({ scope: subscription }, reads)), false);
  });
});

describe("What plgate needs on a service", () => {
  const [read, write, remove] = [
    `${pls}/read`,
    `${pls}/privateEndpointConnections/write`,
    `${pls}/privateEndpointConnections/delete`,
  ];
  const operations = [
    "Microsoft.Network/locations/operations/read",
    "Microsoft.Network/locations/operationResults/read",
  ];
  const cases: Readonly<Record<string, readonly [change: object, readonly string[]]>> = {
    "is one read while it observes": [{ mode: "observe", revokeBy: "remove" }, [read]],
    "is a read and a write to decide": [{}, [read, write]],
    "is no more to approve alone": [{ mode: "approve-only", revokeBy: "remove" }, [read, write]],
    "grows by what takes access away": [{ revokeBy: "remove" }, [read, write, remove, ...operations]],
    "is the most while the mode is not known": [
      { mode: undefined, revokeBy: "remove" },
      [read, write, remove, ...operations],
    ],
    "grows by the metrics": [{ natPortMetrics: true }, [read, "Microsoft.Insights/metrics/read", write]],
  };
  for (const [name, [change, expected]] of Object.entries(cases)) {
    it(name, () => assert.deepEqual(neededOn({ ...enforce, ...change }), expected));
  }
  it("is in the role that infra/ gives", () => {
    assert.deepEqual(
      neededOn(enforce).filter((action) => !approverRole.actions.includes(action)),
      [],
    );
  });
});

describe("The findings about rights", () => {
  const judge = (grants: readonly Grant[], how: Parameters<typeof judgeRights>[2] = enforce) =>
    judgeRights([service], grants, how).map(({ status, detail, remedy }) => [status, detail, remedy ?? ""] as const);

  it("are one good one where the role is as it should be", () => {
    const detail = `plgate may do what it does there in enforce: ${pls}/read, ${pls}/privateEndpointConnections/write`;
    assert.deepEqual(judge([grant()]), [["ok", detail, ""]]);
  });
  it("name what is missing, and the command", () => {
    const [[status, detail, remedy] = ["", "", ""]] = judge([grant({}, [`${pls}/read`])]);
    assert.deepEqual([status, detail], ["failed", `plgate may not ${pls}/privateEndpointConnections/write`]);
    assert.match(remedy, /azd hooks run postprovision/);
  });
  it("ask for no write while it observes", () => {
    const reader = grant({ roleName: "Reader" }, ["*/read"]);
    assert.deepEqual(
      judge([reader], { ...enforce, mode: "observe" }).map(([status]) => status),
      ["ok"],
    );
  });
  it("look for the reads of a subscription at the subscription", () => {
    const remover = grant({}, [...approverRole.actions, `${pls}/privateEndpointConnections/delete`]);
    const reads = grant({ scope: subscription }, [
      "Microsoft.Network/locations/operations/read",
      "Microsoft.Network/locations/operationResults/read",
    ]);
    const how = { ...enforce, revokeBy: "remove" };
    assert.equal(judge([remover], how)[0]?.[0], "failed");
    assert.deepEqual(
      judge([remover, reads], how).map(([status]) => status),
      ["ok"],
    );
  });
  it("take an owner's role away by its id", () => {
    const [, [status, detail, remedy] = ["", "", ""]] = judge([owner]);
    assert.equal(status, "warning");
    assert.match(detail, /"Owner" on \/subscriptions\/.* far beyond .* give itself and others any right/);
    assert.equal(remedy, `az role assignment delete --ids ${owner.assignmentId}`);
  });
  it("do not break a group for what one member should not have", () => {
    const [, [, , remedy] = ["", "", ""]] = judge([{ ...owner, viaGroup: "g1" }]);
    assert.match(
      remedy,
      /^The group g1 holds it: .*az ad group member remove --group g1 --member-id \$AZURE_IDENTITY_PRINCIPAL_ID$/,
    );
  });
});

describe("Rights that are read", () => {
  const tenant = "22222222-0000-4000-8000-000000000002";
  const how = { ...enforce, principalId: "plgate", tenantId: tenant };
  const read = <T>(value: T): Reading<T> => ({ kind: "read", value });
  const given = (roleDefinitionId: string, principalId = "plgate") => ({
    id: `${group}/providers/Microsoft.Authorization/roleAssignments/a1`,
    properties: {
      scope: group,
      principalId,
      roleDefinitionId: `${subscription}/x/roleDefinitions/${roleDefinitionId}`,
    },
  });
  const role = (actions: readonly string[]) =>
    read({ properties: { roleName: "a role", permissions: [{ actions, notActions: [] }] } });
  /** ARM with these roles, by name, and these assignments at the subscription. */
  function azure(roles: Readonly<Record<string, Reading>>, assignments: readonly unknown[], tenantId = tenant): Azure {
    const one = async (path: string): Promise<Reading> =>
      path === subscription ? read({ tenantId }) : (roles[path.split("/").at(-1) ?? ""] ?? { kind: "absent" });
    return {
      arm: { one, all: async () => read(assignments) },
      graph: undefined,
      document: async () => ({ kind: "absent" }),
    };
  }
  const examine = async (...at: Parameters<typeof azure>) =>
    (await examineRights(azure(...at), [service], how)).map(({ status, detail }) => `${status} ${detail}`);

  it("add up over several roles", async () => {
    const roles = { r1: role([`${pls}/read`]), r2: role([`${pls}/privateEndpointConnections/write`]) };
    const found = await examine(roles, [given("r1"), given("r2")]);
    assert.match(found.join(), /^ok plgate may do what it does there/);
  });
  it("say which group holds what is too much", async () => {
    const [, found] = await examineRights(azure({ r1: role(["*"]) }, [given("r1", "g1")]), [service], how);
    assert.match(found?.remedy ?? "", /^The group g1 holds it/);
  });
  it("are not called missing while a role is hidden", async () => {
    const found = await examine({ r1: { kind: "refused", detail: "no" } }, [given("r1")]);
    assert.deepEqual(found, ["skipped role(s) r1 could not be read: what they allow is not known"]);
  });
  it("are not called missing in the subscription of another tenant, where Lighthouse gives them", async () => {
    const found = await examine({}, [], "33333333-0000-4000-8000-000000000003");
    assert.match(found.join(), /^skipped subscription .* belongs to tenant 33333333.*Lighthouse/);
  });
  it("are skipped without an identity or a service", async () => {
    const none = azure({}, []);
    const [unknown] = await examineRights(none, [service], { ...how, principalId: undefined });
    const [nothing] = await examineRights(none, [], how);
    assert.match(`${unknown?.remedy} ${nothing?.remedy}`, /--principal ID.*PLGATE_SERVICE_RESOURCE_GROUPS/);
  });
});
