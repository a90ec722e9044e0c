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

const matters = ["request", "live"] as const;
const cases = languages.flatMap((language) => matters.map((matter) => [language, matter] as const));

describe("What somebody reads whose decision is not taken", () => {
  for (const reason of reasons) {
    it(`${reason}: says why and what to do next, shortly, and without the code`, () => {
      for (const [language, matter] of cases) {
        const text = refusalText(reason, language, matter);
        assert.ok(text.length <= 200, text);
        assert.doesNotMatch(text, /[\p{Cc}<>[\]{}*_]/u);
        assert.ok(!text.includes(reason) || reason === "guest");
      }
      for (const matter of matters)
        assert.match(refusalText(reason, "en", matter), /^\S.*[.] [A-Z].*\.$|^.*; .*\.$|, and .*\.$/);
      for (const matter of matters) assert.match(refusalText(reason, "ja", matter), /\p{Script=Hiragana}.*。$/u);
    });
  }

  it("is another sentence for each reason", () => {
    for (const [language, matter] of cases) {
      assert.equal(new Set(reasons.map((reason) => refusalText(reason, language, matter))).size, reasons.length);
    }
  });

  it("speaks of keeping and taking away where the connection is approved already", () => {
    for (const reason of ["no-justification", "not-a-reviewer", "not-votable"] as const) {
      assert.match(refusalText(reason, "en", "live"), /keep.*take|keeps and takes/);
      assert.match(refusalText(reason, "ja", "live"), /継続.*取り消し/);
    }
    for (const reason of reasons)
      assert.doesNotMatch(refusalText(reason, "en", "live"), /can ask again|approve|reject/);
  });

  it("also says what to do about a button that cannot be read", () => {
    for (const language of languages) assert.ok(unreadableText(language).length > 10);
  });
});
