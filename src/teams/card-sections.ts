import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import type { Actor, Door } from "../decision/decision.ts";
import { type ApprovalRequest, type Failure, isOpen, type Vote } from "../requests/request.ts";
import type { RequestView } from "../workflow/ports.ts";
import { type CardElement, type Fact, factSet, moment, paragraph, title } from "./adaptive-card.ts";
import { heldBack, namesOf, possibleAnswers, shortName } from "./card-status.ts";
import { plainText } from "./plain-text.ts";

// A card must stay under 20 KB whatever is written into it (teams.md 5); these are its share for each part.
const sentenceLimit = 200;
const messageLimit = 200;
const wordsLimit = 140;
const listedLimit = 40;
const listLimit = 4;
const votersLimit = 3;

/** Who wants to connect to what. */
export function connectionFacts({ request, history }: RequestView): readonly CardElement[] {
  const service = parseServiceId(request.serviceId);
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId) : undefined;
  const names = namesOf(request);
  const facts = [
    { title: "Service", value: names.service },
    { title: "Subscription", value: shortName(service?.subscriptionId ?? null) },
    { title: "Resource group", value: shortName(service?.resourceGroup ?? null) },
    { title: "Region", value: shortName(request.serviceRegion) },
    { title: "Customer", value: customerOf(request) },
    { title: "Consumer subscription", value: shortName(request.consumerSubscriptionId) },
    ...(request.consumer?.tenantId ? [{ title: "Consumer tenant", value: shortName(request.consumer.tenantId) }] : []),
    { title: "Endpoint", value: names.endpoint },
    { title: "Endpoint group", value: shortName(endpoint?.resourceGroup ?? null) },
    { title: "Endpoint region", value: shortName(request.endpointRegion) },
    { title: "Asked", value: moment(request.requestedAt) },
    // Once it ended, "before" would count this very request.
    ...(isOpen(request) ? [{ title: "Earlier requests", value: earlier(request, history) }] : []),
  ];
  return [title("Connection"), ...factSet(facts)];
}

/** What the consumer wrote, marked as theirs: it proves nothing. */
export function consumerWords({ message }: ApprovalRequest): readonly CardElement[] {
  const words = plainText(message ?? "", messageLimit);
  if (!words) return [paragraph("The consumer sent no message.", { isSubtle: true, size: "Small" })];
  return [
    {
      type: "Container",
      style: "emphasis",
      spacing: "Medium",
      items: [
        paragraph("The consumer's own words, not checked by anybody:", { isSubtle: true, size: "Small" }),
        paragraph(words, { spacing: "Small" }),
      ],
    },
  ];
}

/** Why policy left it to people, or what it said. */
export function policyWords(view: RequestView): readonly CardElement[] {
  const { verdict } = view.request;
  if (!verdict) return [];
  const asked = view.request.state === "awaiting-decision" && !heldBack(view);
  return [
    title(asked ? "Why people are asked" : "What policy said"),
    paragraph(asked ? whyAsked(view.request) : sentence(verdict.reason)),
    ...factSet([
      ...(verdict.decidedBy.length > 0 ? [{ title: "Rules", value: listed(verdict.decidedBy) }] : []),
      ...(verdict.unavailable.length > 0 ? [{ title: "Could not be read", value: listed(verdict.unavailable) }] : []),
    ]),
  ];
}

/** Who has to agree, and who has. */
export function approvals(view: RequestView): readonly CardElement[] {
  const { reviewers, votes } = view.request;
  if (reviewers.length === 0) return [];
  const rows = reviewers.map((group) => {
    const given = votes.filter((vote) => vote.vote === "approve" && vote.groups.includes(group.group));
    const names =
      given.length > 0
        ? `: ${listed(
            given.map(({ name }) => name),
            votersLimit,
          )}`
        : "";
    const fact = { title: brief(group.name), value: `${given.length} of ${group.approvals}${names}` };
    return { fact, isMissing: given.length < group.approvals };
  });
  const missing = rows.filter(({ isMissing }) => isMissing).map(({ fact }) => fact.title);
  return [
    title("Approvals"),
    ...factSet(shortened(rows.map(({ fact }) => fact))),
    ...stillNeeded(missing, view),
    ...factSet(votes.slice(-listLimit).map(spoken)),
  ];
}

function stillNeeded(missing: readonly string[], view: RequestView): readonly CardElement[] {
  const answers = possibleAnswers(view);
  if (answers.length === 0 || missing.length === 0) return [];
  const ends = answers.includes("reject") ? " One rejection ends it." : "";
  return [paragraph(`Still needed from ${listed(missing)}.${ends}`, { spacing: "Small" })];
}

/** How it was decided: who, where, when and why. */
export function decision({ decided }: ApprovalRequest): readonly CardElement[] {
  if (!decided) return [];
  return [
    title("Decision"),
    ...factSet([
      { title: "Answer", value: decided.kind },
      { title: "By", value: `${actorName(decided.by)}, ${doorWords(decided.door)}` },
      { title: "When", value: moment(decided.at) },
      { title: "Why", value: sentence(decided.reason) },
      ...(decided.expiresAfter ? [{ title: "Lasts", value: decided.expiresAfter }] : []),
    ]),
  ];
}

/** How it ended, or what an operator has to do so that it can. */
export function ending({ state, outcome, updatedAt, failure, expiresAt }: ApprovalRequest): readonly CardElement[] {
  if (state === "failed" && failure) return failed(failure);
  if (!outcome) return [];
  return [
    title("Outcome"),
    ...factSet([
      { title: "Outcome", value: sentence(outcome) },
      { title: "Seen", value: moment(updatedAt) },
      ...(expiresAt ? [{ title: "Ends", value: moment(expiresAt) }] : []),
    ]),
  ];
}

function failed(failure: Failure): readonly CardElement[] {
  return [
    title("What an operator has to do"),
    paragraph(nextStep(failure.code)),
    ...factSet([
      { title: "Azure said", value: `${shortName(failure.code)}: ${sentence(failure.message)}` },
      { title: "Last tried", value: `${moment(failure.at)}, attempt ${failure.attempts}` },
    ]),
    paragraph("plgate tries again by itself, less and less often.", { isSubtle: true, size: "Small" }),
  ];
}

function nextStep(code: string): string {
  if (/authoriz|forbidden|denied/i.test(code)) {
    return "Give plgate's identity the role that may write privateEndpointConnections on this service, then wait for the next attempt.";
  }
  if (/lock/i.test(code))
    return "Take away the lock on the service or its resource group, then wait for the next attempt.";
  if (/policy/i.test(code)) return "An Azure Policy forbids the change: exempt the service, or decide it in Azure.";
  return "Look at the connection in Azure: mend what the message below names, or decide it there.";
}

/**
 * Policy may have said approve or reject and still not be followed, when it cannot be known who asks or how the service
 * is (decision.ts): then its own reason would explain the opposite of what happens.
 */
function whyAsked({ verdict, consumerSubscriptionId }: ApprovalRequest): string {
  const reason = sentence(verdict?.reason ?? "");
  if (!verdict || verdict.effect === "review") return reason;
  const why = consumerSubscriptionId
    ? "The Private Link Service itself was not in a good state."
    : "Azure does not say which private endpoint asks.";
  return `${why} Policy alone would ${verdict.effect}: ${reason}`;
}

function customerOf({ consumer }: ApprovalRequest): string {
  if (!consumer) return "not in the registry";
  const name = consumer.name === null ? "registered without a name" : shortName(consumer.name);
  return consumer.tier === null ? name : `${name}, tier ${shortName(consumer.tier)}`;
}

function earlier({ round }: ApprovalRequest, { approvedBefore, rejectedBefore }: RequestView["history"]): string {
  const ends = [approvedBefore ? "approved" : "", rejectedBefore ? "rejected" : ""].filter(Boolean).join(" and ");
  const consumer = ends ? `this consumer was ${ends} here before` : "nothing of this consumer was decided here before";
  return round > 1 ? `${consumer}; request ${round} of this connection` : consumer;
}

function spoken({ name, vote, justification }: Vote): Fact {
  return { title: brief(name), value: `${vote}: ${plainText(justification, wordsLimit)}` };
}

function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "robot":
      return "plgate, by policy";
    case "person":
      return shortName(actor.name);
    case "outside":
      return "somebody outside plgate";
  }
}

function doorWords(door: Door): string {
  switch (door) {
    case "event":
    case "timer":
      return "by itself";
    case "teams":
      return "in Teams";
    case "api":
      return "over the API";
    case "console":
      return "on the page";
    case "cli":
      return "on the command line";
    case "outside":
      return "in Azure";
  }
}

function sentence(text: string): string {
  return plainText(text, sentenceLimit) || "no reason given";
}

function listed(texts: readonly string[], limit = listLimit): string {
  const shown = texts.slice(0, limit).map(brief).join(", ");
  return texts.length > limit ? `${shown} and ${texts.length - limit} more` : shown;
}

function brief(text: string): string {
  return plainText(text, listedLimit) || "not known";
}

function shortened(facts: readonly Fact[]): readonly Fact[] {
  if (facts.length <= listLimit) return facts;
  return [...facts.slice(0, listLimit), { title: "More", value: `and ${facts.length - listLimit} more groups` }];
}
