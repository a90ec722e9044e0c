import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Facts } from "../../src/connection/facts.ts";
import type { DriftTerms } from "../../src/policy/drift-terms.ts";
import { driftTermsOf, type PolicyInForce } from "../../src/policy/evaluate.ts";
import { formatDrift } from "../../src/policy/format-drift.ts";
import { unrehearsedRevoke } from "../../src/policy/rehearsal.ts";
import { replay } from "../../src/policy/replay.ts";
import { compiled, fallback, faultsOf, knowing } from "./build.ts";

const groups = { oncall: "55555555-0000-4000-8000-000000000005", security: "55555555-0000-4000-8000-000000000006" };
const options = { fallbackReviewers: [fallback] };
const prod = knowing({ values: { "service.tags.env": "prod", "service.id": "/x/pls-a" } });
const unread = knowing({ unavailable: ["service.tags.env"] });

type Policy = { readonly name?: string; readonly match?: string; readonly more?: string; readonly drift?: string };

/** A policy that approves somebody, and says this of drift. */
function policy(
  drift: string | undefined,
  { name = "a", match = "{ service.tags.env: prod }", more = "" }: Policy = {},
) {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: ${name}
match: ${match}
${more}
${drift === undefined ? "" : `drift: ${drift}`}
windows: { office: { days: [mon], from: "08:00", to: "18:00", timezone: Europe/Stockholm } }
reviewers:
  oncall: { entraGroup: ${groups.oncall} }
  security: { entraGroup: ${groups.security}, channel: Security }
rules: [{ id: let, effect: approve, because: Let in., when: { consumer.registered: true } }]
`;
}

function inForce(...sources: readonly string[]): readonly PolicyInForce[] {
  return sources.map((source) => ({ policy: compiled(source), version: 1 }));
}

function termsOf(sources: readonly string[], facts: Facts = prod): DriftTerms {
  return driftTermsOf(inForce(...sources), facts, options);
}

/** `revoke after P1D by oncall 1`: what is done, and who is asked. */
function said({ handling, grace, reviewers }: DriftTerms): string {
  return `${handling} after ${grace} by ${reviewers.map(({ name, approvals }) => `${name} ${approvals}`).join(", ")}`;
}

describe("What a policy says of drift", () => {
  const review = "{ by: [security], approvals: 2, escalate: { after: PT12H, to: [oncall] } }";
  const forms = {
    "is recorded where nothing is said": [undefined, "record after P1D by fallback 1"],
    "may be one word": ["revoke", "revoke after P1D by fallback 1"],
    "may be a map that says no more": ["{ do: escalate }", "escalate after P1D by fallback 1"],
    "names its own reviewers": [`{ do: escalate, review: ${review} }`, "escalate after P1D by security 2"],
    "names its own grace": [`{ do: revoke, grace: P7D, review: ${review} }`, "revoke after P7D by security 2"],
  } as const;
  for (const [name, [drift, expected]] of Object.entries(forms)) {
    it(name, () => assert.equal(said(termsOf([policy(drift)])), expected));
  }

  it("asks as its review says, the escalation and all", () => {
    const { terms, reviewers } = termsOf([policy(`{ do: revoke, review: ${review} }`)]);
    assert.deepEqual(reviewers[0]?.channels, ["Security"]);
    assert.deepEqual(
      terms.escalations.map(({ after, to }) => [after, to.map(({ name }) => name)]),
      [["PT12H", ["oncall"]]],
    );
  });

  it("asks those of defaultReview where it names nobody, as a whole, but for the recheck of what waits", () => {
    const more = "defaultReview: { by: [oncall], via: page, within: P3D, recheck: PT1H }";
    const { reviewers, terms } = termsOf([policy("escalate", { more })]);
    assert.deepEqual(
      [reviewers.map(({ name }) => name), terms],
      [["oncall"], { via: "page", deadlines: [{ within: "P3D", hours: null, expiry: "leave" }], escalations: [] }],
    );
    assert.deepEqual(termsOf([policy(undefined, { more })]).reviewers, reviewers, "who else asks finds them, too");
  });

  it("says nothing of services that the policy does not cover", () => {
    const test = knowing({ values: { "service.tags.env": "test" } });
    assert.equal(said(termsOf([policy("revoke")], test)), "record after P1D by fallback 1");
  });
});

describe("Several policies that cover a service", () => {
  const [a, b] = [
    (drift: string | undefined) => policy(drift),
    (drift: string | undefined) => policy(drift, { name: "b" }),
  ];
  const longer = "{ do: revoke, grace: P7D, review: { by: [security] } }";
  const byOncall = "{ do: revoke, grace: PT36H, review: { by: [oncall] } }";
  const cases = {
    "are followed where they say the same, with the longest grace and all their people": [
      [a(longer), b(byOncall)],
      "revoke after P7D by oncall 1, security 1",
    ],
    "ask where they differ": [[a(longer), b("record")], "escalate after P7D by security 1"],
    "ask where one asks": [[a("revoke"), b("escalate")], "escalate after P1D by fallback 1"],
    "do not count where they say nothing": [[a(longer), b(undefined)], "revoke after P7D by security 1"],
  } as const;
  for (const [name, [sources, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(said(termsOf(sources)), expected));
  }

  it("one of which nobody knows whether it covers the service asks at most", () => {
    const certain = (drift: string) => policy(drift, { name: "b", match: "{ time.now: { within: office } }" });
    assert.equal(termsOf([a("revoke")], unread).handling, "escalate");
    assert.equal(termsOf([a("record")], unread).handling, "record");
    const monday = { ...unread, values: { "time.now": "2026-11-23T10:00:00Z" } };
    assert.equal(termsOf([certain("revoke")], monday).handling, "revoke");
    assert.equal(termsOf([a("revoke"), certain("revoke")], monday).handling, "escalate");
    assert.equal(termsOf([a("record"), certain("revoke")], monday).handling, "escalate");
    assert.equal(termsOf([a(undefined), certain("revoke")], monday).handling, "revoke");
  });
});

describe("What cannot be told takes nothing away", () => {
  const plain = "record after P1D by fallback 1";
  it("without any policy", () => assert.equal(said(termsOf([])), plain));
  it("with more policies than may be in force", () => {
    const many = Array.from({ length: 33 }, (_, at) => policy("revoke", { name: `p${at}` }));
    assert.equal(said(termsOf(many)), plain);
  });
  it("with a policy of another fact table", () => {
    const foreign = inForce(policy("revoke")).map((one) => ({ ...one, policy: { ...one.policy, factTable: "other" } }));
    assert.equal(said(driftTermsOf(foreign, prod, options)), plain);
  });
  it("when it costs too much to tell", () => {
    assert.equal(said(driftTermsOf(inForce(policy("revoke")), prod, { ...options, budget: 0 })), plain);
  });
  it("when facts or policies are broken", () => {
    const broken = [{ policy: null, version: 1 }] as unknown as readonly PolicyInForce[];
    assert.equal(said(driftTermsOf(broken, prod, options)), plain);
    assert.equal(driftTermsOf(inForce(policy("revoke")), null as unknown as Facts, options).handling, "escalate");
  });
});

const drifts = fc.constantFrom(
  undefined,
  "record",
  "escalate",
  "revoke",
  "{ do: revoke, grace: PT6H }",
  "{ do: revoke, grace: P7D, review: { by: [security], approvals: 2 } }",
  "{ do: escalate, review: { by: [oncall], within: P2D } }",
);
const matches = fc.constantFrom(
  "{ service.tags.env: prod }",
  "{ service.tags.env: { notEquals: prod } }",
  "{ service.region: westeurope }",
  "{ not: { service.region: westeurope } }",
  "{ anyOf: [{ service.tags.env: prod }, { service.natIps: { atLeast: 2 } }] }",
);
const some = fc
  .array(fc.tuple(drifts, matches, fc.boolean()), { minLength: 1, maxLength: 4 })
  .map((all) =>
    all.map(([drift, match, names], at) =>
      policy(drift, { name: `p${at}`, match, more: names ? "defaultReview: { by: [oncall] }" : "" }),
    ),
  );
const facts = fc
  .record({
    "service.tags.env": fc.constantFrom("prod", "test", undefined),
    "service.region": fc.constantFrom("westeurope", "eastus", undefined),
    "service.natIps": fc.constantFrom(1, 8, undefined),
  })
  .map((values) =>
    knowing({
      values: Object.fromEntries(Object.entries(values).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))),
    }),
  );

describe("Over generated policies and facts", () => {
  it("the order of policies never matters", () => {
    fc.assert(
      fc.property(some, facts, (sources, known) => {
        assert.deepEqual(termsOf(sources.toReversed(), known), termsOf(sources, known));
      }),
      { numRuns: 150 },
    );
  });

  it("losing a fact never takes away what was not taken away before, and never sooner", () => {
    fc.assert(
      fc.property(some, facts, (sources, known) => {
        const before = termsOf(sources, known);
        for (const lost of Object.keys(known.values)) {
          const values = Object.fromEntries(Object.entries(known.values).filter(([name]) => name !== lost));
          const after = termsOf(sources, { ...known, values });
          if (after.handling === "revoke") assert.deepEqual(after, before);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("what is revoked is wanted by every policy that has a say, for certain", () => {
    const seen = { revoke: 0, escalate: 0, record: 0 };
    fc.assert(
      fc.property(some, facts, (sources, known) => {
        const { handling } = termsOf(sources, known);
        seen[handling] += 1;
        const alone = sources.filter((source) => /^drift/m.test(source)).map((source) => termsOf([source], known));
        const speaking = alone.map((one) => one.handling);
        if (handling === "revoke") assert.ok(!speaking.includes("escalate"));
        if (speaking.every((one) => one === "record")) assert.notEqual(handling, "revoke");
      }),
      { numRuns: 200 },
    );
    for (const [handling, count] of Object.entries(seen)) assert.ok(count > 10, `${handling}: ${count}`);
  });
});

describe("An author is told", () => {
  const faults = {
    "of another word": ["ignore", 'drift is record, escalate, revoke; "ignore" is not'],
    "of a word that is nearly one": [
      "revok",
      'drift is record, escalate, revoke; "revok" is not; did you mean revoke?',
    ],
    "of a list": ["[revoke]", "drift is record, escalate, revoke; a list is not"],
    "of a field that is nearly one": ["{ do: revoke, grase: P1D }", "drift has no field grase; did you mean grace?"],
    "that there is nothing to do": ["{ grace: P1D }", "drift needs do"],
    "of a grace that is too short": ["{ do: revoke, grace: PT30M }", "drift.grace is from PT1H to P30D; PT30M is not"],
    "of a grace that is too long": ["{ do: revoke, grace: P31D }", "drift.grace is from PT1H to P30D; P31D is not"],
    "of a grace that means nothing": [
      "{ do: escalate, grace: P1D }",
      "drift.grace is the time until access is taken back, and do: escalate takes nothing back",
    ],
    "of an unknown reviewer": [
      "{ do: escalate, review: { by: [securty] } }",
      "no reviewer named securty; did you mean security?",
    ],
    "of reviewers whom nobody asks": [
      "{ do: record, review: { by: [security] } }",
      "drift.review says who is asked, and do: record asks nobody",
    ],
    "that the grace is the deadline": [
      "{ do: revoke, review: { by: [security], within: P1D } }",
      "with do: revoke people have the time of drift.grace; leave out within",
    ],
    "of an escalation after the grace": [
      "{ do: revoke, review: { by: [security], escalate: { after: P1D, to: [oncall] } } }",
      "drift.review.escalate.after comes before the grace ends; P1D is not before P1D",
    ],
    "that silence takes nothing away by itself": [
      "{ do: escalate, review: { by: [security], within: P1D, expiry: reject } }",
      "drift.review asks whether a connection stays; to take it away on silence, write do: revoke",
    ],
    "that what is approved is not judged anew": [
      "{ do: escalate, review: { by: [security], recheck: PT1H } }",
      "drift.review asks about what is approved already; recheck belongs to what waits for approval",
    ],
  } as const;
  for (const [name, [drift, message]] of Object.entries(faults)) {
    it(name, () => {
      const errors = faultsOf(policy(drift)).filter(({ severity }) => severity === "error");
      assert.deepEqual(
        errors.map((fault) => [fault.file, fault.line, fault.message]),
        [["test.yaml", 6, message]],
      );
    });
  }

  it("that revoking would take everything back where nothing approves", () => {
    const silent = policy("revoke").replace("effect: approve", "effect: approve, mode: shadow");
    const warned = (source: string) =>
      faultsOf(source).flatMap(({ name, line }) => (name === "unused" ? [] : [`${name} in line ${line}`]));
    assert.deepEqual(warned(silent), ["revokes-all in line 6"]);
    assert.deepEqual(warned(policy("revoke")), []);
    assert.deepEqual(warned(silent.replace("revoke", "escalate")), []);
  });

  it("when it is published, that the version in force asked nobody yet", () => {
    const revoking = compiled(policy("revoke"));
    const names = (before: string | undefined) =>
      unrehearsedRevoke(revoking, before === undefined ? undefined : compiled(before), "a.yaml").map((one) => one.name);
    assert.deepEqual(names(undefined), ["never-escalated"]);
    assert.deepEqual(names(policy(undefined)), ["never-escalated"]);
    assert.deepEqual(names(policy("record")), ["never-escalated"]);
    assert.deepEqual(names(policy("escalate")), []);
    assert.deepEqual(names(policy("revoke")), []);
  });
});

describe("A change of policy", () => {
  const at = (service: string) => ({
    ...{ requestId: service, at: "2026-11-24T10:00:00Z" },
    facts: knowing({ values: { "service.tags.env": "prod", "service.id": service } }),
  });
  const changes = (before: string, after: string) =>
    replay([at("/pls-a"), at("/PLS-A"), at("/pls-b")], { before: inForce(before), after: inForce(after) }, options)
      .drift;

  it("says at how many services drift would be handled otherwise", () => {
    assert.deepEqual(changes(policy(undefined), policy("escalate")), [{ change: "record → escalate", services: 2 }]);
    assert.deepEqual(changes(policy("revoke"), policy("{ do: revoke, grace: P2D }")), [
      { change: "revoke, other grace", services: 2 },
    ]);
    const bySecurity = policy("{ do: escalate, review: { by: [security] } }");
    assert.deepEqual(changes(policy("escalate"), bySecurity), [{ change: "escalate, other reviewers", services: 2 }]);
  });

  it("is none where the same is done in other words", () => {
    assert.deepEqual(changes(policy("revoke"), policy("{ do: revoke, grace: PT24H }")), []);
    assert.deepEqual(changes(policy(undefined), policy("record")), []);
  });
});

describe("The words for people", () => {
  it("say what is done and who is asked", () => {
    const policies = inForce(policy("{ do: revoke, grace: P2D, review: { by: [security], via: page } }"));
    assert.deepEqual(formatDrift(driftTermsOf(policies, prod, options), policies), [
      "drift at this service: revoke after P2D, unless people keep the connection",
      "  asks security (1)",
      "  shows it to security in Security",
      "  takes the answer on the signed-in page only",
    ]);
  });

  it("are none where no policy says anything", () => {
    const policies = inForce(policy(undefined));
    assert.deepEqual(formatDrift(driftTermsOf(policies, prod, options), policies), []);
  });
});
