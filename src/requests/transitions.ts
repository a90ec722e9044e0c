import type { RequestState } from "./request.ts";

/** What can happen to a request. */
export type Move =
  | "escalate"
  | "hold"
  | "vote"
  | "decide-approve"
  | "decide-reject"
  | "confirm-approved"
  | "confirm-rejected"
  | "fail"
  | "expire"
  | "withdraw"
  | "resolve-elsewhere";

/**
 * The whole life of a request as one table: what is not listed cannot happen.
 *
 * `failed` is not an end: the connection still waits, so a later review tries again or sees that somebody else decided.
 * `awaiting-decision` can be decided by policy again (a held decision after the mode changed), never from an end state.
 */
const table: Readonly<Record<RequestState, Readonly<Partial<Record<Move, RequestState>>>>> = {
  received: {
    escalate: "awaiting-decision",
    hold: "awaiting-decision",
    "decide-approve": "approving",
    "decide-reject": "rejecting",
    withdraw: "withdrawn",
    "resolve-elsewhere": "resolved-elsewhere",
  },
  "awaiting-decision": {
    escalate: "awaiting-decision",
    hold: "awaiting-decision",
    vote: "awaiting-decision",
    "decide-approve": "approving",
    "decide-reject": "rejecting",
    expire: "expired",
    withdraw: "withdrawn",
    "resolve-elsewhere": "resolved-elsewhere",
  },
  approving: {
    hold: "awaiting-decision",
    "confirm-approved": "approved",
    fail: "failed",
    withdraw: "withdrawn",
    "resolve-elsewhere": "resolved-elsewhere",
  },
  rejecting: {
    hold: "awaiting-decision",
    "confirm-rejected": "rejected",
    fail: "failed",
    withdraw: "withdrawn",
    "resolve-elsewhere": "resolved-elsewhere",
  },
  failed: {
    hold: "awaiting-decision",
    "confirm-approved": "approved",
    "confirm-rejected": "rejected",
    fail: "failed",
    withdraw: "withdrawn",
    "resolve-elsewhere": "resolved-elsewhere",
  },
  approved: {},
  rejected: {},
  expired: {},
  withdrawn: {},
  "resolved-elsewhere": {},
};

/** The state after the move, or undefined when the move is impossible from here. */
export function after(state: RequestState, move: Move): RequestState | undefined {
  return table[state][move];
}
