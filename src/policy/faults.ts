/** Where something stands in its file; both count from 1. */
export type Position = { readonly line: number; readonly column: number };

/** The names by which warnings are acknowledged when a policy is published (policy.md 5), and what each says. */
export const warningMeanings = {
  "known-guard": "`known` decides what happens when a fact is lost; without it the request would go to people.",
  "never-true": "What is asked of one fact contradicts itself, so the rule cannot hold.",
  "reject-on-expiry": "A review rule rejects when nobody answers in time, which is final in Azure.",
  "revokes-all": "`drift: revoke` stands in a policy without an approve rule that counts.",
  "consumer-written": "An approve rule rests on nothing but what the consumer wrote.",
  "duplicate-entry": "A value stands twice in a list.",
  unused: "No rule uses a list, window or reviewer.",
  untested: "There are no tests beside the policy, or no case of them makes a rule true; said when it is published.",
  "never-in-shadow":
    "A reject rule counts that the version in force has neither in shadow nor enforced; said when it is published.",
  "never-escalated":
    "`drift: revoke`, and the version in force has not even asked people about drift; said when it is published.",
  "exemption-expired": "An exemption is over and can go.",
  "exemption-expires-soon": "An exemption has under 30 days left.",
} as const;

export type WarningName = keyof typeof warningMeanings;

/** One finding about a policy file: an error refuses the file, a warning must be acknowledged to publish it. */
export type PolicyFault = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The rule or exemption it is about; `(list)` for a named list. */
  readonly rule?: string;
  readonly severity: "error" | "warning";
  /** Warnings only. */
  readonly name?: WarningName;
  readonly message: string;
};

/** Collects findings, so that a check goes on after the first one. */
export type Findings = {
  readonly error: (at: Position, message: string) => void;
  readonly warn: (at: Position, name: WarningName, message: string) => void;
  /** The same collection, for findings about one rule. */
  readonly about: (rule: string) => Findings;
};

export function collectFindings(file: string, into: PolicyFault[], rule?: string): Findings {
  const about = rule === undefined ? {} : { rule };
  return {
    error: (at, message) => {
      into.push({ file, line: at.line, column: at.column, ...about, severity: "error", message });
    },
    warn: (at, name, message) => {
      into.push({ file, line: at.line, column: at.column, ...about, severity: "warning", name, message });
    },
    about: (name) => collectFindings(file, into, name),
  };
}

export function sortFaults(faults: readonly PolicyFault[]): readonly PolicyFault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column || compareText(a.message, b.message));
}

/** One line for a person or an editor: `file:line:column rule message`. */
export function formatFault(fault: PolicyFault): string {
  const kind = fault.severity === "warning" ? `warning (${fault.name ?? "unnamed"}): ` : "";
  return `${fault.file}:${fault.line}:${fault.column} ${fault.rule ?? "(policy)"} ${kind}${fault.message}`;
}

/** Orders by UTF-16 code unit: the same on every machine, whatever its locale. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** `; did you mean …?` for the nearest of the known names, or nothing when none is near. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const nearest = nearestName(written, known);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

export function nearestName(written: string, known: Iterable<string>): string | undefined {
  const wanted = written.toLowerCase();
  const reach = wanted.length <= 4 ? 1 : 2;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    if (Math.abs(name.length - wanted.length) > reach || wanted.length > 80) continue;
    const distance = editDistance(wanted, name.toLowerCase());
    if (distance <= reach && (best === undefined || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** Insertions, deletions, replacements and swapped neighbours between two short names. */
function editDistance(one: string, other: string): number {
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row += 1) {
    const current = nextRow(one, other, row, before, last);
    before = last;
    last = current;
  }
  return cell(last, other.length);
}

function nextRow(
  one: string,
  other: string,
  row: number,
  before: readonly number[],
  last: readonly number[],
): readonly number[] {
  const current = [row];
  for (let column = 1; column <= other.length; column += 1) {
    const replaced = one[row - 1] === other[column - 1] ? 0 : 1;
    const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
    const distances = [cell(last, column) + 1, cell(current, column - 1) + 1, cell(last, column - 1) + replaced];
    current.push(Math.min(...distances, swapped ? cell(before, column - 2) + 1 : Number.POSITIVE_INFINITY));
  }
  return current;
}

function cell(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
