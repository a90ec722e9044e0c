import type { CardWords } from "./card-words.ts";

/** What a card says in English. */
export const englishCard: CardWords = {
  status: {
    received: "Received",
    "awaiting-decision": "Waiting for a decision",
    approving: "Approving",
    rejecting: "Rejecting",
    approved: "Approved",
    rejected: "Rejected",
    expired: "Expired",
    withdrawn: "Withdrawn",
    "resolved-elsewhere": "Decided outside plgate",
    failed: "Failed, an operator is needed",
    held: "Held, plgate does not write",
  },
  tallied: (status, given, needed) => `${status}: ${given} of ${needed}`,
  summary: (status, endpoint, customer, service) =>
    `${status}: ${endpoint}${customer === null ? "" : ` of ${customer}`} to ${service}`,

  unregistered: "A consumer who is not in the registry",
  nameless: "A registered consumer without a name",
  unknownConsumer: "Somebody whom Azure does not name",
  asks: (who, endpoint, service) => `${who} asks to connect the private endpoint ${endpoint} to ${service}.`,
  answerUntil: (moment) => `Answer until ${moment}.`,
  noReviewers: "No reviewer group is named, so nobody can answer: name one in the policy or as the fallback.",
  applying: {
    approve: "The approval is on record and is being applied in Azure. It does not hold until Azure confirms it.",
    reject: "The rejection is on record and is being applied in Azure. It does not hold until Azure confirms it.",
  },
  confirmed: {
    approve: (endpoint, service) =>
      `The private endpoint ${endpoint} may connect to ${service}. Azure confirmed it; there is nothing more to do.`,
    reject: (endpoint, service) =>
      `The private endpoint ${endpoint} may not connect to ${service}. Azure confirmed it; the consumer would have to ask anew.`,
  },
  expired: "Nobody decided in time. In Azure the connection stays Pending; it is not asked about again by itself.",
  withdrawn: {
    "connection-gone": "There is nothing left to decide: the connection was taken away.",
    "service-gone": "There is nothing left to decide: the Private Link Service is gone.",
    replaced: "There is nothing left to decide here: another endpoint took its place and has a request of its own.",
    "pending-again": "There is nothing left to decide here: the connection has a request of its own by now.",
    other: "There is nothing left to decide.",
  },
  elsewhere: {
    approved: "Somebody approved the connection directly in Azure, beside plgate. There is nothing left to decide.",
    rejected: "Somebody rejected the connection directly in Azure, beside plgate. There is nothing left to decide.",
    disconnected: "The connection was cut directly in Azure, beside plgate. There is nothing left to decide.",
    other: "Somebody changed the connection directly in Azure, beside plgate. There is nothing left to decide.",
  },
  failed: {
    approve: "Azure did not carry out the approval. The endpoint cannot connect yet.",
    reject: "Azure did not carry out the rejection. The connection is still Pending.",
  },
  held: (source, effect, mode) => {
    const would = effect === "review" ? "ask people about" : effect;
    const holds = mode === "observe" ? "observe mode and writes nothing" : "approve-only mode and rejects nothing";
    const by = source === "policy" ? "policy" : "its reviewers";
    return `By ${by} plgate would ${would} this connection. But plgate runs in ${holds}: it stays Pending until somebody decides it in Azure.`;
  },
  copy: "This is a copy of the card and takes no answers. Answer on the request's own card in this channel.",

  whyTitle: "Why people are asked",
  policyTitle: "What policy said",
  overruled: (why, effect, reason) => {
    const because =
      why === "service"
        ? "The Private Link Service itself was not in a good state."
        : "Azure does not say which private endpoint asks.";
    return `${because} Policy alone would ${effect}: ${reason}`;
  },
  noPolicyInForce: "No policy is in force.",
  noPolicy: "No policy covers this service.",
  noRule: "No rule approves this request.",
  notTold: (rule, facts) => `Rule ${rule} could not be told because this was not known: ${facts}.`,
  rules: "Rules",
  unreadFacts: "Could not be read",

  consumerTitle: "Who asks",
  serviceTitle: "To what",
  labels: {
    customer: "Customer",
    tier: "Tier",
    subscription: "Subscription",
    tenant: "Tenant",
    resourceGroup: "Resource group",
    region: "Region",
    endpoint: "Endpoint",
    endpointRegion: "Endpoint region",
    service: "Service",
    asked: "Asked",
  },
  notRegistered: "not in the registry",
  withoutName: "registered without a name",
  message: "The consumer's own words, not checked by anybody:",
  noMessage: "The consumer sent no message.",

  earlierTitle: "Earlier requests of this consumer here",
  noEarlier: "None: this consumer never asked here before.",
  earlierUnreadable: "Earlier requests could not be read.",
  decidedBefore: (approved, rejected) => {
    const ends = [approved ? "approved" : "", rejected ? "rejected" : ""].filter(Boolean).join(" and ");
    return `This consumer was ${ends} here before.`;
  },
  earlier: (state, by, moment) => {
    const ends = {
      received: "not decided yet",
      "awaiting-decision": "still waits for a decision",
      approving: "being approved",
      rejecting: "being rejected",
      approved: "approved",
      rejected: "rejected",
      expired: "expired, nobody decided",
      withdrawn: "withdrawn",
      "resolved-elsewhere": "decided outside plgate",
      failed: "failed in Azure",
    };
    return `${ends[state]}${by === null ? "" : ` by ${by}`}, ${moment}`;
  },

  approvalsTitle: "Approvals",
  given: (given, needed, by) => `${given} of ${needed}${by === null ? "" : `: ${by}`}`,
  orGroup: (standIn) => `or ${standIn}`,
  inPlaceOf: (group, since) => `in place of ${group}${since === null ? "" : `, since ${since}`}`,
  stillNeeded: (groups) => `Still needed from ${groups}.`,
  vote: {
    approve: (justification) => `approve: ${justification}`,
    reject: (justification) => `reject: ${justification}`,
  },

  answerTitle: "Your answer",
  lastApproval: "Approve lets this endpoint connect; Azure is told at once.",
  oneApproval:
    "Approve counts as your approval. With the last one needed this endpoint may connect; Azure is told at once.",
  rejection: "Reject is final for this connection, and one is enough: the consumer would have to ask anew.",
  noRejection: "plgate runs in approve-only mode: to reject this connection, do it in Azure.",
  afterDeadline: {
    leave: (moment) =>
      `Without a decision until ${moment} this request ends, and the connection stays Pending in Azure.`,
    reject: (moment) => `Without a decision until ${moment} the connection is rejected, as its rule says.`,
  },
  onPage: "This request is not decided in Teams: its rule asks for a fresh sign-in. The button opens the page for it.",
  onPageWithoutLink:
    "This request is not decided in Teams: its rule asks for a fresh sign-in on plgate's page. Its address is not configured: ask an operator.",
  justification: {
    label: "Why do you decide so?",
    placeholder: "Kept in the audit under your name; the consumer does not see it",
    missing: "A decision needs a justification.",
  },
  buttons: {
    approve: "Approve",
    reject: "Reject",
    open: "Open the request",
    refresh: "Refresh",
    signIn: "Sign in to decide",
  },

  decidedTitle: "How it was decided",
  endedTitle: "How it ended",
  ending: {
    answer: "Answer",
    by: "By",
    when: "When",
    why: "Why",
    lasts: "Lasts",
    confirmed: "Confirmed by Azure",
    ended: "Ended",
    ends: "Approval ends",
  },
  answers: { approve: "approve", reject: "reject" },
  nobodyInTime: "Nobody decided in time, and the rule says to reject then.",
  robot: "plgate, by policy",
  somebodyOutside: "somebody outside plgate",
  through: {
    event: (who) => `${who}, by itself`,
    timer: (who) => `${who}, by itself`,
    teams: (who) => `${who}, in Teams`,
    api: (who) => `${who}, over the API`,
    console: (who) => `${who}, on the page`,
    cli: (who) => `${who}, on the command line`,
    outside: (who) => `${who}, in Azure`,
  },
  lasting: (duration) =>
    (["weeks", "days", "hours", "minutes"] as const)
      .filter((unit) => duration[unit] > 0)
      .map((unit) => `${duration[unit]} ${duration[unit] === 1 ? unit.slice(0, -1) : unit}`)
      .join(" "),

  operatorTitle: "What an operator has to do",
  nextStep: {
    role: "Give plgate's identity the role that may write privateEndpointConnections on this service, then wait for the next attempt.",
    lock: "Take away the lock on the service or its resource group, then wait for the next attempt.",
    "azure-policy": "An Azure Policy forbids the change: exempt the service, or decide it in Azure.",
    other: "Look at the connection in Azure: mend what the message below names, or decide it there.",
  },
  azureSaid: "Azure said",
  said: (code, message) => `${code}: ${message}`,
  lastTried: "Last tried",
  tried: (moment, attempts) => `${moment}, attempt ${attempts}`,
  triesAgain: "plgate tries again by itself, less and less often.",

  request: (id, round) => `Request ${id}${round > 1 ? `, number ${round} of this connection` : ""}`,
  unknown: "not known",
  noReason: "no reason given",
  listed: (texts, more) => `${texts.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
  more: "More",
  moreGroups: (count) => `and ${count} more groups`,
};
