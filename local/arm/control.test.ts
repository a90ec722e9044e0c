import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { controlHeader } from "./control.ts";
import { connect, connectionOf, decide, refusalOf, type TestArm, withArm } from "./test-arm.ts";
import { provider, providerSub, seededService } from "./test-world.ts";

const services = (arm: TestArm) => arm.client(provider, providerSub).privateLinkServices;

async function control(arm: TestArm, method: string, path: string, body?: unknown, secret = arm.controlSecret) {
  const response = await fetch(`${arm.controlUrl}${path}`, {
    method,
    headers: { [controlHeader]: secret },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe("The control endpoint (local-azure.md B.8)", () => {
  it("is closed to whoever lacks the secret of this run", () =>
    withArm({}, async (arm) => {
      assert.equal((await control(arm, "GET", "/settings", undefined, "guess")).status, 401);
      assert.equal((await fetch(`${arm.controlUrl}/counts`)).status, 401);
      assert.equal((await arm.raw("GET", "/settings", { as: provider })).status, 404);
    }));

  it("reads and changes the switches, and takes none that it does not know", () =>
    withArm({}, async (arm) => {
      const changed = await control(arm, "PUT", "/settings", { "page.size": 3 });
      assert.deepEqual([changed.status, changed.body["page.size"]], [200, 3]);
      assert.equal((await control(arm, "GET", "/settings")).body["page.size"], 3);
      assert.equal(arm.settings()["page.size"], 3);
      for (const patch of [{ "page.sise": 3 }, { "page.size": 0 }, { "lock.answer": "maybe" }, "x"]) {
        assert.equal((await control(arm, "PUT", "/settings", patch)).status, 400);
      }
    }));

  it("orders faults and shows what is left of them", () =>
    withArm({}, async (arm) => {
      const fault = { path: "*", status: 503, times: 2 };
      assert.equal((await control(arm, "PUT", "/faults", [fault])).status, 200);
      assert.equal((await refusalOf(services(arm).get("rg-services", "pls-open")))[0], 503);
      const [left] = (await control(arm, "GET", "/faults")).body as unknown as { times: number }[];
      assert.equal(left?.times, 1);
      assert.equal((await control(arm, "PUT", "/faults", [{ path: "*" }])).status, 400);
    }));

  it("counts calls by kind, route, status and caller", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      await decide(arm, name, "Approved");
      await refusalOf(services(arm).get("rg-services", "nobody"));
      const { body } = await control(arm, "GET", "/counts");
      assert.deepEqual(body, JSON.parse(JSON.stringify(arm.counts())));
      const counts = arm.counts();
      assert.equal(counts.byKind.write, 2);
      assert.equal(counts.byRoute["privateEndpointConnections.update"], 1);
      assert.equal(counts.byStatus["404"], 1);
      assert.deepEqual(counts.byCaller["provider"], { read: 2, write: 1, delete: 0, graph: 0 });
      assert.equal(
        counts.total,
        Object.values(counts.byStatus).reduce((sum, count) => sum + count, 0),
      );
    }));

  it("shows the recorded wire without tokens", () =>
    withArm({}, async (arm) => {
      await services(arm).get("rg-services", "pls-open");
      const shown = (await control(arm, "GET", "/requests")).body as unknown as typeof arm.exchanges;
      assert.equal(shown.length, 1);
      assert.match(shown[0]?.request.url ?? "", /privateLinkServices\/pls-open/);
      assert.equal(shown[0]?.response?.status, 200);
      assert.ok(shown[0]?.request.headers["user-agent"]);
      assert.doesNotMatch(JSON.stringify(shown), /authorization|Bearer/i);
    }));

  it("seeds services and roles into a running ARM", () =>
    withArm({}, async (arm) => {
      const seed = {
        services: [seededService("pls-late")],
        roleAssignments: [{ objectId: "late", scope: `/subscriptions/${providerSub}`, actions: ["*/read"] }],
      };
      assert.equal((await control(arm, "POST", "/state", seed)).status, 200);
      const late = arm.client({ ...provider, objectId: "late" }, providerSub).privateLinkServices;
      assert.equal((await late.get("rg-services", "pls-late")).provisioningState, "Succeeded");
      assert.deepEqual(await refusalOf(late.delete("rg-services", "pls-late")), [403, "AuthorizationFailed"]);
    }));

  it("plants a status that Azure is not known to use, which nobody can decide about", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const service = { subscriptionId: providerSub, resourceGroup: "rg-services", name: "pls-open" };
      const plant = (status: string, connection = name) =>
        control(arm, "POST", "/state", { plant: [{ service, connection, status }] });
      assert.equal((await plant("Timeout")).status, 200);
      assert.equal((await connectionOf(arm, "pe-1")).privateLinkServiceConnectionState?.status, "Timeout");
      assert.deepEqual(await refusalOf(decide(arm, name, "Approved")), [400, "BadRequest"]);
      assert.equal((await plant("Approved")).status, 400);
      assert.equal((await plant("Timeout", "pe-9.x")).status, 400);
    }));

  it("has no side door for connections, and no other doors at all", () =>
    withArm({}, async (arm) => {
      const service = seededService("pls-late");
      const properties = { ...service.properties, privateEndpointConnections: [{ name: "forged" }] };
      await control(arm, "POST", "/state", { services: [{ ...service, properties }] });
      assert.deepEqual((await services(arm).get("rg-services", "pls-late")).privateEndpointConnections, []);
      assert.equal((await control(arm, "POST", "/state", { connections: [] })).status, 400);
      assert.equal((await control(arm, "POST", "/state", { services: [{ name: "x" }] })).status, 400);
      assert.equal((await control(arm, "DELETE", "/state")).status, 404);
      assert.equal((await control(arm, "GET", "/constructor")).status, 404);
    }));
});
