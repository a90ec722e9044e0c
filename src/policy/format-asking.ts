import { plain } from "./plain.ts";
import type { CountedHours, Deadline, Escalation, ReviewTerms } from "./review-terms.ts";
import type { ReviewerGroup, StandIn } from "./reviewers.ts";

/** How people are asked, a line for each thing that is not as usual; nothing on plain terms in the fallback channel. */
export function formatAsking(reviewers: readonly ReviewerGroup[], terms: ReviewTerms): readonly string[] {
  const named = reviewers.filter(({ channels }) => channels !== undefined);
  return [
    ...named.map((reviewer) => `shows it to ${plain(reviewer.name)} in ${channelsOf(reviewer)}`),
    ...(terms.via === "page" ? ["takes the answer on the signed-in page only"] : []),
    ...terms.deadlines.map(formatDeadline),
    ...terms.escalations.map((escalation) => formatEscalation(escalation, reviewers)),
    ...(terms.recheck === undefined
      ? []
      : [`judges it anew every ${plain(terms.recheck)}, and asks nobody once it approves`]),
  ];
}

function formatDeadline({ within, hours, expiry }: Deadline): string {
  const then = expiry === "reject" ? "rejects" : "leaves it pending";
  return `waits ${plain(within)}${countedIn(hours)}, then ${then}`;
}

function formatEscalation({ after, hours, from, to }: Escalation, reviewers: readonly ReviewerGroup[]): string {
  const asked = from.map((group) => plain(reviewers.find((reviewer) => reviewer.group === group)?.name ?? group));
  const others = to.map((one) => `${plain(one.name)}${one.channels ? ` (in ${channelsOf(one)})` : ""}`);
  const time = `${plain(after)}${countedIn(hours)}`;
  return `after ${time}, ${others.join(", ")} may answer in the place of ${asked.join(", ")}`;
}

function countedIn(hours: CountedHours | null): string {
  return hours ? ` of ${plain(hours.name)}` : "";
}

function channelsOf({ channels = [] }: StandIn): string {
  return channels.map(plain).join(", ");
}
