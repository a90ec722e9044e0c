import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readDecision } from "../../src/intake/decision.ts";
import { readAuditQuery, readRequestQuery } from "../../src/intake/queries.ts";
import { parseAgo } from "../../src/intake/time.ts";
import { readWakeUp } from "../../src/intake/wake-up.ts";
import type { AuditQuery } from "../../src/ledger/query.ts";
import { requestId } from "../../src/requests/request-id.ts";
import { aConnectionRef, aServiceRef, provider } from "../builders.ts";

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
      `from=2026-11-23&to=2026-11-24T00:00:00Z&service=${aServiceRef().id}&consumer=${provider}&actor=plgate&request=${requestId(aServiceRef().id, aConnectionRef().id, 1)}&link=7&kind=decided&top=10`,
    );
    assert.equal(read.ok && read.value.kind, "decided");
    assert.equal(read.ok && read.value.from?.toISOString(), "2026-11-23T00:00:00.000Z");
    assert.equal(read.ok && read.value.serviceId, aServiceRef().id);
  });
  it("without any filter is the newest fifty", () => assert.deepEqual(ask(""), { ok: true, value: { top: 50 } }));
  const service = aServiceRef().id;
  const own = requestId(service, aConnectionRef().id, 1);
  const refused: Record<string, RegExp> = {
    "from=yesterday": /^from: is an ISO 8601 time/,
    "from=2026-11-23T10:00:00": /^from: is an ISO 8601 time with a zone/,
    "from=2026-11-23T10:00:00+01:00": /^from: is an ISO 8601 time .*; write %2B for its plus sign/,
    "from=2026-02-30": /^from: is an ISO 8601 time/,
    "to=2026-11-23T10:00:00.1234567890Z": /^to: is an ISO 8601 time/,
    "to=20261123": /^to: is an ISO 8601 time/,
    "to=": /^to: is an ISO 8601 time/,
    "from=2026-11-24&to=2026-11-23": /^from: is not before `to`/,
    "from=2026-11-24&to=2026-11-24T00:00:00Z": /^from: is not before `to`/,
    "top=0": /^top: is at least 1/,
    "top=1001": /^top: is at most 1000/,
    "top=1000000": /^top: is at most 1000/,
    "top=many": /^top: is a number, written in digits/,
    "top=1e2": /^top: is a number, written in digits/,
    "top=-1": /^top: is a number, written in digits/,
    "top=5.0": /^top: is a number, written in digits/,
    "top=": /^top: is a number, written in digits/,
    "kind=hacked": /^kind: is one of/,
    "kind=voted&kind=decided": /^kind: takes one value$/,
    "kind=voted,decided": /^kind: takes one value$/,
    "kind=voted&kind=voted": /^kind: takes one value$/,
    "service=/etc/passwd": /^service: is the resource id/,
    "consumer=' or true": /^consumer: is a subscription id/,
    "actor=*": /^actor: is an object id/,
    "link=0x1F": /^link: is a LinkID/,
    "link=4294967296": /^link: is a LinkID/,
    "link=-1": /^link: is a LinkID/,
    "link=": /^link: is a LinkID/,
    "request=aaaaaaaaaaaaaaaa-aaaaaaaaaa-0": /^request: is a request id/,
    [`request=${own}&service=${aServiceRef("pls-b").id}`]: /^request: is a request at another service/,
    [`after=${"A".repeat(4001)}`]: /^after: is not a continuation/,
    "limit=5": /^limit: is no parameter here; there are from, to, service/,
    "limit=5&top=0&offset=1": /^limit: is no parameter .*; offset: is no parameter/,
    "__proto__=1": /^__proto__: is no parameter/,
    "top=0&kind=x": /^kind: .*; top: /,
  };
  for (const [text, problem] of Object.entries(refused)) {
    it(`"${text.slice(0, 80)}" is refused by name`, () => {
      const read = ask(text);
      assert.match(read.ok ? "accepted" : read.problem, problem);
    });
  }

  const accepted: Record<string, Partial<AuditQuery>> = {
    "link=007": { link: "7" },
    "link=4294967295": { link: "4294967295" },
    "from=0000-01-01&to=9999-12-31": { from: new Date("0000-01-01"), to: new Date("9999-12-31") },
    "from=2026-11-23T10:00%2B02:00": { from: new Date("2026-11-23T08:00:00Z") },
    // Between two milliseconds, none of which is meant: the events since then begin with the later one.
    "from=2026-11-23T10:00:00.0000001Z": { from: new Date("2026-11-23T10:00:00.001Z") },
    "to=2026-11-23T10:00:00.1230000Z": { to: new Date("2026-11-23T10:00:00.123Z") },
    "to=2024-02-29": { to: new Date("2024-02-29T00:00:00Z") },
    [`request=${own}&service=${service.toUpperCase()}`]: { request: own, serviceId: service },
    "top=1000&kind=voted": { top: 1000, kind: "voted" },
  };
  for (const [text, query] of Object.entries(accepted)) {
    it(`"${text.slice(0, 80)}" is understood`, () => {
      assert.deepEqual(ask(text), { ok: true, value: { top: 50, ...query } });
    });
  }

  it("requests may be asked for by any state, or by open", () => {
    for (const status of ["open", "failed", "resolved-elsewhere"]) {
      assert.equal(readRequestQuery(new URLSearchParams({ status })).ok, true);
    }
    assert.equal(readRequestQuery(new URLSearchParams({ status: "pending" })).ok, false);
  });
});

describe("A time that long ago", () => {
  const now = new Date("2026-11-24T10:00:00Z");
  const cases: Record<string, string | undefined> = {
    "90m": "2026-11-24T08:30:00.000Z",
    "36h": "2026-11-22T22:00:00.000Z",
    "7d": "2026-11-17T10:00:00.000Z",
    "2w": "2026-11-10T10:00:00.000Z",
    ...{ "0d": undefined, "7": undefined, d: undefined, "-7d": undefined, "7 d": undefined, "1y": undefined },
    ...{ "1.5h": undefined, "9999999d": undefined, "7D": undefined, "": undefined },
  };
  for (const [text, expected] of Object.entries(cases)) {
    it(`"${text}" is ${expected ?? "none"}`, () => assert.equal(parseAgo(text, now)?.toISOString(), expected));
  }
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
