import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { answerTo, badRequest, type ClickOutcome, messageAnswer } from "../../src/teams/answer-click.ts";
import { approvalCard } from "../../src/teams/approval-card.ts";
import { refusalText } from "../../src/words/answers.ts";
import { languages } from "../../src/words/language.ts";
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
    assert.deepEqual(await answerTo(recorded, toCard, "en"), {
      statusCode: 200,
      type: "application/vnd.microsoft.card.adaptive",
      value: approvalCard(aView({ votes: [aVote()] })),
    });
  });

  it("is the card without buttons once the decision is on record", async () => {
    const change = { state: "approving", votes: [aVote()], decided: aDecision() } as const;
    const answer = await answerTo({ kind: "recorded", stored: stored(change) }, toCard, "en");
    assert.doesNotMatch(JSON.stringify(answer), /Action\.Submit|Input\.Text/);
  });

  for (const state of ["approved", "rejected", "expired", "withdrawn", "resolved-elsewhere"] as const) {
    it(`is the present card, and no error, for a card answered late: ${state}`, async () => {
      const answer = await answerTo({ kind: "ended", stored: stored({ state, outcome: "It ended." }) }, toCard, "en");
      assert.deepEqual(answer, {
        statusCode: 200,
        type: "application/vnd.microsoft.card.adaptive",
        value: approvalCard(aView({ state, outcome: "It ended." })),
      });
    });
  }

  it("is the same for the same click told twice", async () => {
    const recorded = { kind: "recorded", stored: stored({ votes: [aVote()] }) } as const;
    assert.deepEqual(await answerTo(recorded, toCard, "en"), await answerTo(recorded, toCard, "en"));
  });

  it("is a sentence for a clicker whom the workflow refuses", async () => {
    const refused = fromWorkflow({ kind: "refused", why: "not-a-reviewer" });
    for (const language of languages) {
      const answer = await answerTo(refused, toCard, language);
      assert.deepEqual(answer, messageAnswer(refusalText("not-a-reviewer", language)));
    }
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
