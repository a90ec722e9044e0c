import fc from "fast-check";
import { stringify } from "yaml";
import type { Facts, FactValue } from "../../src/connection/facts.ts";
import type { Effect, Mode } from "../../src/policy/parse-rules.ts";

/** A policy as plain data, so that it can be shuffled, changed and judged a second time by other means. */
export type GeneratedPolicy = {
  readonly name: string;
  readonly match?: ConditionMap;
  readonly defaultReview?: GeneratedReview;
  readonly rules: readonly GeneratedRule[];
  readonly exemptions: readonly GeneratedExemption[];
};

export type GeneratedReview = {
  readonly by: readonly string[];
  readonly approvals: number;
  readonly via?: "card" | "page";
  readonly within?: string;
  readonly hours?: string;
  readonly expiry?: "leave" | "reject";
  readonly escalate?: { readonly after: string; readonly to: readonly string[] };
  readonly recheck?: string;
};

export type GeneratedRule = {
  readonly id: string;
  readonly effect: Effect;
  readonly mode: Mode;
  readonly when?: ConditionMap;
  readonly review?: GeneratedReview;
  readonly expiresAfter?: string;
};

export type GeneratedExemption = {
  readonly id: string;
  readonly rules: readonly string[];
  readonly expires: string;
  readonly when: ConditionMap;
};

/** As in the file: fact to literal, literals or operators; `anyOf`; `not`. */
export type ConditionMap = { readonly [key: string]: unknown };

export const lists: Readonly<Record<string, readonly string[]>> = {
  tiers: ["gold", "silver"],
  subscriptions: ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"],
  regions: ["westeurope", "eastus"],
};

export const windows: Readonly<Record<string, { readonly start: string; readonly end: string }>> = {
  early: { start: "2026-01-01T00:00:00Z", end: "2026-06-01T00:00:00Z" },
  late: { start: "2026-05-01T00:00:00Z", end: "2026-12-01T00:00:00Z" },
};

/** Windows that deadlines may count by; no rule asks for them. */
const weeklyWindows = {
  office: { days: ["mon", "fri"], from: "08:00", to: "18:00", timezone: "Europe/Stockholm" },
  bureau: { days: ["fri", "mon"], from: "08:00", to: "18:00", timezone: "Europe/Stockholm" },
  nights: { days: ["sat"], from: "22:00", to: "06:00", timezone: "Asia/Tokyo" },
};

/** What makes two windows the same hours, whatever they are called. */
export const weeklyHours: Readonly<Record<string, string>> = { office: "day", bureau: "day", nights: "night" };

export const reviewerChannels: Readonly<Record<string, readonly string[]>> = {
  oncall: [],
  security: ["sec", "net"],
  alias: ["alias", "net"],
  leads: ["lead"],
};

export const reviewerGroups: Readonly<Record<string, string>> = {
  oncall: "55555555-0000-4000-8000-000000000005",
  security: "55555555-0000-4000-8000-000000000006",
  alias: "55555555-0000-4000-8000-000000000006",
  leads: "55555555-0000-4000-8000-000000000007",
};

/** The facts that generated policies ask for, with the values they may have. */
const values: Readonly<Record<string, readonly FactValue[]>> = {
  "consumer.tier": ["gold", "silver", "bronze"],
  "service.tags.env": ["prod", "test"],
  "consumer.tags.team": ["sre", "billing"],
  "request.message": ["CHG-1", "TRIAL-2", "hello"],
  "consumer.subscriptionId": ["AAAAAAAA-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000009"],
  "endpoint.region": ["WestEurope", "eastus", "uksouth"],
  "consumer.connectionsOnService": [0, 1, 5],
  "service.natIps": [1, 8],
  "consumer.registered": [true, false],
  "history.rejectedBefore": [true, false],
  "time.now": ["2026-02-01T00:00:00Z", "2026-05-15T12:00:00Z", "2026-09-01T00:00:00Z"],
};

const absentable = ["consumer.tier", "service.tags.env", "consumer.tags.team", "request.message"];

/** How `known` may be used: not at all, or as publish takes it in that place. */
type Guards = "none" | "safe" | "any";

function literal(fact: string): fc.Arbitrary<FactValue> {
  return fc.constantFrom(...(values[fact] ?? []));
}

function literals(fact: string): fc.Arbitrary<readonly FactValue[]> {
  return fc.uniqueArray(literal(fact), { minLength: 1, maxLength: 3 });
}

type TestArbitrary = fc.Arbitrary<readonly [fact: string, condition: unknown]>;

function operators(fact: string, list: string | undefined, like: boolean): TestArbitrary[] {
  const tests: fc.Arbitrary<unknown>[] = [
    literal(fact),
    literals(fact),
    literal(fact).map((value) => ({ notEquals: value })),
    literals(fact).map((some) => ({ notIn: some })),
  ];
  if (list) tests.push(fc.constantFrom({ inList: list }, { notInList: list }));
  if (like) tests.push(fc.constantFrom({ like: "*-*" }, { notLike: "CHG*" }, { like: "*l*" }));
  if (absentable.includes(fact)) tests.push(fc.boolean().map((exists) => ({ exists })));
  return tests.map((test) => test.map((condition) => [fact, condition] as const));
}

function counts(fact: string): TestArbitrary[] {
  const bound = fc.constantFrom(0, 1, 2, 5, 8);
  return [
    bound.map((most) => [fact, { lessThan: most }] as const),
    fc.tuple(bound, bound).map(([least, most]) => [fact, { atLeast: least, lessThan: most }] as const),
    literal(fact).map((value) => [fact, value] as const),
  ];
}

const plainTests: readonly TestArbitrary[] = [
  ...operators("consumer.tier", "tiers", true),
  ...operators("service.tags.env", undefined, true),
  ...operators("consumer.tags.team", undefined, true),
  ...operators("request.message", undefined, true),
  ...operators("consumer.subscriptionId", "subscriptions", false),
  ...operators("endpoint.region", "regions", false),
  ...counts("consumer.connectionsOnService"),
  ...counts("service.natIps"),
  ...["consumer.registered", "history.rejectedBefore"].flatMap((fact) => [
    literal(fact).map((value) => [fact, value] as const),
    literal(fact).map((value) => [fact, { notEquals: value }] as const),
  ]),
  fc.constantFrom("early", "late").map((name) => ["time.now", { within: name }] as const),
  fc.constantFrom("early", "late").map((name) => ["time.now", { notWithin: name }] as const),
];

const guardable = Object.keys(values).filter((fact) => fact !== "time.now");

function guardTest(guards: Guards, inverted: boolean): TestArbitrary {
  const flag = guards === "any" ? fc.boolean() : fc.constant(!inverted);
  return fc.tuple(fc.constantFrom(...guardable), flag).map(([fact, known]) => [fact, { known }] as const);
}

/** A condition map; `inverted` counts the `not` around it, because a guard's safety depends on it. */
function condition(guards: Guards, depth: number, inverted = false): fc.Arbitrary<ConditionMap> {
  const tests = guards === "none" ? plainTests : [...plainTests, guardTest(guards, inverted)];
  const facts = fc
    .array(fc.oneof(...tests), { minLength: 1, maxLength: 2 })
    .map((entries) => Object.fromEntries(entries));
  if (depth === 0) return facts;
  const deeper = { anyOf: fc.array(condition(guards, depth - 1, inverted), { minLength: 1, maxLength: 3 }) };
  const parts = fc.record(
    { facts, ...deeper, not: condition(guards, depth - 1, !inverted) },
    { requiredKeys: ["facts"] },
  );
  const nested = parts.map(({ facts: own, ...rest }) => ({ ...own, ...rest }));
  // Mostly short, or hardly any rule would ever hold.
  return fc.oneof({ arbitrary: facts, weight: 3 }, { arbitrary: nested, weight: 1 });
}

const review: fc.Arbitrary<GeneratedReview> = fc
  .record(
    {
      by: fc.uniqueArray(fc.constantFrom("oncall", "security", "alias"), { minLength: 1 }),
      approvals: fc.integer({ min: 1, max: 3 }),
      via: fc.constantFrom("card", "page"),
      within: fc.constantFrom("PT8H", "P1D", "PT24H", "P3D"),
      hours: fc.constantFrom("office", "bureau", "nights"),
      expiry: fc.constantFrom("leave", "reject", "reject", "reject", "reject"),
      after: fc.constantFrom("PT1H", "PT60M", "PT4H"),
      to: fc.uniqueArray(fc.constantFrom("oncall", "security", "alias", "leads"), { minLength: 1 }),
      recheck: fc.constantFrom("PT15M", "PT1H", "PT60M", "PT4H"),
    },
    { requiredKeys: ["by", "approvals", "to"] },
  )
  .map(({ by, approvals, via, within, hours, expiry, after, to, recheck }) => {
    const asked = by.map((name) => reviewerGroups[name]);
    const others = to.filter((name) => !asked.includes(reviewerGroups[name]));
    const escalate = after && others.length > 0 ? { after, to: others } : undefined;
    return {
      ...{ by, approvals },
      ...(via && { via }),
      ...(within && { within }),
      ...(hours && (within || escalate) && { hours }),
      ...(expiry && within && { expiry }),
      ...(escalate && { escalate }),
      ...(recheck && { recheck }),
    };
  });

/** Without the one thing that only a review rule may say. */
function leaving<Some extends GeneratedReview>(some: Some): Some {
  return some.expiry ? { ...some, expiry: "leave" } : some;
}

const expiry = fc.constantFrom("P1D", "P14D", "P2W", "PT36H");

function ruleOf(id: string, mode: fc.Arbitrary<Mode>, guarded: boolean): fc.Arbitrary<GeneratedRule> {
  const stop: Guards = guarded ? "any" : "none";
  const approve = fc.record(
    {
      effect: fc.constant<Effect>("approve"),
      mode,
      when: condition(guarded ? "safe" : "none", 2),
      expiresAfter: expiry,
    },
    { requiredKeys: ["effect", "mode", "when"] },
  );
  const stopping = { effect: fc.constantFrom<Effect>("reject", "review"), mode, review };
  const conditional = fc.record(
    { ...stopping, when: condition(stop, 2) },
    { requiredKeys: ["effect", "mode", "when"] },
  );
  const always = fc.record(stopping, { requiredKeys: ["effect", "mode"] });
  return fc
    .oneof({ arbitrary: approve, weight: 12 }, { arbitrary: conditional, weight: 5 }, { arbitrary: always, weight: 1 })
    .map((rule): GeneratedRule => ({ id, ...rule }))
    .map((rule) => (rule.effect === "reject" && rule.review ? { ...rule, review: leaving(rule.review) } : rule));
}

const modes = fc.oneof(
  { arbitrary: fc.constant<Mode>("enforce"), weight: 6 },
  { arbitrary: fc.constantFrom<Mode>("shadow", "off"), weight: 1 },
);

export type PolicyOptions = { readonly guarded: boolean };

export function policyNamed(name: string, { guarded }: PolicyOptions): fc.Arbitrary<GeneratedPolicy> {
  return fc.integer({ min: 1, max: 5 }).chain((count) =>
    fc
      .record(
        {
          rules: fc.tuple(...Array.from({ length: count }, (_, index) => ruleOf(`${name}-${index}`, modes, guarded))),
          match: condition("none", 1),
          defaultReview: review.map(leaving),
          exemptionParts: fc.array(
            fc.record({
              expires: fc.constantFrom("2026-05-15T12:00:00Z", "2027-03-31"),
              when: condition("none", 1),
              from: fc.nat({ max: 3 }),
            }),
            { maxLength: 2 },
          ),
        },
        { requiredKeys: ["rules", "exemptionParts"] },
      )
      .map(({ exemptionParts, ...parts }) => ({
        name,
        ...parts,
        exemptions: exemptionsFor(parts.rules, exemptionParts),
      })),
  );
}

function exemptionsFor(
  rules: readonly GeneratedRule[],
  parts: readonly { readonly expires: string; readonly when: ConditionMap; readonly from: number }[],
): readonly GeneratedExemption[] {
  const stopping = rules.filter(({ effect }) => effect !== "approve").map(({ id }) => id);
  return parts.flatMap(({ expires, when, from }, index) => {
    const named = stopping.slice(from % Math.max(stopping.length, 1));
    return named.length === 0 ? [] : [{ id: `EX-${index}`, rules: named, expires, when }];
  });
}

/** One to three policies over the same services. */
export function somePolicies(options: PolicyOptions): fc.Arbitrary<readonly GeneratedPolicy[]> {
  const more = { requiredKeys: ["a"] } as const;
  return fc
    .record(
      { a: policyNamed("a", options), b: policyNamed("b", options), c: policyNamed("c", options) },
      { requiredKeys: [...more.requiredKeys] },
    )
    .map((policies) => Object.values(policies));
}

/** A snapshot in which each fact is a value, absent (if it can be) or unavailable. */
export const someFacts: fc.Arbitrary<Facts> = fc
  .tuple(
    ...Object.entries(values).map(([name, choices]) => {
      const states: { readonly arbitrary: fc.Arbitrary<FactState>; readonly weight: number }[] = [
        { arbitrary: fc.constantFrom(...choices).map((value): FactState => ({ name, value })), weight: 10 },
      ];
      if (absentable.includes(name)) states.push({ arbitrary: fc.constant({ name, value: null }), weight: 1 });
      if (name !== "time.now") states.push({ arbitrary: fc.constant({ name, value: undefined }), weight: 1 });
      return fc.oneof(...states);
    }),
  )
  .map((states) => ({
    values: Object.fromEntries(
      states.flatMap(({ name, value }) => (value === null || value === undefined ? [] : [[name, value]])),
    ),
    absent: states.filter(({ value }) => value === null).map(({ name }) => name),
    unavailable: Object.fromEntries(
      states.filter(({ value }) => value === undefined).map(({ name }) => [name, "lost"]),
    ),
  }));

type FactState = { readonly name: string; readonly value: FactValue | null | undefined };

/** The policy as an author would have saved it. */
export function textOf(policy: GeneratedPolicy): string {
  const { name, match, defaultReview, rules, exemptions } = policy;
  return stringify(
    {
      apiVersion: "plgate/v1",
      kind: "ApprovalPolicy",
      name,
      ...(match && { match }),
      ...(defaultReview && { defaultReview }),
      lists,
      windows: { ...windows, ...weeklyWindows },
      reviewers: Object.fromEntries(Object.entries(reviewerGroups).map(([key, group]) => [key, reviewer(key, group)])),
      rules: rules.map((rule) => ({ because: `${rule.id} says so.`, ...rule })),
      exemptions: exemptions.map((exemption) => ({ reason: "An agreement.", ...exemption })),
    },
    { aliasDuplicateObjects: false },
  );
}

function reviewer(name: string, entraGroup: string) {
  const channels = reviewerChannels[name] ?? [];
  const [channel] = channels;
  if (channels.length === 1) return { entraGroup, channel };
  return channels.length === 0 ? { entraGroup } : { entraGroup, channels };
}
