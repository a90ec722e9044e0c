import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import { endOf, shortest } from "../../src/requests/expiry.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { anEndpoint, connection, service } from "../builders.ts";
import { auditOf, kindsOf, megan, requestOf, review, reviewers, stage, stagePolicy, tenant } from "./stage.ts";

const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");

function policy(rules: string, version = 2) {
  const source = `apiVersion: plgate/v1\nkind: ApprovalPolicy\nname: stage\nreviewers: { network: { entraGroup: ${reviewers} } }\ndefaultReview: { by: [network] }\nrules:\n${rules}\n`;
  const compiled = compilePolicy(source, "stage.yaml");
  assert.ok(compiled.ok, compiled.ok ? "" : JSON.stringify(compiled.faults));
  return { policy: compiled.policy, version };
}

const everybodyForTwoWeeks = `  - { id: all, effect: approve, because: Everybody., expiresAfter: P14D, when: { consumer.subscriptionId: { known: true } } }`;

describe("An approval that ends", () => {
  const shortestOf: Record<string, [(string | null | undefined)[], string | undefined]> = {
    "the shortest wins": [["P14D", "PT36H", "P2W"], "PT36H"],
    "one without limit does not count": [[null, "P14D", undefined], "P14D"],
    "none limits": [[null, undefined], undefined],
  };
  for (const [name, [given, expected]] of Object.entries(shortestOf)) {
    it(name, () => assert.equal(shortest(given), expected));
  }

  it("counts from the moment it is given", () => {
    assert.equal(endOf(new Date("2026-11-24T10:00:00Z"), "P1DT2H")?.toISOString(), "2026-11-25T12:00:00.000Z");
  });

  it("by policy: the end is on record, counted from ARM's confirmation", async () => {
    const ports = stage();
    ports.policies.set([policy(everybodyForTwoWeeks)]);
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 60_000 });
    await review(ports);
    ports.clock.advance(60);
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.decided?.expiresAfter, request?.expiresAt], ["P14D", "2026-12-08T10:01:00.000Z"]);
    assert.deepEqual((await auditOf(ports)).at(-1)?.detail, {
      status: "Approved",
      expiresAt: "2026-12-08T10:01:00.000Z",
    });
  });

  it("by a person: their word is on record and limits the approval", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    const id = (await requestOf(ports, connection()))?.id ?? "";
    const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
    const ballot = {
      requestId: id,
      vote: "approve",
      justification: "trial",
      person,
      door: "api",
      correlation: "c",
    } as const;
    await decideManually({ ...ballot, expiresAfter: "P7D" }, ports);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.expiresAt, "2026-12-01T10:00:00.000Z");
  });
});

describe("A new version of a policy reaches the requests that still wait for people", () => {
  const waiting = async () => {
    const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await review(ports);
    return ports;
  };

  it("the sweep looks at every service once, and approves what the new version approves", async () => {
    const ports = await waiting();
    assert.equal((await reconcile(ports)).woken, 0);
    ports.policies.set([policy(everybodyForTwoWeeks)]);
    assert.equal((await reconcile(ports)).woken, 1);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal((await reconcile(ports)).woken, 0);
  });

  it("people who are asked as before keep their votes, and the new judgement is on record once", async () => {
    const ports = await waiting();
    ports.policies.set([{ ...stagePolicy(), version: 2 }]);
    await review(ports);
    await review(ports);
    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.verdict?.policies[0]?.version], ["awaiting-decision", 2]);
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "escalated", "evaluated", "escalated"]);
    assert.equal(ports.notifier.posted.length, 1);
  });

  it("an approved connection is left alone", async () => {
    const ports = stage();
    await review(ports);
    ports.policies.set([policy("  - { id: none, effect: reject, because: Nobody. }")]);
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    assert.equal(ports.connections.writes.length, 1);
  });

  it("a store that cannot be read is no new version: nobody is judged anew", async () => {
    const ports = await waiting();
    ports.policies.set([], [{ policy: "*", message: "the store does not answer" }]);
    await review(ports);
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "escalated"]);
    assert.equal((await reconcile(ports)).woken, 0);
  });
});
