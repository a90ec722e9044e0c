import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import type { PolicyInForce } from "../../src/policy/evaluate.ts";
import { requestId } from "../../src/requests/request-id.ts";
import { askedFor, judgeLive } from "../../src/workflow/judge-live.ts";
import { aConnectionRef, anEndpoint, connection, noon, request, service, step } from "../builders.ts";
import { stage } from "./stage.ts";

const approved = connection({ status: "Approved", description: "Approved by plgate" });
const evening = "2026-11-24T22:00:00.000Z";

function inForce(when: string): PolicyInForce {
  const source = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: live
windows: { day: { days: [tue], from: "09:00", to: "17:00", timezone: UTC } }
rules:
  - { id: fine, effect: approve, because: It is fine., when: ${when} }
`;
  const compiled = compilePolicy(source, "live.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version: 1 };
}

async function effectUnder(when: string, connections = [approved]): Promise<string> {
  const shown = service({ connections });
  const ports = stage([shown]);
  ports.clock.advance(10 * 3600);
  const policies = { inForce: [inForce(when)], problems: [] };
  const judgement = await judgeLive(shown, approved, { at: noon, message: "CHG001" }, [], policies, ports);
  return judgement.verdict.effect;
}

describe("A connection that is approved is judged as if it were asked for again", () => {
  const other = connection({ ...approved, ref: aConnectionRef("pe-y.1"), endpoint: anEndpoint("pe-y") });
  const cases: Record<string, readonly [when: string, effect: string, connections?: readonly (typeof approved)[]]> = {
    "by the time at which it was asked for": ["{ time.now: { within: day } }", "approve"],
    "by the words of the consumer, not ours that ARM shows since": ["{ request.message: CHG001 }", "approve"],
    "without counting itself towards its consumer's quota": [
      "{ consumer.connectionsOnService: { lessThan: 1 } }",
      "approve",
    ],
    "while it counts the consumer's others": [
      "{ consumer.connectionsOnService: { lessThan: 1 } }",
      "review",
      [approved, other],
    ],
    "as one that waits": ["{ service.connections.approved: 0, service.connections.pending: 1 }", "approve"],
    "by what the registry says now": ["{ consumer.tier: gold }", "approve"],
  };
  for (const [name, [when, effect, connections]] of Object.entries(cases)) {
    it(name, async () => assert.equal(await effectUnder(when, [...(connections ?? [approved])]), effect));
  }

  it("by the request that the consumer made, however often people were asked since whether it stays", async () => {
    const ports = stage();
    const of = aConnectionRef();
    const [first, second] = [1, 2].map((round) => requestId(of.service.id, of.id, round));
    assert.ok(first && second);
    await ports.ledger.commit(step({ request: request({ message: "CHG001" }) }));
    const live = { cause: "recertification", why: "It is asked each year." } as const;
    const again = { requestedAt: evening, message: null };
    const kept = request({ ...again, round: 2, live: { ...live, approval: first } });
    await ports.ledger.commit(step({ request: kept }));
    const twice = request({ ...again, round: 3, live: { ...live, approval: second } });
    assert.deepEqual(await askedFor(twice, ports), { at: noon, message: "CHG001" });
  });
});
