import type { Findings, Position } from "./faults.ts";
import { type Answers, answersOf } from "./operators.ts";
import { type ConditionTree, type TestTree, testsOf } from "./parse-condition.ts";
import type { Comparable } from "./readings.ts";

/** Where a `known` test stands decides what it may do. */
export type GuardPlace = "match" | "approval" | "expiring-approval" | "stopping" | "exemption";

/**
 * `known` is the one test that answers although the fact is lost, so it can turn lost knowledge into a decision.
 * Refused where that would let somebody in; named by a warning wherever else it can change an outcome.
 */
export function checkGuards(tree: ConditionTree, place: GuardPlace, findings: Findings): void {
  for (const test of testsOf(tree)) {
    if (test.operator.name === "known") checkGuard(test, place, findings);
  }
}

function checkGuard(test: TestTree, place: GuardPlace, findings: Findings): void {
  const turnsTrue = (test.want === false) !== test.inverted;
  switch (place) {
    case "match":
      findings.error(test.at, "known cannot stand in match: a lost fact would take the whole policy away");
      return;
    case "approval":
    case "expiring-approval":
    case "exemption":
      if (turnsTrue) {
        const what = place === "exemption" ? "an exemption" : "an approve rule";
        findings.error(
          test.at,
          `this turns ${what} true when ${test.fact.name} is lost: only known: true is taken here`,
        );
      } else if (place !== "approval") {
        findings.warn(test.at, "known-guard", guardWarning(test, place));
      }
      return;
    case "stopping":
      findings.warn(test.at, "known-guard", guardWarning(test, place));
  }
}

function guardWarning(test: TestTree, place: "stopping" | "exemption" | "expiring-approval"): string {
  const lost = `when ${test.fact.name} is lost`;
  switch (place) {
    case "stopping":
      return `known decides ${lost}: without it the request would go to people`;
    case "exemption":
      return `${lost} the exemption does not hold, so a reject rule it names rejects`;
    case "expiring-approval":
      return `${lost} this rule's expiresAfter no longer shortens another rule's approval`;
  }
}

/** Warns when whoever asks could make the rule true by writing the right words (policy.md 2). */
export function warnConsumerWritten(when: ConditionTree, at: Position, findings: Findings): void {
  if (testsOf(when).length > 0 && restsOnConsumer(when, false)) {
    findings.warn(at, "consumer-written", "this approves on nothing but what the consumer wrote: anyone can write it");
  }
}

function restsOnConsumer(tree: ConditionTree, inverted: boolean): boolean {
  if (tree.kind === "test") return tree.fact.consumerWritten === true;
  if (tree.kind === "not") return restsOnConsumer(tree.part, !inverted);
  // NOT (a AND b) holds as soon as one of them fails.
  const anyIsEnough = (tree.kind === "any") !== inverted;
  if (anyIsEnough) return tree.parts.some((part) => restsOnConsumer(part, inverted));
  return tree.parts.every((part) => restsOnConsumer(part, inverted));
}

/** Warns when the conditions that must all hold contradict each other on one fact. */
export function warnNeverTrue(
  match: ConditionTree | undefined,
  when: ConditionTree,
  at: Position,
  findings: Findings,
): void {
  const byFact = Map.groupBy([...required(match), ...required(when)], (test) => test.fact.name);
  for (const [name, tests] of byFact) {
    if (!isSatisfiable(tests))
      findings.warn(at, "never-true", `this cannot become true: nothing fits all that is asked of ${name}`);
  }
}

function required(tree: ConditionTree | undefined): readonly TestTree[] {
  if (!tree) return [];
  if (tree.kind === "test") return [tree];
  return tree.kind === "all" ? tree.parts.flatMap(required) : [];
}

function isSatisfiable(tests: readonly TestTree[]): boolean {
  const answers = tests.map((test) => answersOf(test.operator, test.operand));
  const fact = tests[0]?.fact;
  if (fact?.absentWhen !== null && answers.every((answer) => answer.whenAbsent === true)) return true;
  if (answers.every((answer) => answer.whenUnavailable === true)) return true;
  const candidates = candidateValues(tests);
  if (candidates) return candidates.some((value) => answers.every((answer) => answer.whenValue(value)));
  return !refusesEveryValue(tests, answers);
}

/** `exists: false` and `known: false` hold for no value at all. */
function refusesEveryValue(tests: readonly TestTree[], answers: readonly Answers[]): boolean {
  return tests.some((test, index) => test.operand.kind === "flag" && answers[index]?.whenValue(false) === false);
}

/** Values of which one fits if any value does; undefined when they cannot be counted out. */
function candidateValues(tests: readonly TestTree[]): readonly Comparable[] | undefined {
  for (const { operand, operator } of tests) {
    if (operand.kind === "values" && !operator.negated) return [...operand.values];
  }
  switch (tests[0]?.fact.type) {
    case "bool":
      return [true, false];
    case "visibility":
      return ["rbac", "restricted", "anyone"];
    case "int":
      return tests.flatMap(numbersOf).flatMap(around).concat(0).filter(isCount);
    default:
      return undefined;
  }
}

function numbersOf({ operand }: TestTree): readonly Comparable[] {
  if (operand.kind === "integer") return [operand.integer];
  return operand.kind === "values" ? [...operand.values] : [];
}

function around(value: Comparable): readonly Comparable[] {
  return typeof value === "number" ? [value - 1, value, value + 1] : [];
}

/** Every int of the fact table is a count. */
function isCount(value: Comparable): boolean {
  return typeof value === "number" && value >= 0;
}
