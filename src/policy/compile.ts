import { policyDigest } from "./digest.ts";
import type { DriftHandling } from "./drift-terms.ts";
import type { ExemptionTree } from "./exemptions.ts";
import { type FactSpec, factTableDigest } from "./facts.ts";
import type { PolicyFault } from "./faults.ts";
import { type Answers, answersOf, type OperatorName } from "./operators.ts";
import { type ParseOptions, type PolicyTree, parsePolicy } from "./parse.ts";
import type { ConditionTree, TestTree } from "./parse-condition.ts";
import type { Wanted } from "./parse-operand.ts";
import type { ReviewTree } from "./parse-review.ts";
import type { Effect, Mode, RuleTree } from "./parse-rules.ts";
import { plainTerms, type ReviewTerms } from "./review-terms.ts";
import type { ReviewerGroup } from "./reviewers.ts";
import { durationMinutes } from "./time.ts";

export { policyDigest } from "./digest.ts";

/** One test, ready to be asked. Its fact is read once per evaluation, into the slot. */
export type CompiledTest = Answers & {
  readonly kind: "test";
  readonly slot: number;
  readonly fact: string;
  readonly op: OperatorName;
  readonly want: Wanted;
  readonly line: number;
  /** Where in its rule it stands: `when.anyOf[1]`. */
  readonly at: string;
};

export type CompiledCondition =
  | CompiledTest
  | { readonly kind: "all" | "any"; readonly parts: readonly CompiledCondition[] }
  | { readonly kind: "not"; readonly part: CompiledCondition };

export type Expiry = { readonly text: string; readonly minutes: number };

export type CompiledRule = {
  readonly id: string;
  readonly line: number;
  readonly effect: Effect;
  readonly mode: Mode;
  readonly because: string;
  /** Whom the rule asks: its own reviewers or the policy's; empty when neither names any. */
  readonly reviewers: readonly ReviewerGroup[];
  /** How it asks them. */
  readonly terms: ReviewTerms;
  /** Null means without end. */
  readonly expiresAfter: Expiry | null;
  /** Undefined holds always. */
  readonly when: CompiledCondition | undefined;
};

export type CompiledExemption = {
  readonly id: string;
  readonly line: number;
  readonly rules: readonly string[];
  readonly reason: string;
  readonly expires: number;
  readonly when: CompiledCondition;
};

/** What a policy says of drift, and whom it asks: its own reviewers for that, or those of `defaultReview`. */
export type CompiledDrift = {
  readonly line: number;
  readonly handling: DriftHandling;
  readonly grace: string;
  readonly review: ReviewTree;
};

/** A policy that was checked and can be evaluated. It depends on nothing but its source and this engine. */
export type CompiledPolicy = {
  readonly name: string;
  /** Hex digest of the source's LF-normalised bytes. */
  readonly sha256: string;
  readonly owner: string | undefined;
  readonly description: string | undefined;
  /** The fact table it was checked against. */
  readonly factTable: string;
  /** The facts that it asks for; a test's slot is an index into it. */
  readonly facts: readonly FactSpec[];
  readonly match: CompiledCondition | undefined;
  /** Who is asked when no rule decides, and how; nobody: the app's fallback group. */
  readonly defaultReview: ReviewTree;
  /** Undefined when it says nothing of drift. */
  readonly drift: CompiledDrift | undefined;
  /** Reviewer names and the Entra groups behind them. */
  readonly reviewers: ReadonlyMap<string, string>;
  readonly rules: readonly CompiledRule[];
  readonly exemptions: readonly CompiledExemption[];
};

export type CompileResult =
  | { readonly ok: true; readonly policy: CompiledPolicy; readonly warnings: readonly PolicyFault[] }
  | { readonly ok: false; readonly faults: readonly PolicyFault[] };

/**
 * Checks a policy's source and compiles it to closures, or says everything that is wrong with it (policy.md 5).
 * `file` is only the name that stands in the findings. Never throws for whatever the source holds.
 */
export function compilePolicy(source: string, file: string, options: ParseOptions = {}): CompileResult {
  const parsed = parsePolicy(source, file, options);
  if (!parsed.ok) return parsed;
  return { ok: true, policy: compileTree(parsed.tree, policyDigest(source)), warnings: parsed.warnings };
}

type Slots = Map<string, { readonly slot: number; readonly fact: FactSpec }>;

function compileTree(tree: PolicyTree, digest: string): CompiledPolicy {
  const slots: Slots = new Map();
  const match = tree.match && compileCondition(tree.match, slots);
  const defaultReview = tree.defaultReview ?? nobody;
  const rules = tree.rules.map((rule) => compileRule(rule, defaultReview, slots));
  const exemptions = tree.exemptions.map((exemption) => compileExemption(exemption, slots));
  const drift = tree.drift && { ...tree.drift, review: tree.drift.review ?? defaultReview };
  const { name, owner, description, reviewers } = tree;
  const facts = [...slots.values()].map(({ fact }) => fact);
  const about = { name, sha256: digest, owner, description, factTable: factTableDigest };
  return { ...about, facts, match, defaultReview, drift, reviewers, rules, exemptions };
}

const nobody: ReviewTree = { reviewers: [], terms: plainTerms };

function compileRule(rule: RuleTree, defaultReview: ReviewTree, slots: Slots): CompiledRule {
  const { id, effect, mode, because } = rule;
  const minutes = rule.expiresAfter === undefined ? undefined : durationMinutes(rule.expiresAfter);
  return {
    id,
    line: rule.at.line,
    effect,
    mode,
    // Line breaks of the file are none of the reader's.
    because: because.replace(/\s+/g, " ").trim(),
    ...(rule.review ?? defaultReview),
    expiresAfter:
      rule.expiresAfter === undefined || minutes === undefined ? null : { text: rule.expiresAfter, minutes },
    when: rule.when && compileCondition(rule.when, slots),
  };
}

function compileExemption(exemption: ExemptionTree, slots: Slots): CompiledExemption {
  const { id, rules, reason, expires } = exemption;
  return { id, line: exemption.at.line, rules, reason, expires, when: compileCondition(exemption.when, slots) };
}

function compileCondition(tree: ConditionTree, slots: Slots): CompiledCondition {
  if (tree.kind === "test") return compileTest(tree, slots);
  if (tree.kind === "not") return { kind: "not", part: compileCondition(tree.part, slots) };
  return { kind: tree.kind, parts: tree.parts.map((part) => compileCondition(part, slots)) };
}

function compileTest(tree: TestTree, slots: Slots): CompiledTest {
  const { slot } = slots.get(tree.fact.name) ?? { slot: slots.size };
  slots.set(tree.fact.name, { slot, fact: tree.fact });
  const { whenValue, whenAbsent, whenUnavailable } = answersOf(tree.operator, tree.operand);
  return {
    kind: "test",
    slot,
    fact: tree.fact.name,
    op: tree.operator.name,
    want: tree.want,
    line: tree.at.line,
    at: tree.path,
    whenValue,
    whenAbsent,
    whenUnavailable,
  };
}
