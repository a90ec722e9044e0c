import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { tally, withVote } from "../../src/requests/quorum.ts";
import { isOpen, openStates, type RequestState } from "../../src/requests/request.ts";
import { connectionKey, parseRequestId, requestId, serviceKey } from "../../src/requests/request-id.ts";
import { after, type Move } from "../../src/requests/transitions.ts";
import { aConnectionRef, vote } from "../builders.ts";

describe("A request id", () => {
  const ref = aConnectionRef();
  it("is the same whenever it is computed, so a replay finds the same row", () => {
    assert.equal(requestId(ref.service.id, ref.id, 1), requestId(ref.service.id, ref.id, 1));
  });
  it("differs for every round", () => {
    assert.notEqual(requestId(ref.service.id, ref.id, 1), requestId(ref.service.id, ref.id, 2));
  });
  it("names its partition and its connection", () => {
    const parsed = parseRequestId(requestId(ref.service.id, ref.id, 12));
    assert.deepEqual([parsed?.service, parsed?.connection], [serviceKey(ref.service.id), connectionKey(ref.id)]);
  });
  it("is a key that Table Storage takes", () => assert.match(requestId(ref.service.id, ref.id, 1), /^[a-z2-7-]+\d$/));
  it("is parsed from nothing else", () => {
    for (const text of [
      "",
      "x",
      "../..",
      "aaaaaaaaaaaaaaaa-aaaaaaaaaa-0",
      "aaaaaaaaaaaaaaaa-aaaaaaaaaa-1'",
      "AAAAAAAAAAAAAAAA-aaaaaaaaaa-1",
    ]) {
      assert.equal(parseRequestId(text), undefined, text);
    }
  });
});

describe("What can happen to a request, cell by cell", () => {
  const moves: Move[] = [
    ...(["escalate", "hold", "vote", "decide-approve", "decide-reject", "confirm-approved"] as const),
    ...(["confirm-rejected", "fail", "expire", "withdraw", "resolve-elsewhere"] as const),
  ];
  const rows: Record<RequestState, Partial<Record<Move, RequestState>>> = {
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
  for (const [state, row] of Object.entries(rows) as [RequestState, Partial<Record<Move, RequestState>>][]) {
    for (const move of moves) {
      it(`${state} + ${move} → ${row[move] ?? "impossible"}`, () => assert.equal(after(state, move), row[move]));
    }
  }
  it("a request is open exactly while something can still happen to it", () => {
    for (const state of Object.keys(rows) as RequestState[]) {
      assert.equal(
        isOpen({ state }),
        moves.some((move) => after(state, move) !== undefined),
        state,
      );
    }
    assert.equal(openStates.length, 5);
  });
});

const network = { group: "g-network", name: "network", approvals: 1 };
const security = { group: "g-security", name: "security", approvals: 2 };
const by = (objectId: string, ...groups: string[]) => vote({ objectId, groups });

describe("The quorum", () => {
  it("waits and says who is missing", () => {
    assert.deepEqual(tally([network, security], [by("a", "g-network")]), {
      kind: "waiting",
      missing: [{ name: "security", votes: 2 }],
    });
  });
  it("needs n different people of each group", () => {
    assert.equal(tally([security], [by("a", "g-security"), by("A", "g-security")]).kind, "waiting");
    assert.equal(tally([security], [by("a", "g-security"), by("b", "g-security")]).kind, "approve");
  });
  it("counts somebody who is in two groups in both", () => {
    const one = { ...security, approvals: 1 };
    assert.equal(tally([network, one], [by("a", "g-network", "g-security")]).kind, "approve");
  });
  it("ends with one reject, whatever else was voted", () => {
    const no = vote({ objectId: "b", vote: "reject" });
    assert.equal(tally([network], [by("a", "g-network"), no]).kind, "reject");
  });
  it("never approves when no group was asked", () => {
    assert.equal(tally([], [by("a", "g-network")]).kind, "waiting");
  });
  it("counts the latest word of a person only", () => {
    const votes = withVote([by("a", "g-network")], vote({ objectId: "A", vote: "reject", groups: ["g-network"] }));
    assert.deepEqual(
      votes.map(({ vote: word }) => word),
      ["reject"],
    );
  });
  it("is never reached with fewer people than asked for, however they vote", () => {
    const people = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 6 });
    fc.assert(
      fc.property(people, fc.integer({ min: 1, max: 5 }), (voters, approvals) => {
        const votes = voters.reduce<ReturnType<typeof withVote>>((all, one) => withVote(all, by(one, "g")), []);
        const reached = tally([{ group: "g", name: "g", approvals }], votes).kind === "approve";
        assert.equal(reached, new Set(voters).size >= approvals);
      }),
    );
  });
});
