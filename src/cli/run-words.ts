import { countsIn, listOf, numberOf, person, shortId, shortTime, textOf } from "./ask-api.ts";
import { details, table } from "./print.ts";
import { member } from "./where.ts";

/** Runs as a list shows them. */
export function formatRuns(runs: readonly unknown[]): string {
  return table(runs, [
    ["RUN", (run) => textOf(run, "id") ?? "-"],
    ["STATE", (run) => stateOf(run)],
    ["BEGUN", (run) => shortTime(textOf(run, "startedAt"))],
    ["DUE", (run) => shortTime(textOf(run, "dueAt"))],
    ["BY", (run) => person(member(run, "startedBy"))],
    ["SCOPE", (run) => scopeOf(run)],
    ["NOTE", (run) => textOf(run, "note") ?? "-"],
  ]);
}

/** One run and how far it is. */
export function formatProgress(progress: unknown): string {
  const run = member(progress, "run");
  const services = member(progress, "services");
  const service = member(progress, "service");
  const facts: (readonly [string, string])[] = [
    ["run", `${textOf(run, "id")}, ${stateOf(run)}`],
    ["scope", scopeOf(run)],
    ["note", textOf(run, "note") ?? "-"],
    ["begun", `${shortTime(textOf(run, "startedAt"))} by ${person(member(run, "startedBy"))}`],
  ];
  if (member(run, "confirmedBy")) facts.push(["confirmed", `by ${person(member(run, "confirmedBy"))}`]);
  if (textOf(run, "dueAt"))
    facts.push(["due", `${shortTime(textOf(run, "dueAt"))}; unanswered: ${textOf(run, "unanswered")}`]);
  facts.push(
    ["asked", `${numberOf(progress, "asked")}, of them open ${numberOf(progress, "open")}`],
    ["still to come", `${numberOf(progress, "waiting")} at the services looked at so far`],
    ["services", `${numberOf(services, "done")} of ${numberOf(services, "seen")} seen are done`],
    ["connections", countsIn(member(progress, "counts"))],
  );
  if (service) {
    facts.push(
      ["on ARM now", countsIn(member(service, "connections"))],
      ["can it go?", textOf(service, "remark") ?? "-"],
    );
  }
  if (textOf(run, "endedAt")) facts.push(["ended", shortTime(textOf(run, "endedAt"))]);
  return details(facts) + leftOf(progress);
}

function leftOf(progress: unknown): string {
  const left = listOf(progress, "left");
  if (left.length === 0) return "";
  const rows = table(left.slice(0, 20), [
    ["SERVICE WITH SOMETHING LEFT", (one) => shortId(textOf(one, "serviceId"))],
    ["OPEN", (one) => String(numberOf(one, "open"))],
    ["TO COME", (one) => String(numberOf(one, "waiting"))],
  ]);
  return `\n${rows}${left.length > 20 ? `and ${left.length - 20} more\n` : ""}`;
}

/** How far a run is, for who watches it, and whether that is the end. */
export function tellProgress(progress: unknown): { readonly text: string; readonly over: boolean } {
  return { text: progressLine(progress), over: isOver(progress) };
}

function progressLine(progress: unknown): string {
  const services = member(progress, "services");
  const seen = `${numberOf(services, "done")} of ${numberOf(services, "seen")} services done`;
  return `${textOf(member(progress, "run"), "id")}: ${seen}, ${countsIn(member(progress, "counts"))}, ${numberOf(progress, "waiting")} to come`;
}

/** True when nothing more is to be seen: a run that ended, or a drain that has nothing left to take away. */
function isOver(progress: unknown): boolean {
  const run = member(progress, "run");
  return ["stopped", "finished"].includes(textOf(run, "state") ?? "") || textOf(run, "drainedAt") !== null;
}

function stateOf(run: unknown): string {
  const state = textOf(run, "state") ?? "-";
  return state === "running" && textOf(run, "drainedAt") ? "drained" : state;
}

function scopeOf(run: unknown): string {
  const scope = member(run, "scope");
  const parts = [
    ["service", shortId(textOf(scope, "serviceId"))],
    ["subscription", textOf(scope, "subscriptionId") ?? "-"],
    ["consumer", textOf(scope, "consumerSubscriptionId") ?? "-"],
  ].flatMap(([name, value]) => (value === "-" ? [] : [`${name} ${value}`]));
  return parts.join(", ") || "all approvals";
}
