import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { robot } from "../../src/decision/decision.ts";
import type { Decided } from "../../src/requests/request.ts";
import { consumerText } from "../../src/workflow/consumer-text.ts";
import { noon, request } from "../builders.ts";
import { megan, tenant } from "./stage.ts";

const person = { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" } as const;
const decided = (kind: Decided["kind"], by: Decided["by"], reason = "Known since 2019.") =>
  ({ kind, reason, by, door: "api", at: noon }) as const;
const { id } = request();

describe("What a consumer reads on the connection", () => {
  const cases = {
    "an approval is one word, whoever gave it": [decided("approve", person), null, `Approved. plgate ${id}`],
    "an approval names the LinkID that it is given": [
      decided("approve", robot),
      "4294967295",
      `Approved. LinkID 4294967295. plgate ${id}`,
    ],
    "a rejection by policy gives the rule's sentence": [
      decided("reject", robot, "On the block list."),
      null,
      `Rejected: On the block list. plgate ${id}`,
    ],
    "what people wrote to each other stays inside": [
      decided("reject", person, "We do not like them."),
      null,
      `Rejected after review. plgate ${id}`,
    ],
    "a rejection names no LinkID": [decided("reject", person), "17", `Rejected after review. plgate ${id}`],
  } as const;
  for (const [name, [given, link, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(consumerText(request(), given, link), expected));
  }

  const causes = {
    expiry: "Access ended: it was given for a limited time and was not renewed.",
    recertification: "Access ended: it was not confirmed in time.",
    policy: "Access ended: the provider's rules have changed.",
    drift: "Access ended: the provider has not approved it.",
    drain: "Access ended: the provider closes this service.",
  } as const;
  for (const [cause, text] of Object.entries(causes) as [keyof typeof causes, string][]) {
    it(`access that ends by ${cause} is told in words for outside, as a whole`, () => {
      const live = { cause, why: "Rule x of policy y would not approve it.", approval: null, run: "r1" };
      const long = { ...request(), live, round: 99 };
      assert.equal(consumerText(long, decided("reject", robot, "Nobody kept it."), "17"), `${text} plgate ${id}`);
      assert.equal(consumerText(long, decided("reject", person), null), `Access ended after review. plgate ${id}`);
    });
  }

  it("never grows beyond what ARM takes, and always ends with the request", () => {
    const text = consumerText(request(), decided("reject", robot, "x".repeat(500)), null);
    assert.equal(text.length, 140);
    assert.ok(text.endsWith(`… plgate ${id}`));
    const longest = consumerText({ ...request(), round: 99_999 }, decided("approve", robot), "4294967295");
    assert.ok(longest.length <= 140);
  });
});
