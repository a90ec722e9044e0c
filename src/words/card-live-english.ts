import { englishCard } from "./card-english.ts";
import type { LiveCardWords } from "./card-live-words.ts";

/** What a card says in English of a connection that is approved already. */
export const englishLiveCard: LiveCardWords = {
  instead: {
    status: {
      received: "Received",
      "awaiting-decision": "Keep or take away",
      approving: "Keeping",
      rejecting: "Taking away",
      approved: "Kept",
      rejected: "Taken away",
      expired: "Nobody confirmed it, it stays",
      withdrawn: "No longer a question",
      "resolved-elsewhere": "Changed outside plgate",
      failed: "Failed, an operator is needed",
      held: "Held, plgate does not write",
    },
    tallied: (status, given, needed) => `${status}: ${given} of ${needed} to keep it`,
    asks: (who, endpoint, service) => `${who} is connected to ${service} through the private endpoint ${endpoint}.`,
    answerUntil: (moment) => `Shall it stay? Answer until ${moment}; without an answer it stays.`,
    noReviewers: "No reviewer group is named, so nobody can answer here: name one in the policy or as the fallback.",
    applying: {
      approve: "The answer to keep the connection is on record. plgate is looking whether Azure still has it.",
      reject:
        "The decision to take the connection away is on record and is being applied in Azure. Until Azure confirms it the endpoint stays connected.",
    },
    confirmed: {
      approve: (endpoint, service) =>
        `The private endpoint ${endpoint} stays connected to ${service}. There is nothing more to do.`,
      reject: (endpoint, service) =>
        `The private endpoint ${endpoint} is not connected to ${service} any more. Azure confirmed it; the consumer would have to ask anew.`,
    },
    expired: "Nobody answered in time. The connection stays as it is in Azure, and nobody has confirmed it.",
    withdrawn: {
      "connection-gone": "There is nothing left to decide: the connection is gone.",
      "service-gone": "There is nothing left to decide: the Private Link Service is gone.",
      replaced: "There is nothing left to decide here: another endpoint took its place.",
      "pending-again":
        "There is nothing left to decide here: the connection is Pending again, and has a request of its own.",
      other: "There is nothing left to decide here: plgate took the question back and changed nothing.",
    },
    elsewhere: {
      approved: "Somebody decided directly in Azure, beside plgate. There is nothing left to decide.",
      rejected: "Somebody rejected the connection directly in Azure, beside plgate. There is nothing left to decide.",
      disconnected: "The connection was cut directly in Azure, beside plgate. There is nothing left to decide.",
      other: "Somebody changed the connection directly in Azure, beside plgate. There is nothing left to decide.",
    },
    failed: {
      approve: "plgate could not confirm in Azure that the connection stays. Nothing was changed.",
      reject: "Azure did not take the connection away. The endpoint is still connected.",
    },
    held: (source, effect, mode) => {
      const would = { approve: "keep", reject: "take away", review: "ask people about" }[effect];
      const holds = mode === "observe" ? "observe mode and writes nothing" : "approve-only mode and takes nothing away";
      const by = source === "policy" ? "its rules" : "its reviewers";
      return `By ${by} plgate would ${would} this connection. But plgate runs in ${holds}: it stays connected until somebody changes it in Azure.`;
    },

    whyTitle: "Why this is asked",
    policyTitle: "What policy says of it now",
    consumerTitle: "Who is connected",
    labels: { ...englishCard.labels, asked: "Looked at since" },
    message: "The consumer's own words when they asked, not checked by anybody:",
    noMessage: "The consumer sent no message when they asked.",

    approvalsTitle: "Who has to agree that it stays",
    stillNeeded: (groups) => `To keep it, still needed from ${groups}.`,
    vote: {
      approve: (justification) => `keep: ${justification}`,
      reject: (justification) => `take away: ${justification}`,
    },

    lastApproval: "Keep leaves the endpoint connected; nothing changes in Azure.",
    oneApproval:
      "Keep counts as your answer. With the last one needed the endpoint stays connected; nothing changes in Azure.",
    rejection:
      "Take away cuts the endpoint off in Azure at once, and one answer is enough. It is final: the consumer would have to ask anew.",
    noRejection:
      "plgate runs in approve-only mode and takes nothing away: to end this connection, reject or remove it in Azure.",
    afterDeadline: {
      leave: (moment) =>
        `Without a decision until ${moment} this question ends. The connection stays, and is marked as confirmed by nobody.`,
      reject: (moment) => `Without a decision to keep it until ${moment} the connection is taken away.`,
    },
    buttons: { ...englishCard.buttons, approve: "Keep", reject: "Take away" },

    answers: { approve: "keep", reject: "take away" },
    nobodyInTime: "Nobody decided in time that it stays.",
    nextStep: {
      role: "Give plgate's identity the role that may write and delete privateEndpointConnections on this service, then wait for the next attempt.",
      lock: "Take away the lock on the service or its resource group, then wait for the next attempt.",
      "azure-policy":
        "An Azure Policy forbids the change: exempt the service, or take the connection away in Azure yourself.",
      other:
        "Mend what the message below names, or remove the connection in Azure. If Azure never rejects approved connections here, let plgate remove them instead: set its setting REVOKE-BY to remove.",
    },
  },

  question: "Shall it stay? There is no hurry: until somebody answers it stays.",
  goes: "To be taken away",
  goesAt: (moment) => `It is taken away on ${moment}, unless it is decided before that it stays.`,
  heldAt: (moment) =>
    `Its time ends on ${moment}. It still stays then, because plgate runs in approve-only mode and takes nothing away.`,
  afterDeadlineHeld: (moment) =>
    `Without a decision until ${moment} plgate would take it away. In approve-only mode it holds that back.`,

  causes: {
    drift: "What Azure shows is not what plgate decided.",
    policy: "The policies in force would not approve this connection any more.",
    expiry: "The approval was given for a limited time, and that time ends.",
    recertification: "Standing approvals are being reviewed, and this is one of them.",
    drain: "The service is being emptied: every connection is taken away, so that it can be deleted.",
  },
  policyNow: {
    approve: (reason) => `It would approve the connection: ${reason}`,
    reject: (reason) => `It would reject the connection: ${reason}`,
    review: (reason) => `It would ask people: ${reason}`,
  },

  approvalTitle: "The approval in question",
  approval: {
    approved: "Approved",
    kept: "Kept last",
    by: "By",
    request: "In request",
    ends: "Approval ends",
    run: "Asked by run",
  },
  neverApproved: "No approval by plgate is on record.",
  earlier: (state, by, moment) => {
    const ends = {
      received: "looked at again",
      "awaiting-decision": "still asked whether it stays",
      approving: "being kept",
      rejecting: "being taken away",
      approved: "kept",
      rejected: "taken away",
      expired: "stayed, nobody confirmed it",
      withdrawn: "looked at again, and no longer a question",
      "resolved-elsewhere": "changed outside plgate",
      failed: "failed to be taken away in Azure",
    };
    return `${ends[state]}${by === null ? "" : ` by ${by}`}, ${moment}`;
  },
};
