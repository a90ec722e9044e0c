import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PrivateEndpoint, PrivateLinkService } from "@azure/arm-network";
import type { ArmSeed } from "../../local/arm/seed.ts";
import { collect, polling, refusalOf, type TestArm, withArm } from "../../local/arm/test-arm.ts";
import type { Caller } from "../../local/arm/world.ts";
import { ArmConnections } from "../../src/azure/private-link.ts";
import { parseServiceId } from "../../src/connection/arm-id.ts";
import { compilePolicy } from "../../src/policy/compile.ts";
import { formatFault } from "../../src/policy/faults.ts";
import { formatTestRun, runPolicyTests } from "../../src/policy/run-tests.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { startRun } from "../../src/workflow/runs.ts";
import { fakePorts } from "../fakes/ports.ts";
import {
  type EndpointProperties,
  lab,
  labSubscription,
  ofType,
  only,
  placeOf,
  type Resource,
  type ServiceProperties,
  text,
} from "./sample-lab.ts";

/*
 * The README's story on the laptop. Names, lists, addresses and messages are those that the compiled sample has; the local ARM takes
 * them through Azure's own client, and plgate judges what it finds there by the sample's policy.
 */

const sample = lab("default");
const service = only<ServiceProperties>(sample, "Microsoft.Network/privateLinkServices");
const endpoints = ofType<EndpointProperties>(sample, "Microsoft.Network/privateEndpoints");
const ref = parseServiceId(service.id) ?? assert.fail(`${service.id} is no service`);

const tenant = "33333333-3333-3333-3333-333333333333";
const strange = "aaaaaaaa-0000-4000-8000-0000000000ff";
const owners = "55555555-5555-5555-5555-555555555555";
const megan = "aaaaaaaa-0000-4000-8000-000000000001";
const builder: Caller = { objectId: "builder", tenantId: tenant };
const approver: Caller = { objectId: "approver", tenantId: tenant, appId: "plgate" };
const role = JSON.parse(text("../../approver-role.json")) as { readonly actions: readonly string[] };

const seed: ArmSeed = {
  subscriptions: [labSubscription, strange].map((id) => ({ id, tenantId: tenant, displayName: id })),
  resourceGroups: [
    ...ofType(sample, "Microsoft.Resources/resourceGroups").map(({ name }) => ({
      subscriptionId: labSubscription,
      name,
    })),
    { subscriptionId: strange, name: "rg-overlap-finance" },
  ],
  roleAssignments: [
    { objectId: builder.objectId, scope: `/subscriptions/${labSubscription}`, actions: ["*"] },
    { objectId: builder.objectId, scope: `/subscriptions/${strange}`, actions: ["*"] },
    // As plgate gets it: on the group that the sample puts out as serviceResourceGroup.
    { objectId: approver.objectId, scope: String(sample.outputs["serviceResourceGroup"]), actions: role.actions },
  ],
  services: [],
};

/** Deploys the service of the sample, and answers its alias. */
async function deployService(arm: TestArm): Promise<string> {
  const { properties } = service;
  const body: PrivateLinkService = {
    location: "westeurope",
    ...(service.tags ? { tags: { ...service.tags } } : {}),
    visibility: properties.visibility,
    autoApproval: properties.autoApproval,
    enableProxyProtocol: properties.enableProxyProtocol,
    loadBalancerFrontendIpConfigurations: properties.loadBalancerFrontendIpConfigurations,
    ipConfigurations: properties.ipConfigurations.map(({ name, properties: nat }) => ({ name, ...nat })),
  };
  const { privateLinkServices } = arm.client(builder, labSubscription);
  await privateLinkServices.createOrUpdate(ref.resourceGroup, ref.name, body, polling);
  const made = await privateLinkServices.get(ref.resourceGroup, ref.name);
  assert.equal(made.ipConfigurations?.length, 8);
  return made.alias ?? assert.fail("no alias");
}

/** Deploys an endpoint of the sample: it asks by the alias that only the deployment knows. */
async function ask(
  arm: TestArm,
  endpoint: Resource<EndpointProperties>,
  alias: string,
  subscriptionId = labSubscription,
) {
  const { subnet, manualPrivateLinkServiceConnections: asked } = endpoint.properties;
  const body: PrivateEndpoint = {
    location: "westeurope",
    subnet: { id: subnet.id.replace(labSubscription, subscriptionId) },
    manualPrivateLinkServiceConnections: asked.map(({ name, properties }) => ({
      name,
      requestMessage: properties.requestMessage,
      privateLinkServiceId: alias,
    })),
  };
  const { privateEndpoints } = arm.client(builder, subscriptionId);
  await privateEndpoints.createOrUpdate(placeOf(endpoint.id).group, endpoint.name, body, polling);
}

/** plgate with the right of its role, over the local ARM and stores in memory. */
function plgate(arm: TestArm, mode: "observe" | "enforce") {
  const compiled = compilePolicy(text("policy.yaml"), "policy.yaml");
  assert.ok(compiled.ok);
  const fakes = fakePorts([], { tenantId: tenant, mode });
  fakes.policies.set([{ policy: compiled.policy, version: 1 }]);
  fakes.directory.add(owners, megan);
  const clients = async (subscriptionId: string) => arm.client(approver, subscriptionId);
  return { ...fakes, connections: new ArmConnections(clients) };
}

type Plgate = ReturnType<typeof plgate>;

async function connectionsOn(arm: TestArm) {
  const client = arm.client(builder, labSubscription);
  const found = await collect(client.privateLinkServices.listPrivateEndpointConnections(ref.resourceGroup, ref.name));
  return found.map(({ name = "", privateLinkServiceConnectionState: state, linkIdentifier }) => ({
    endpoint: name.split(".")[0] ?? "",
    status: state?.status,
    description: state?.description,
    linkIdentifier,
  }));
}

const statuses = async (arm: TestArm) =>
  Object.fromEntries((await connectionsOn(arm)).map(({ endpoint, status }) => [endpoint, status]));

async function requests(ports: Plgate): Promise<readonly ApprovalRequest[]> {
  return (await ports.ledger.unsettled(serviceKey(ref.id))).open.map(({ request }) => request);
}

const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };

/** An owner of payroll answers, and the review carries it out. */
async function vote(ports: Plgate, { id: requestId }: ApprovalRequest, word: "approve" | "reject") {
  const justification = "CHG0042";
  const ballot = { requestId, vote: word, justification, person, door: "api", correlation: "c" } as const;
  assert.equal((await decideManually(ballot, ports)).kind, "recorded");
  await reviewService(ref, "api", ports);
}

/** The owners are asked whether each connection stays, and keep all but one. */
async function takeBack(ports: Plgate, endpoint: string) {
  ports.clock.advance(60);
  const scope = { serviceId: ref.id };
  const terms = { within: "P1D", unanswered: "flag", cap: 1000, by: "reject", acknowledge: null } as const;
  const wish = { kind: "recertify", scope, note: "Who still needs it?", ...terms } as const;
  const who = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" } as const;
  const begun = await startRun(wish, { who, door: "api", correlation: "c", clock: ports.clock }, ports);
  assert.equal(begun.kind, "started");
  await reviewService(ref, "timer", ports);
  const questions = await requests(ports);
  assert.equal(questions.length, 2);
  for (const question of questions)
    await vote(ports, question, question.endpointId?.endsWith(`/${endpoint}`) ? "reject" : "approve");
}

describe("The policy of the sample", () => {
  const policySource = text("policy.yaml");

  it("is in order, without a warning", () => {
    const result = compilePolicy(policySource, "policy.yaml");
    assert.ok(result.ok, result.ok ? "" : result.faults.map(formatFault).join("\n"));
    assert.deepEqual(result.warnings, []);
  });

  it("keeps what the tests beside it promise, and each of its rules is tried", () => {
    const testSource = text("policy.test.yaml");
    const input = { policySource, policyFile: "policy.yaml", testSource, testFile: "policy.test.yaml" };
    const run = runPolicyTests(input);
    assert.ok(
      run.kind === "ran" && run.results.every(({ differences }) => differences.length === 0),
      formatTestRun(run, input),
    );
    assert.deepEqual(run.neverTrue, []);
  });
});

describe("The sample on the local ARM", () => {
  it("is deployed, asked for by alias twice, and judged as its README says", async () => {
    await withArm({ seed }, async (arm) => {
      const alias = await deployService(arm);
      assert.match(alias, /^pls-overlap\.[0-9a-f-]{36}\.westeurope\.azure\.privatelinkservice$/);
      for (const endpoint of endpoints) await ask(arm, endpoint, alias);

      const waiting = await connectionsOn(arm);
      assert.deepEqual(
        waiting.map(({ status, description }) => [status, description]),
        [
          ["Pending", "finance asks for payroll (lab overlap)"],
          ["Pending", "logistics asks for payroll (lab overlap)"],
        ],
      );
      for (const [index, begin] of [...(sample.outputs["connectionNames"] ?? [])].entries())
        assert.equal(`${waiting[index]?.endpoint}.`, begin);

      await reviewService(ref, "timer", plgate(arm, "observe"));
      assert.deepEqual(await statuses(arm), { "pe-overlap-finance": "Pending", "pe-overlap-logistics": "Pending" });

      const ports = plgate(arm, "enforce");
      await reviewService(ref, "timer", ports);
      assert.deepEqual(await statuses(arm), { "pe-overlap-finance": "Approved", "pe-overlap-logistics": "Pending" });

      const open = (await requests(ports)).filter(({ state }) => state === "awaiting-decision");
      assert.equal(open.length, 1);
      const question = open[0] ?? assert.fail();
      assert.equal(question.message, "logistics asks for payroll (lab overlap)");

      await vote(ports, question, "approve");
      const both = await connectionsOn(arm);
      assert.deepEqual(
        both.map(({ status }) => status),
        ["Approved", "Approved"],
      );
      assert.equal(new Set(both.map(({ linkIdentifier }) => linkIdentifier)).size, 2);

      await takeBack(ports, "pe-overlap-logistics");
      assert.deepEqual(await statuses(arm), { "pe-overlap-finance": "Approved", "pe-overlap-logistics": "Rejected" });
    });
  });

  it("hides from a subscription that is not on the list, though it knows the alias", async () => {
    await withArm({ seed }, async (arm) => {
      const alias = await deployService(arm);
      const [finance] = endpoints;
      assert.ok(finance);
      const refused = await refusalOf(ask(arm, finance, alias, strange));
      assert.equal(refused[0], 400);
      assert.deepEqual(await connectionsOn(arm), []);
    });
  });

  it("lets nobody in who only calls a resource group like that of finance", async () => {
    await withArm({ seed }, async (arm) => {
      const alias = await deployService(arm);
      const { privateLinkServices } = arm.client(builder, labSubscription);
      const made = await privateLinkServices.get(ref.resourceGroup, ref.name);
      const wider = { ...made, visibility: { subscriptions: [labSubscription, strange] } };
      await privateLinkServices.createOrUpdate(ref.resourceGroup, ref.name, wider, polling);
      const [finance] = endpoints;
      assert.ok(finance);
      await ask(arm, finance, alias, strange);
      const ports = plgate(arm, "enforce");
      await reviewService(ref, "timer", ports);
      assert.deepEqual(await statuses(arm), { "pe-overlap-finance": "Pending" });
      assert.deepEqual(
        (await requests(ports)).map(({ state }) => state),
        ["awaiting-decision"],
      );
    });
  });

  it("cannot be deleted while somebody is connected, and can once the consumers' endpoints are gone", async () => {
    await withArm({ seed }, async (arm) => {
      const alias = await deployService(arm);
      for (const endpoint of endpoints) await ask(arm, endpoint, alias);
      const { privateLinkServices, privateEndpoints } = arm.client(builder, labSubscription);
      const [status] = await refusalOf(privateLinkServices.delete(ref.resourceGroup, ref.name, polling));
      assert.equal(status, 400);
      for (const { id, name } of endpoints) await privateEndpoints.delete(placeOf(id).group, name, polling);
      await privateLinkServices.delete(ref.resourceGroup, ref.name, polling);
      const [gone] = await refusalOf(privateLinkServices.get(ref.resourceGroup, ref.name));
      assert.equal(gone, 404);
    });
  });
});
