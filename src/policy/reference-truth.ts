import { answersOf, type Operand, type OperatorSpec, operators } from "./operators.ts";
import { and, not, or, type Truth } from "./truth.ts";

function shown(truth: Truth): string {
  return truth === null ? "**unknown**" : String(truth);
}

/** The answers of every operator, asked of the operators themselves. */
export function operatorTruths(): readonly (readonly string[])[] {
  return [...operators.values()].flatMap((operator) =>
    operator.takes === "flag" ? [flagRow(operator, true), flagRow(operator, false)] : [valueRow(operator)],
  );
}

/** What a value is compared with only says what the value column says anyway. */
const anything: Operand = { kind: "values", values: new Set() };

function valueRow(operator: OperatorSpec): readonly string[] {
  const { whenAbsent, whenUnavailable } = answersOf(operator, anything);
  return [`\`${operator.name}\``, "true or false", shown(whenAbsent), shown(whenUnavailable)];
}

function flagRow(operator: OperatorSpec, flag: boolean): readonly string[] {
  const { whenValue, whenAbsent, whenUnavailable } = answersOf(operator, { kind: "flag", flag });
  return [`\`${operator.name}: ${flag}\``, shown(whenValue("")), shown(whenAbsent), shown(whenUnavailable)];
}

const truths: readonly Truth[] = [true, false, null];

export function kleeneTable(): readonly (readonly string[])[] {
  return truths.flatMap((a) => truths.map((b) => [a, b, and(a, b), or(a, b), not(a)].map(shown)));
}
