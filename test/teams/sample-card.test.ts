import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sampleCard, sampleLine, sampleSummary } from "../../src/teams/sample-card.ts";
import { languages } from "../../src/words/language.ts";
import { cardFaults, sizeOf } from "./card-faults.ts";

const sample = {
  language: "en",
  sentBy: "Megan Test",
  channel: "approvals",
  at: new Date("2026-11-26T20:00:00.123Z"),
} as const;

describe("the test card", () => {
  for (const language of languages) {
    it(`is valid in ${language}, also with the worst names, and small`, () => {
      const worst = "]](http://x.example){{DATE(2026-01-01T00:00:00Z)}}\u202e<at>x</at>".repeat(100);
      const card = sampleCard({ ...sample, language, sentBy: worst, channel: worst });
      assert.deepEqual(cardFaults(card), []);
      assert.ok(sizeOf(card) < 4096, String(sizeOf(card)));
      assert.match(sampleLine(language), /plgate/);
    });

    it(`asks nothing in ${language}: it has neither buttons nor inputs`, () => {
      const text = JSON.stringify(sampleCard({ ...sample, language }));
      assert.doesNotMatch(text, /"(Action|Input)\./);
      assert.deepEqual(sampleCard({ ...sample, language }).actions, []);
    });
  }

  it("says with its first words that there is nothing to decide, to notifications as well", () => {
    assert.match(
      JSON.stringify(sampleCard(sample).body[0]),
      /^\{"type":"Container".*"text":"Test: there is nothing to decide"/,
    );
    assert.equal(sampleSummary("en"), "plgate. Test: there is nothing to decide");
    assert.match(sampleSummary("ja"), /判断は不要/);
  });

  it("says who sent it, when and to where", () => {
    assert.deepEqual(sampleCard(sample).body[1], {
      type: "FactSet",
      facts: [
        { title: "Sent by", value: "Megan Test" },
        { title: "Sent at", value: "{{DATE(2026-11-26T20:00:00Z, SHORT)}} {{TIME(2026-11-26T20:00:00Z)}}" },
        { title: "Channel", value: "approvals" },
      ],
    });
  });
});
