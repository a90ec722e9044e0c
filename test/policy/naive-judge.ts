import type { Facts, FactValue } from "../../src/connection/facts.ts";
import type { Effect } from "../../src/policy/parse-rules.ts";
import { durationMinutes } from "../../src/policy/time.ts";
import {
  type ConditionMap,
  type GeneratedPolicy,
  type GeneratedReview,
  type GeneratedRule,
  lists,
  reviewerChannels,
  reviewerGroups,
  weeklyHours,
  windows,
} from "./generated.ts";

/**
 * The specification a second time, as directly as it can be written down: no compiler, no lines, no trace, no speed.
 * It reads generated policies as data and knows only the facts that these ask for.
 */
export type NaiveVerdict = {
  readonly effect: Effect;
  readonly decidedBy: readonly string[];
  readonly reviewers: Readonly<Record<string, number>>;
  readonly expiresMinutes: number | null;
  readonly terms: NaiveTerms;
};

/** Each list sorted and without doubles, its items as texts that say all that counts. */
export type NaiveTerms = {
  readonly via: "card" | "page";
  /** Null without deadlines. */
  readonly expiry: "leave" | "reject" | null;
  readonly deadlines: readonly string[];
  readonly escalations: readonly string[];
  readonly channels: readonly string[];
  /** Infinite where policy is not asked again. */
  readonly recheckMinutes: number;
};

type Truth = boolean | null;
type Known = FactValue | null | undefined;

const caseBlind = ["consumer.subscriptionId", "endpoint.region"];

function lookUp(facts: Facts, name: string): Known {
  if (facts.absent.includes(name)) return null;
  const value = facts.values[name];
  return typeof value === "string" && caseBlind.includes(name) ? value.toLowerCase() : value;
}

function holds(map: ConditionMap, facts: Facts): Truth {
  return all(
    Object.entries(map).map(([key, value]) => {
      if (key === "anyOf") return any((value as ConditionMap[]).map((part) => holds(part, facts)));
      if (key === "not") return opposite(holds(value as ConditionMap, facts));
      return all(testsOf(value).map(([operator, wanted]) => test(lookUp(facts, key), operator, wanted, key)));
    }),
  );
}

function testsOf(value: unknown): readonly (readonly [string, unknown])[] {
  if (Array.isArray(value)) return [["in", value]];
  return typeof value === "object" && value !== null ? Object.entries(value) : [["equals", value]];
}

function test(known: Known, operator: string, wanted: unknown, fact: string): Truth {
  if (operator === "known") return (known !== undefined) === wanted;
  if (known === undefined) return null;
  if (operator === "exists") return (known !== null) === wanted;
  if (operator.startsWith("not")) {
    const positive = operator.slice(3, 4).toLowerCase() + operator.slice(4);
    return opposite(test(known, positive, wanted, fact));
  }
  return known === null ? false : compare(known, operator, wanted, fact);
}

function compare(known: FactValue, operator: string, wanted: unknown, fact: string): boolean {
  const fold = (value: unknown) => (caseBlind.includes(fact) ? String(value).toLowerCase() : value);
  switch (operator) {
    case "equals":
      return known === fold(wanted);
    case "in":
      return (wanted as unknown[]).map(fold).includes(known);
    case "inList":
      return (lists[String(wanted)] ?? []).map(fold).includes(known);
    case "like":
      return matches(String(wanted), String(known));
    case "lessThan":
      return Number(known) < Number(wanted);
    case "atLeast":
      return Number(known) >= Number(wanted);
    case "within": {
      const window = windows[String(wanted)];
      const now = Date.parse(String(known));
      return window !== undefined && Date.parse(window.start) <= now && now < Date.parse(window.end);
    }
    default:
      throw new Error(`no operator ${operator}`);
  }
}

/** The generated patterns hold nothing that a regular expression would read otherwise. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`).test(text);
}

function all(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

function any(truths: readonly Truth[]): Truth {
  if (truths.includes(true)) return true;
  return truths.includes(null) ? null : false;
}

function opposite(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

type Ruling = { readonly rule: GeneratedRule; readonly policy: GeneratedPolicy; readonly truth: Truth };

function rulingsOf(policy: GeneratedPolicy, facts: Facts): readonly Ruling[] {
  const match = policy.match ? holds(policy.match, facts) : true;
  return policy.rules
    .filter(({ mode }) => mode === "enforce")
    .map((rule) => {
      const exempt = policy.exemptions
        .filter(({ rules }) => rules.includes(rule.id))
        .map(({ expires, when }) => {
          const inForce = Date.parse(String(facts.values["time.now"])) < Date.parse(expires);
          return all([inForce, match, holds(when, facts)]);
        });
      const condition = all([match, rule.when ? holds(rule.when, facts) : true]);
      return { rule, policy, truth: all([condition, opposite(any(exempt))]) };
    });
}

export function judgeNaively(policies: readonly GeneratedPolicy[], facts: Facts): NaiveVerdict {
  const rulings = policies.flatMap((policy) => rulingsOf(policy, facts));
  const of = (effect: Effect, ...truths: readonly Truth[]) =>
    rulings.filter(({ rule, truth }) => rule.effect === effect && truths.includes(truth));
  const nothing = { reviewers: {}, expiresMinutes: null, terms: termsOf([]) };
  const rejects = of("reject", true);
  if (rejects.length > 0) return { effect: "reject", decidedBy: idsOf(rejects), ...nothing };
  const reviews = [...of("review", true, null), ...of("reject", null)];
  if (reviews.length > 0) {
    const asked = reviews.map(({ rule, policy }) => rule.review ?? policy.defaultReview);
    const terms = termsOf(reviews.map(({ truth }, index) => ({ review: asked[index], truth })));
    return { effect: "review", decidedBy: idsOf(reviews), ...nothing, reviewers: reviewersOf(asked), terms };
  }
  const approves = of("approve", true);
  if (approves.length > 0) {
    const minutes = of("approve", true, null).flatMap(({ rule }) => durationMinutes(rule.expiresAfter ?? "") ?? []);
    const expiresMinutes = minutes.length === 0 ? null : Math.min(...minutes);
    return { effect: "approve", decidedBy: idsOf(approves), ...nothing, expiresMinutes };
  }
  const covering = policies.filter(({ match }) => !match || holds(match, facts) !== false);
  const reviewers = reviewersOf(covering.map(({ defaultReview }) => defaultReview));
  const terms = termsOf(covering.map(({ defaultReview }) => ({ review: defaultReview, truth: true })));
  return { effect: "review", decidedBy: ["default"], ...nothing, reviewers, terms };
}

type Asking = { readonly review: GeneratedReview | undefined; readonly truth: Truth };

function termsOf(asking: readonly Asking[]): NaiveTerms {
  const reviews = asking.flatMap(({ review, truth }) => (review ? [{ ...review, truth }] : []));
  const timed = reviews.filter(({ within }) => within !== undefined);
  const rejects = timed.every(({ expiry, truth }) => expiry === "reject" && truth === true);
  const hoursOf = (hours: string | undefined) => (hours ? weeklyHours[hours] : "all");
  return {
    via: reviews.some(({ via }) => via === "page") ? "page" : "card",
    expiry: timed.length === 0 ? null : rejects ? "reject" : "leave",
    deadlines: once(timed.map(({ within = "", hours }) => `${durationMinutes(within)} ${hoursOf(hours)}`)),
    escalations: once(
      reviews.flatMap(({ by, escalate, hours }) => {
        if (!escalate) return [];
        const [from, to] = [by, escalate.to].map((names) => once(names.map((name) => reviewerGroups[name] ?? "")));
        return [`${durationMinutes(escalate.after)} ${hoursOf(hours)} ${from} ${to} ${channelsOf(escalate.to)}`];
      }),
    ),
    channels: channelsOf(reviews.flatMap(({ by }) => by)),
    recheckMinutes: Math.min(...reviews.flatMap(({ recheck }) => durationMinutes(recheck ?? "") ?? [])),
  };
}

/** `group: channel`, so that a channel of one group is none of another. */
function channelsOf(names: readonly string[]): readonly string[] {
  return once(names.flatMap((name) => (reviewerChannels[name] ?? []).map((one) => `${reviewerGroups[name]}: ${one}`)));
}

function once(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].sort();
}

function idsOf(rulings: readonly Ruling[]): readonly string[] {
  return rulings.map(({ rule }) => rule.id).sort();
}

function reviewersOf(reviews: readonly (GeneratedReview | undefined)[]): Readonly<Record<string, number>> {
  const asked: Record<string, number> = {};
  for (const { by, approvals } of reviews.filter((review) => review !== undefined)) {
    for (const name of by) {
      const group = reviewerGroups[name] ?? name;
      asked[group] = Math.max(asked[group] ?? 0, approvals);
    }
  }
  return Object.keys(asked).length === 0 ? { fallback: 1 } : asked;
}
