import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDecision } from "../../src/intake/decision.ts";
import { readAuditQuery, readRequestQuery } from "../../src/intake/queries.ts";
import { readWakeUp } from "../../src/intake/wake-up.ts";
import { aServiceRef, provider } from "../builders.ts";

describe("The body of a decision", () => {
  it("is a word and its justification", () => {
    assert.deepEqual(readDecision({ decision: "approve", justification: " CHG-1 " }), {
      ok: true,
      value: { decision: "approve", justification: "CHG-1" },
    });
  });
  const refused: Record<string, [unknown, RegExp]> = {
    "without a justification": [{ decision: "approve" }, /justification: is required/],
    "with an empty one": [{ decision: "approve", justification: "   " }, /justification: is required/],
    "with a word that is none": [{ decision: "maybe", justification: "x" }, /"approve" or "reject"/],
    "with something more": [{ decision: "approve", justification: "x", approver: "me" }, /approver/],
    "with an endless justification": [{ decision: "approve", justification: "x".repeat(1001) }, /longer than 1000/],
    "that is no object": [["approve"], /input/],
  };
  for (const [name, [body, problem]] of Object.entries(refused)) {
    it(`${name} is refused with every fault named`, () => {
      const read = readDecision(body);
      assert.match(read.ok ? "accepted" : read.problem, problem);
    });
  }
});

describe("The question to the audit", () => {
  const ask = (text: string) => readAuditQuery(new URLSearchParams(text));
  it("may use every filter at once", () => {
    const read = ask(
      `from=2026-11-23&to=2026-11-24T00:00:00Z&service=${aServiceRef().id}&consumer=${provider}&actor=plgate&request=aaaaaaaaaaaaaaaa-aaaaaaaaaa-1&link=7&kind=decided&top=10`,
    );
    assert.equal(read.ok && read.value.kind, "decided");
    assert.equal(read.ok && read.value.from?.toISOString(), "2026-11-23T00:00:00.000Z");
    assert.equal(read.ok && read.value.serviceId, aServiceRef().id);
  });
  it("without any filter is the newest fifty", () => assert.deepEqual(ask(""), { ok: true, value: { top: 50 } }));
  const refused: Record<string, RegExp> = {
    "from=yesterday": /from: is an ISO 8601 time/,
    "from=2026-11-24&to=2026-11-23": /from: is after/,
    "top=1001": /top: is at most 1000/,
    "top=many": /top: is a number/,
    "kind=hacked": /kind: is one of/,
    "service=/etc/passwd": /service: is the resource id/,
    "consumer=' or true": /consumer: is a subscription id/,
    "actor=*": /actor: is an object id/,
    "limit=5": /limit/,
  };
  for (const [text, problem] of Object.entries(refused)) {
    it(`"${text}" is refused by name`, () => {
      const read = ask(text);
      assert.match(read.ok ? "accepted" : read.problem, problem);
    });
  }
  it("requests may be asked for by any state, or by open", () => {
    for (const status of ["open", "failed", "resolved-elsewhere"]) {
      assert.equal(readRequestQuery(new URLSearchParams({ status })).ok, true);
    }
    assert.equal(readRequestQuery(new URLSearchParams({ status: "pending" })).ok, false);
  });
});

describe("A message of the queue", () => {
  const serviceId = aServiceRef().id;
  const cases: Record<string, [unknown, string | undefined]> = {
    "names a service and a door": [{ v: 1, serviceId, door: "timer" }, "timer"],
    "through an unknown door counts as an event": [{ v: 1, serviceId, door: "window" }, "event"],
    "of another version is none of ours": [{ v: 2, serviceId, door: "timer" }, undefined],
    "about another subscription is none of ours": [
      { v: 1, serviceId: serviceId.replace(provider, provider.replace("1", "2")), door: "event" },
      undefined,
    ],
    "that is text is none of ours": ["review everything", undefined],
  };
  for (const [name, [body, door]] of Object.entries(cases)) {
    it(name, () => assert.equal(readWakeUp(body, [provider])?.door, door));
  }
});
