import { listOf, numberOf, person, shortTime, textOf } from "./ask-api.ts";
import { details } from "./print.ts";
import { member } from "./where.ts";

/** True when the question is whether an approved connection stays. */
function isLive(request: unknown): boolean {
  return member(request, "live") !== undefined;
}

/** What a vote does, in the words of the question. */
export function voteWords(request: unknown, vote: "approve" | "reject"): string {
  if (isLive(request)) return vote === "approve" ? "keep the connection" : "take the connection away";
  return vote === "approve" ? "approve the connection" : "reject the connection";
}

type Line = readonly [name: string, text: string];

/** A request with who was asked, who voted and what came of it. */
export function formatRequest(request: unknown): string {
  const consumer = member(request, "consumer");
  return details([
    ["request", `${textOf(request, "id")}, ${stateOf(request)}`],
    ...questionOf(request),
    ["service", textOf(request, "serviceId") ?? "-"],
    ["connection", textOf(request, "connectionName") ?? "-"],
    [
      "consumer",
      `${textOf(consumer, "name") ?? "(not registered)"}, ${textOf(request, "consumerSubscriptionId") ?? "-"}`,
    ],
    ["endpoint", textOf(request, "endpointId") ?? "-"],
    ["message", textOf(request, "message") ?? "-"],
    ["policy says", policyOf(member(request, "verdict"))],
    ["asked", askedOf(request)],
    ...answerOf(request),
    ["outcome", textOf(request, "outcome") ?? "-"],
  ]);
}

function questionOf(request: unknown): readonly Line[] {
  if (!isLive(request)) return [["asks", "for a connection"]];
  return [
    ["asks", "whether an approved connection stays"],
    ["because", textOf(member(request, "live"), "why") ?? "-"],
  ];
}

function answerOf(request: unknown): readonly Line[] {
  const timetable = member(request, "timetable");
  const decided = member(request, "decided");
  const who = `${textOf(decided, "kind")} by ${person(member(decided, "by"))}: ${textOf(decided, "reason")}`;
  const expiresAt = textOf(request, "expiresAt");
  return [
    ...(timetable ? [["time ends", endOf(timetable, isLive(request))] satisfies Line] : []),
    ...listOf(request, "votes").map((vote): Line => ["vote", voteOf(vote, isLive(request))]),
    ...(decided ? [["decided", who] satisfies Line] : []),
    ...(expiresAt === null ? [] : [["expires", shortTime(expiresAt)] satisfies Line]),
  ];
}

function stateOf(request: unknown): string {
  const held = member(request, "held");
  const mode = held ? ` (held: the mode is ${textOf(held, "mode")})` : "";
  return `${textOf(request, "state")}${mode}`;
}

function policyOf(verdict: unknown): string {
  if (!verdict) return "-";
  return `${textOf(verdict, "effect")} (${listOf(verdict, "decidedBy").join(", ")}): ${textOf(verdict, "reason")}`;
}

function askedOf(request: unknown): string {
  const groups = listOf(request, "reviewers").map(
    (group) => `${textOf(group, "name") ?? textOf(group, "group")} (${numberOf(group, "approvals")} to approve)`,
  );
  return groups.length === 0 ? "nobody" : groups.join(", ");
}

function endOf(timetable: unknown, live: boolean): string {
  const at = shortTime(textOf(timetable, "dueAt"));
  const rejects = textOf(timetable, "expiry") === "reject";
  if (live) return `${at}; then ${rejects ? "it is taken away" : "it stays, and is flagged"}`;
  return `${at}; then ${rejects ? "it is rejected" : "it stays Pending"}`;
}

function voteOf(vote: unknown, live: boolean): string {
  const kind = textOf(vote, "vote");
  const word = live ? (kind === "approve" ? "keep" : "take away") : kind;
  return `${textOf(vote, "name")}, ${shortTime(textOf(vote, "at"))}: ${word}, ${textOf(vote, "justification")}`;
}
