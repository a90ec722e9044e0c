import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compilePolicy } from "../../src/policy/compile.ts";
import { formatFault } from "../../src/policy/faults.ts";
import { compiled, faultsOf } from "./build.ts";

const base = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: base
match: { service.tags.env: prod }
defaultReview: { by: [oncall] }
lists:
  blocked: [11111111-0000-4000-8000-000000000001]
windows:
  office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm }
  freeze: { start: 2026-12-18, end: 2027-01-04 }
reviewers:
  oncall: { entraGroup: 55555555-0000-4000-8000-000000000005 }
rules:
  - id: block
    effect: reject
    because: Blocked.
    when: { consumer.subscriptionId: { inList: blocked } }
  - id: ask
    effect: review
    because: Ask.
    when: { time.now: { within: office, notWithin: freeze } }
  - id: let
    effect: approve
    because: Let in.
    expiresAfter: P14D
    when: { consumer.tier: gold, consumer.registered: true }
exemptions:
  - id: EX-1
    rules: [block]
    reason: An agreement.
    expires: 2027-03-31
    when: { consumer.tier: gold }
`.split("\n");

const publishedAt = Date.parse("2026-11-24T10:00:00Z");

/** The base policy with one line written otherwise. */
function changed(line: number, text: string): string {
  return base.with(line - 1, text).join("\n");
}

type Expected = readonly [line: number, text: string, fault: string];

/** `line rule: message`; the line is the changed one unless the fault shows elsewhere. */
const errors: Readonly<Record<string, Expected>> = {
  "an unknown apiVersion": [
    1,
    "apiVersion: plgate/v2",
    '1 -: apiVersion is plgate/v1; "plgate/v2" is not; did you mean plgate/v1?',
  ],
  "an unknown kind": [2, "kind: Policy", '2 -: kind is ApprovalPolicy; "Policy" is not'],
  "no name": [3, "owner: somebody", "1 -: a policy needs name"],
  "a name in capitals": [
    3,
    "name: Base",
    '3 -: name is lower-case letters, digits and -, beginning with a letter; "Base" is not',
  ],
  "an unknown field": [3, "name: base\nrule: []", "4 -: a policy has no field rule; did you mean rules?"],
  "a match that is no map": [4, "match: prod", "4 -: match must be a map"],
  "an empty match": [4, "match: {}", "4 -: match is empty"],
  "known in match": [
    4,
    "match: { service.tags.env: { known: true } }",
    "4 -: known cannot stand in match: a lost fact would take the whole policy away",
  ],
  "an unknown fact in match": [
    4,
    "match: { service.tag.env: prod }",
    "4 -: unknown fact service.tag.env; did you mean service.tags.env?",
  ],
  "an unknown reviewer": [5, "defaultReview: { by: [oncal] }", "5 -: no reviewer named oncal; did you mean oncall?"],
  "nobody to ask": [5, "defaultReview: { by: [] }", "5 -: defaultReview.by is empty"],
  "six approvals": [
    5,
    "defaultReview: { by: [oncall], approvals: 6 }",
    "5 -: defaultReview.approvals must be a whole number from 1 to 5; 6 is not",
  ],
  "no approval at all": [
    5,
    "defaultReview: { by: [oncall], approvals: 0 }",
    "5 -: defaultReview.approvals must be a whole number from 1 to 5; 0 is not",
  ],
  "half an approval": [
    5,
    "defaultReview: { by: [oncall], approvals: 1.5 }",
    "5 -: defaultReview.approvals must be a whole number from 1 to 5; 1.5 is not",
  ],
  "an empty list": [7, "  blocked: []", "7 (list): the list blocked is empty"],
  "a list that is a map": [7, "  blocked: { a: b }", "7 (list): the list blocked must be a list"],
  "a list of lists": [7, "  blocked: [[a]]", "7 (list): the list blocked holds single values; a list is not one"],
  "a number in a list": [7, "  blocked: [1]", '7 (list): the list blocked holds texts; write "1"'],
  "a list entry of another type": [
    7,
    "  blocked: [11111111-0000-4000-8000-000000000001, contoso]",
    '7 (list): blocked is compared with a guid; "contoso" is not one (used at line 17)',
  ],
  "an unknown day": [
    9,
    '  office: { days: [mo], from: "08:00", to: "18:00", timezone: Europe/Stockholm }',
    '9 -: a day is sun, mon, tue, wed, thu, fri, sat; "mo" is not; did you mean mon?',
  ],
  "a time that no clock shows": [
    9,
    '  office: { days: [mon], from: "08:00", to: "24:00", timezone: Europe/Stockholm }',
    '9 -: to is a time from "00:00" to "23:59"; "24:00" is not; write "00:00", which runs to midnight',
  ],
  "an unknown timezone": [
    9,
    '  office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stokholm }',
    '9 -: timezone is a name such as Europe/Stockholm; "Europe/Stokholm" is not one',
  ],
  "an offset as a timezone": [
    9,
    '  office: { days: [mon], from: "08:00", to: "18:00", timezone: "+01:00" }',
    '9 -: timezone is a name such as Europe/Stockholm; "+01:00" is not one',
  ],
  "half a weekly window": [
    9,
    '  office: { days: [mon], from: "08:00", to: "18:00" }',
    "9 -: the window office needs timezone",
  ],
  "a window of both kinds": [
    10,
    "  freeze: { start: 2026-12-18, days: [mon] }",
    "10 -: the window freeze is either days, from, to, timezone or start, end",
  ],
  "a window that ends before it starts": [
    10,
    "  freeze: { start: 2027-01-04, end: 2026-12-18 }",
    "10 -: the window freeze ends before it starts",
  ],
  "an instant without its offset": [
    10,
    "  freeze: { start: 2026-12-18T00:00:00, end: 2027-01-04 }",
    '10 -: start is a date or an instant such as 2026-12-18T00:00:00Z; "2026-12-18T00:00:00" is not',
  ],
  "a group that is no guid": [
    12,
    "  oncall: { entraGroup: oncall@contoso.example }",
    '12 -: entraGroup is the object id of an Entra group; "oncall@contoso.example" is not a guid',
  ],
  "a rule without an id": [22, "  - mode: enforce", "22 -: a rule needs id"],
  "an id with a space": [
    22,
    "  - id: my rule",
    '22 my rule: the id "my rule" must be letters, digits, ".", "_" or "-", at most 63',
  ],
  "the reserved id": [22, "  - id: default", "22 default: the id default is taken: it means that no rule decided"],
  "an id that is taken": [22, "  - id: ask", "22 ask: the id is taken by the rule at line 18"],
  "an unknown effect": [
    15,
    "    effect: aprove",
    '15 block: effect is approve, reject, review; "aprove" is not; did you mean approve?',
  ],
  "an unknown mode": [
    15,
    "    effect: reject\n    mode: dry-run",
    '16 block: mode is enforce, shadow, off; "dry-run" is not',
  ],
  "a rule that says not why": [16, '    because: ""', '16 block: because must be a text; "" is not'],
  "a rule without because": [16, "    mode: enforce", "14 block: a rule needs because"],
  "an unknown list": [
    17,
    "    when: { consumer.subscriptionId: { inList: bloked } }",
    "17 block: no list named bloked; did you mean blocked?",
  ],
  "review on an approve rule": [
    25,
    "    review: { by: [oncall] }",
    "25 let: an approve rule asks nobody: review belongs to review and reject",
  ],
  "expiresAfter on a review rule": [
    20,
    "    because: Ask.\n    expiresAfter: P14D",
    "21 ask: expiresAfter belongs to approve rules; this one is review",
  ],
  "an unknown window": [
    21,
    "    when: { time.now: { within: office, notWithin: freze } }",
    "21 ask: no window named freze; did you mean freeze?",
  ],
  "an operator that is not for the type": [
    21,
    "    when: { time.now: 2026-12-18 }",
    "21 ask: equals cannot be asked of time.now: it takes a fact of type string, guid, region, armId, int, bool, visibility",
  ],
  "a duration in months": [
    25,
    "    expiresAfter: P1M",
    '25 let: expiresAfter is a duration in weeks, days, hours, minutes such as P14D; "P1M" is not',
  ],
  "a duration under an hour": [
    25,
    "    expiresAfter: PT59M",
    "25 let: expiresAfter is from PT1H to P366D; PT59M is not",
  ],
  "a duration over 366 days": [
    25,
    "    expiresAfter: P367D",
    "25 let: expiresAfter is from PT1H to P366D; P367D is not",
  ],
  "an approve rule without when": [
    26,
    "    mode: enforce",
    "22 let: an approve rule needs when: it may not approve everything",
  ],
  "an empty when": [26, "    when: {}", "26 let: when is empty"],
  "an unknown fact": [
    26,
    "    when: { consumer.teir: gold }",
    "26 let: unknown fact consumer.teir; did you mean consumer.tier?",
  ],
  "a fact in other letters": [
    26,
    "    when: { consumer.Tier: gold }",
    "26 let: unknown fact consumer.Tier; did you mean consumer.tier?",
  ],
  "a fact called like a member of every object": [
    26,
    "    when: { constructor: gold }",
    "26 let: unknown fact constructor",
  ],
  "a tag without a key": [26, "    when: { consumer.tags.: gold }", "26 let: unknown fact consumer.tags."],
  "all tags at once": [26, "    when: { consumer.tags.*: gold }", "26 let: unknown fact consumer.tags.*"],
  "a misspelled anyOf": [
    26,
    "    when: { anyof: [{ consumer.tier: gold }] }",
    "26 let: unknown fact anyof; did you mean anyOf?",
  ],
  "an unknown operator": [
    26,
    "    when: { consumer.tier: { equal: gold } }",
    "26 let: unknown operator equal; did you mean equals?",
  ],
  "an operator called like a member of every object": [
    26,
    "    when: { consumer.tier: { __proto__: gold } }",
    "26 let: unknown operator __proto__",
  ],
  "a text where a bool belongs": [
    26,
    '    when: { consumer.registered: "yes" }',
    '26 let: consumer.registered is a bool; "yes" is not',
  ],
  "yes, which is a text in YAML 1.2": [
    26,
    "    when: { consumer.registered: yes }",
    '26 let: consumer.registered is a bool; "yes" is not',
  ],
  "a number where a text belongs": [
    26,
    "    when: { consumer.tier: 1 }",
    '26 let: consumer.tier is a string; 1 is not; write "1"',
  ],
  "a float where an int belongs": [
    26,
    "    when: { consumer.connectionsOnService: { lessThan: 5.0 } }",
    "26 let: consumer.connectionsOnService is an int; 5 is not",
  ],
  "a number as text where an int belongs": [
    26,
    '    when: { service.natIps: "8" }',
    '26 let: service.natIps is an int; "8" is not',
  ],
  "a display name where a region belongs": [
    26,
    "    when: { endpoint.region: West Europe }",
    '26 let: endpoint.region is a region; "West Europe" is not; write westeurope',
  ],
  "no guid": [
    26,
    "    when: { consumer.subscriptionId: contoso }",
    '26 let: consumer.subscriptionId is a guid; "contoso" is not',
  ],
  "an unknown visibility": [
    26,
    "    when: { service.visibility: public }",
    '26 let: service.visibility is one of rbac, restricted, anyone; "public" is not',
  ],
  "the id of another kind of resource": [
    26,
    "    when: { endpoint.id: /subscriptions/x }",
    '26 let: endpoint.id is the id of a private endpoint; "/subscriptions/x" is not',
  ],
  "nothing where a value belongs": [
    26,
    "    when: { consumer.tier: }",
    "26 let: consumer.tier is a string; null is not; write { exists: false }",
  ],
  "an empty value": [
    26,
    '    when: { consumer.tier: "" }',
    '26 let: consumer.tier is a string; "" is not; write { exists: false }',
  ],
  "an empty list of values": [
    26,
    "    when: { consumer.tier: [] }",
    "26 let: consumer.tier needs a list of 1 to 100 values here; for more, name a list",
  ],
  "an empty map of operators": [
    26,
    "    when: { consumer.tier: {} }",
    "26 let: consumer.tier is asked nothing: the map is empty",
  ],
  "a list asked of a bool": [
    26,
    "    when: { consumer.registered: [true] }",
    "26 let: in cannot be asked of consumer.registered: it takes a fact of type string, guid, region, armId, int, visibility",
  ],
  "exists asked of what is never absent": [
    26,
    "    when: { consumer.registered: { exists: true } }",
    "26 let: exists cannot be asked of consumer.registered: it takes a fact that can be absent",
  ],
  "known asked of what is never unavailable": [
    26,
    "    when: { service.name: { known: true } }",
    "26 let: known cannot be asked of service.name: it takes a fact that can be unavailable",
  ],
  "exists that is neither true nor false": [
    26,
    "    when: { consumer.tier: { exists: 1 } }",
    "26 let: exists is true or false; 1 is not",
  ],
  "an empty anyOf": [26, "    when: { anyOf: [] }", "26 let: when.anyOf is empty"],
  "an empty map in anyOf": [26, "    when: { anyOf: [{}] }", "26 let: when.anyOf[0] is empty"],
  "anyOf of a map": [26, "    when: { anyOf: { consumer.tier: gold } }", "26 let: when.anyOf must be a list of maps"],
  "a not that is no map": [26, "    when: { not: gold }", "26 let: when.not must be a map"],
  "known: false in an approve rule": [
    26,
    "    when: { consumer.tier: { known: false } }",
    "26 let: this turns an approve rule true when consumer.tier is lost: only known: true is taken here",
  ],
  "known: true under not in an approve rule": [
    26,
    "    when: { not: { consumer.tier: { known: true } } }",
    "26 let: this turns an approve rule true when consumer.tier is lost: only known: true is taken here",
  ],
  "known: false under two nots in an approve rule": [
    26,
    "    when: { not: { not: { consumer.tier: { known: false } } } }",
    "26 let: this turns an approve rule true when consumer.tier is lost: only known: true is taken here",
  ],
  "an exemption of an unknown rule": [29, "    rules: [blok]", "29 EX-1: no rule named blok; did you mean block?"],
  "an exemption of an approve rule": [
    29,
    "    rules: [let]",
    "29 EX-1: let approves: only reject and review rules have exemptions",
  ],
  "an exemption of nothing": [29, "    rules: []", "29 EX-1: rules is empty"],
  "an exemption without a reason": [30, "", "28 EX-1: an exemption needs reason"],
  "an exemption without an end": [31, "", "28 EX-1: an exemption needs expires"],
  "an exemption for longer than 12 months": [
    31,
    "    expires: 2027-11-25",
    "31 EX-1: an exemption lasts at most 12 months",
  ],
  "an exemption for everybody": [32, "", "28 EX-1: an exemption needs when"],
  "known: false in an exemption": [
    32,
    "    when: { consumer.tier: { known: false } }",
    "32 EX-1: this turns an exemption true when consumer.tier is lost: only known: true is taken here",
  ],
  "an exemption whose id is taken": [
    32,
    "    when: { consumer.tier: gold }\n  - { id: EX-1, rules: [block], reason: R., expires: 2027-01-01, when: { consumer.tier: gold } }",
    "33 EX-1: the id is taken by the exemption at line 28",
  ],
  "a rule that is a text": [
    32,
    "    when: { consumer.tier: gold }\nowner: [a]",
    "33 -: owner must be a text; a list is not",
  ],
};

describe("publish refuses", () => {
  it("nothing of the policy that the others are made from", () => {
    assert.deepEqual(faultsOf(base.join("\n"), { now: publishedAt }), []);
  });

  for (const [name, [line, text, expected]] of Object.entries(errors)) {
    it(name, () => {
      const result = compilePolicy(changed(line, text), "base.yaml", { now: publishedAt });
      assert.ok(!result.ok, "it was taken");
      const found = result.faults.filter(({ severity }) => severity === "error");
      assert.deepEqual(
        found.map((fault) => `${fault.line} ${fault.rule ?? "-"}: ${fault.message}`),
        [expected],
      );
    });
  }
});

describe("publish reports", () => {
  it("everything at once, in the order of the lines", () => {
    const broken = base
      .with(3, "match: { service.tags.env: { known: true } }")
      .with(14, "    effect: rejct")
      .with(20, "    when: { time.now: { within: offce } }")
      .with(25, "    when: { consumer.teir: gold }");
    assert.deepEqual(
      faultsOf(broken.join("\n")).map(({ line, severity }) => [line, severity]),
      [
        [4, "error"],
        [9, "warning"],
        [10, "warning"],
        [15, "error"],
        [21, "error"],
        [26, "error"],
      ],
    );
  });

  it("a wrong entry of a list once, and nothing that would follow from it", () => {
    const twice = base
      .with(6, "  blocked: [contoso]")
      .with(25, "    when: { consumer.subscriptionId: { inList: blocked }, consumer.tier: gold }");
    assert.deepEqual(
      faultsOf(twice.join("\n")).map(({ line, rule, name }) => [line, rule, name]),
      [[7, "(list)", undefined]],
    );
  });

  it("file, line, column, rule and a sentence", () => {
    const [fault] = faultsOf(changed(26, "    when: { consumer.tier: gold, consumer.nam: x }"));
    assert.deepEqual(fault, {
      file: "test.yaml",
      line: 26,
      column: 34,
      rule: "let",
      severity: "error",
      message: "unknown fact consumer.nam; did you mean consumer.name?",
    });
    assert.equal(
      fault && formatFault(fault),
      "test.yaml:26:34 let unknown fact consumer.nam; did you mean consumer.name?",
    );
  });

  it("the example of the specification as in order, but for its guard", () => {
    const example = readFileSync(new URL("../fixtures/policy/prod-network.yaml", import.meta.url), "utf8");
    assert.deepEqual(
      faultsOf(example, { now: publishedAt }).map(({ line, rule, name }) => [line, rule, name]),
      [[23, "blocked-tenant", "known-guard"]],
    );
    assert.equal(compiled(example).rules.length, 8);
  });

  it("the example's mistakes as the specification shows them", () => {
    const example = readFileSync(new URL("../fixtures/policy/prod-network.yaml", import.meta.url), "utf8");
    const broken = example
      .replace("westeurope, northeurope", "West Europe, northeurope")
      .replace("inList: blocked-subscriptions", "inList: blocked-subscriptons")
      .replace("consumer.registered: true", 'consumer.registered: "yes"')
      .replace("consumer.tier: [gold", "consumer.teir: [gold");
    assert.deepEqual(
      faultsOf(broken)
        .filter(({ severity }) => severity === "error")
        .map(({ line, rule, message }) => `${line} ${rule} ${message}`),
      [
        '11 (list) eu-regions is compared with a region; "West Europe" is not one; write westeurope (used at line 28)',
        "19 blocked-subscription no list named blocked-subscriptons; did you mean blocked-subscriptions?",
        '44 registered-customer consumer.registered is a bool; "yes" is not',
        "45 registered-customer unknown fact consumer.teir; did you mean consumer.tier?",
      ],
    );
  });
});

const warnings: Readonly<Record<string, Expected>> = {
  "known in a reject rule": [
    17,
    "    when: { consumer.subscriptionId: { known: true, inList: blocked } }",
    "17 block known-guard",
  ],
  "known in an exemption": [32, "    when: { consumer.tier: { known: true, equals: gold } }", "32 EX-1 known-guard"],
  "known in an approval that expires": [
    26,
    "    when: { consumer.tier: { known: true, equals: gold } }",
    "26 let known-guard",
  ],
  "a list that no rule uses": [7, "  blocked: [11111111-0000-4000-8000-000000000001]\n  spare: [a]", "8 (list) unused"],
  "an entry that stands twice in a list": [
    7,
    "  blocked:\n    - aaaaaaaa-0000-4000-8000-000000000001\n    - AAAAAAAA-0000-4000-8000-000000000001",
    "9 (list) duplicate-entry",
  ],
  "a value that stands twice in a rule": [26, "    when: { consumer.tier: [gold, gold] }", "26 let duplicate-entry"],
  "a window that no rule uses": [
    10,
    "  freeze: { start: 2026-12-18, end: 2027-01-04 }\n  spare: { start: 2027-12-18, end: 2028-01-04 }",
    "11 - unused",
  ],
  "a day that stands twice": [
    9,
    '  office: { days: [mon, tue, mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm }',
    "9 - duplicate-entry",
  ],
  "a reviewer who stands twice": [5, "defaultReview: { by: [oncall, oncall] }", "5 - duplicate-entry"],
  "a rule that stands twice in an exemption": [29, "    rules: [block, block]", "29 EX-1 duplicate-entry"],
  "a reviewer whom no rule asks": [
    12,
    "  oncall: { entraGroup: 55555555-0000-4000-8000-000000000005 }\n  spare: { entraGroup: 55555555-0000-4000-8000-000000000007 }",
    "13 - unused",
  ],
  "an approval on the message alone": [
    26,
    '    when: { request.message: { like: "CHG*" } }',
    "26 let consumer-written",
  ],
  "an approval on any one thing that the consumer wrote": [
    26,
    "    when: { anyOf: [{ endpoint.name: a }, { consumer.registered: true }] }",
    "26 let consumer-written",
  ],
  "an approval on what the consumer did not write": [
    26,
    "    when: { not: { endpoint.name: a, consumer.registered: true } }",
    "26 let consumer-written",
  ],
  "a number below nothing": [26, "    when: { consumer.connectionsOnService: { lessThan: 0 } }", "26 let never-true"],
  "bounds that exclude each other": [
    26,
    "    when: { service.natIps: { atLeast: 5, lessThan: 5 } }",
    "26 let never-true",
  ],
  "a value that is excluded again": [
    26,
    "    when: { consumer.tier: { equals: gold, notEquals: gold } }",
    "26 let never-true",
  ],
  "a value that must not exist": [
    26,
    "    when: { consumer.tier: { equals: gold, exists: false } }",
    "26 let never-true",
  ],
  "a when that contradicts match": [
    26,
    "    when: { service.tags.env: test, consumer.registered: true }",
    "26 let never-true",
  ],
  "an exemption that has expired": [31, "    expires: 2026-11-24", "31 EX-1 exemption-expired"],
  "an exemption that soon will": [31, "    expires: 2026-12-20", "31 EX-1 exemption-expires-soon"],
};

describe("publish warns of", () => {
  for (const [name, [line, text, expected]] of Object.entries(warnings)) {
    it(name, () => {
      const result = compilePolicy(changed(line, text), "base.yaml", { now: publishedAt });
      assert.ok(result.ok, "it was refused");
      assert.deepEqual(
        result.warnings.map((fault) => `${fault.line} ${fault.rule ?? "-"} ${fault.name}`),
        [expected],
      );
    });
  }
});

describe("publish does not warn of", () => {
  const fine: Readonly<Record<string, readonly [line: number, text: string]>> = {
    "an approval that asks one thing more than what the consumer wrote": [
      26,
      '    when: { request.message: { like: "CHG*" }, consumer.registered: true }',
    ],
    "an interval with holes": [26, "    when: { service.natIps: { atLeast: 5, lessThan: 9, notIn: [5, 6, 7] } }"],
    "absence asked twice": [
      26,
      "    when: { consumer.tier: { exists: false, notEquals: gold }, consumer.registered: true }",
    ],
    "known: true in an approval without end": [25, "    mode: enforce"],
    "a review on a reject rule, which asks when it cannot be told": [
      16,
      "    because: Blocked.\n    review: { by: [oncall] }",
    ],
  };
  for (const [name, [line, text]] of Object.entries(fine)) {
    it(name, () => assert.deepEqual(faultsOf(changed(line, text), { now: publishedAt }), []));
  }

  it("the calendar, when a policy in force is read again", () => {
    assert.deepEqual(faultsOf(changed(31, "    expires: 2020-01-01")), []);
    assert.deepEqual(faultsOf(changed(31, "    expires: 2040-01-01")), []);
  });
});
