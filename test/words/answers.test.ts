import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type RefusalCode, refusalText, unreadableText } from "../../src/words/answers.ts";
import { languages } from "../../src/words/language.ts";
import type { RecordedReason } from "../../src/workflow/refused-votes.ts";

/** Holds the words together with the workflow's reasons: the compiler complains about a reason without words. */
const reasons = Object.keys({
  "no-identity": 0,
  "other-tenant": 0,
  "unknown-request": 0,
  "too-late": 0,
  "not-votable": 0,
  "page-only": 0,
  "stale-sign-in": 0,
  "no-justification": 0,
  "own-request": 0,
  guest: 0,
  "not-a-reviewer": 0,
  "directory-unavailable": 0,
  "registry-unavailable": 0,
  "foreign-place": 0,
  "not-recorded": 0,
} satisfies Record<RefusalCode | RecordedReason, 0>) as RefusalCode[];

describe("What somebody reads whose decision is not taken", () => {
  for (const reason of reasons) {
    it(`${reason}: says why and what to do next, shortly, and without the code`, () => {
      for (const language of languages) {
        const text = refusalText(reason, language);
        assert.ok(text.length <= 200, text);
        assert.doesNotMatch(text, /[\p{Cc}<>[\]{}*_]/u);
        assert.ok(!text.includes(reason) || reason === "guest");
      }
      assert.match(refusalText(reason, "en"), /^\S.*[.] [A-Z].*\.$|^.*; .*\.$|, and .*\.$/);
      assert.match(refusalText(reason, "ja"), /\p{Script=Hiragana}.*。$/u);
    });
  }

  it("is another sentence for each reason", () => {
    for (const language of languages) {
      assert.equal(new Set(reasons.map((reason) => refusalText(reason, language))).size, reasons.length);
    }
  });

  it("also says what to do about a button that cannot be read", () => {
    for (const language of languages) assert.ok(unreadableText(language).length > 10);
  });
});
