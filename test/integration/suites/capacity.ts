import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { App } from "../../../src/compose.ts";
import { robot } from "../../../src/decision/decision.ts";
import { policyOffice } from "../../../src/workflow/activation.ts";
import { publishPolicy } from "../../../src/workflow/administer-policies.ts";
import { FakeLog } from "../../fakes/log.ts";
import * as scene from "../scene.ts";
import type { World } from "../world.ts";

/** A policy of one service alone, which asks people while its NAT ports are nearly used up. */
function source(service: scene.Service, rules: string): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: room
match: { service.name: ${service.ref.name} }
rules: [${rules}]
`;
}

const full =
  "{ id: full, effect: review, because: Full., when: { service.natPorts: { atLeast: 80 } }, review: { by: [oncall], recheck: PT15M } }";
const retired = "{ id: retired, effect: review, mode: off, because: Retired. }";
const oncall = "reviewers: { oncall: { entraGroup: 55555555-0000-4000-8000-000000000005 } }\n";

async function publish(world: World, text: string): Promise<void> {
  const ports = world.app.ports(new FakeLog());
  const hand = { who: robot, door: "cli", correlation: "room", clock: ports.clock } as const;
  const outcome = await publishPolicy(
    { source: text, file: "room.yaml", tests: undefined, acknowledge: ["untested"], activate: true },
    { hand, author: "test", note: "test" },
    policyOffice(ports),
  );
  assert.equal(outcome.kind, "published", JSON.stringify(outcome));
}

type Judged = {
  readonly facts: {
    readonly values: Readonly<Record<string, unknown>>;
    readonly unavailable: Readonly<Record<string, string>>;
  };
};

async function judged(world: World, service: scene.Service): Promise<Judged["facts"]> {
  const event = (await scene.auditOf(world, service)).find(({ kind }) => kind === "evaluated");
  assert.ok(event, "it was never judged");
  return (event.detail as Judged).facts;
}

export function capacitySuite(world: World): void {
  describe("a policy that asks how full a service is", () => {
    async function asked(endpoint: string, t: Parameters<typeof scene.armWith>[1], app: App) {
      const service = await scene.aService(world);
      const customer = await scene.aCustomer(world, "gold");
      await publish(world, source(service, full) + oncall);
      t.after(() => publish(world, source(service, retired)));
      scene.armWith(world, t, { "metrics.natPorts": { [service.ref.name]: [12, 91.5] } });
      await customer.ask(endpoint, service);
      await scene.settle(service, app);
      return { service, request: await scene.requestOf(world, service, endpoint) };
    }

    it("is told by Azure Monitor, and holds the approval back", async (t) => {
      const app = await world.compose({ PLGATE_NAT_PORT_METRICS: "on" });
      const { service, request } = await asked("pe-full", t, app);
      assert.deepEqual(
        [request.state, request.verdict?.decidedBy, request.recheck?.every],
        ["awaiting-decision", ["full"], "PT15M"],
      );
      assert.equal((await judged(world, service)).values["service.natPorts"], 92);
    });

    it("asks people where nobody switched that on, and the record says so", async (t) => {
      const { service, request } = await asked("pe-unread", t, world.app);
      assert.deepEqual([request.state, request.verdict?.unavailable], ["awaiting-decision", ["service.natPorts"]]);
      assert.match((await judged(world, service)).unavailable["service.natPorts"] ?? "", /PLGATE_NAT_PORT_METRICS/);
    });
  });
}
