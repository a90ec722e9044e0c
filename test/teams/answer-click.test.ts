import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { answerTo, badRequest, type ClickOutcome, messageAnswer } from "../../src/teams/answer-click.ts";
import { approvalCard } from "../../src/teams/approval-card.ts";
import type { ManualOutcome } from "../../src/workflow/decide-manually.ts";
import { aDecision, aRequest, aView, aVote } from "./a-view.ts";

const toCard = (request: ApprovalRequest) => approvalCard(aView(request));
const stored = (change: Partial<ApprovalRequest>) => ({ request: aRequest(change), etag: "1" });

/** Holds the two unions together: the compiler complains when the workflow learns an outcome that has no answer. */
function fromWorkflow(outcome: ManualOutcome): ClickOutcome {
  return outcome;
}

describe("the answer to a click", () => {
  it("is the card with the vote on it", async () => {
    const recorded = { kind: "recorded", stored: stored({ votes: [aVote()] }) } as const;
    assert.deepEqual(await answerTo(recorded, toCard), {
      statusCode: 200,
      type: "application/vnd.microsoft.card.adaptive",
      value: approvalCard(aView({ votes: [aVote()] })),
    });
  });

  it("is the card without buttons once the decision is on record", async () => {
    const change = { state: "approving", votes: [aVote()], decided: aDecision() } as const;
    const answer = await answerTo({ kind: "recorded", stored: stored(change) }, toCard);
    assert.doesNotMatch(JSON.stringify(answer), /Action\.Submit|Input\.Text/);
  });

  for (const state of ["approved", "rejected", "expired", "withdrawn", "resolved-elsewhere"] as const) {
    it(`is the present card, and no error, for a card answered late: ${state}`, async () => {
      const answer = await answerTo({ kind: "ended", stored: stored({ state, outcome: "It ended." }) }, toCard);
      assert.deepEqual(answer, {
        statusCode: 200,
        type: "application/vnd.microsoft.card.adaptive",
        value: approvalCard(aView({ state, outcome: "It ended." })),
      });
    });
  }

  it("is the same for the same click told twice", async () => {
    const recorded = { kind: "recorded", stored: stored({ votes: [aVote()] }) } as const;
    assert.deepEqual(await answerTo(recorded, toCard), await answerTo(recorded, toCard));
  });

  it("is a sentence for a clicker whom the workflow refuses", async () => {
    const sentence = "You are not a reviewer of this request.";
    const refused = fromWorkflow({ kind: "refused", why: "not-a-reviewer", sentence });
    assert.deepEqual(await answerTo(refused, toCard), messageAnswer("You are not a reviewer of this request."));
    assert.deepEqual(messageAnswer("No."), {
      statusCode: 200,
      type: "application/vnd.microsoft.activity.message",
      value: "No.",
    });
  });

  it("is an error for what no card of ours sends", () => {
    assert.deepEqual(badRequest("verb: Invalid option"), {
      statusCode: 400,
      type: "application/vnd.microsoft.error",
      value: { code: "BadRequest", message: "verb: Invalid option" },
    });
  });
});
