import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { canonical } from "../../src/ledger/chain.ts";
import { asciiJson, fitEvents } from "../../src/ledger/fit.ts";
import { event } from "../builders.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";

const long = "x".repeat(500_000);

describe("fitEvents", () => {
  it("leaves ordinary events untouched", () => {
    const events = [event(), event({ kind: "evaluated", detail: { verdict: { trace: ["x".repeat(1000)] } } })];
    assert.equal(fitEvents(events), events);
  });

  it("puts a note in the place of a trace that is too large, and keeps the rest", () => {
    const trace = [{ rule: "pci", got: long }];
    const detail = { facts: { "consumer.tier": "gold" }, verdict: { effect: "review", trace } };
    const [small, large] = fitEvents([event(), event({ detail })]);
    assert.deepEqual(small, event());
    const text = canonical(trace);
    const note = { omitted: "too large to be stored", characters: text.length, sha256: sha256(text) };
    assert.deepEqual(large?.detail, { facts: { "consumer.tier": "gold" }, verdict: { effect: "review", trace: note } });
  });

  it("puts a note in the place of the whole detail when that is not enough", () => {
    const detail = { facts: { "request.message": long } };
    const text = canonical(detail);
    assert.deepEqual(fitEvents([event({ detail })])[0]?.detail, {
      omitted: "too large to be stored",
      characters: text.length,
      sha256: sha256(text),
    });
  });

  it("looks at the events of a step together", () => {
    const detail = { verdict: { trace: ["x".repeat(300_000)] } };
    const fitted = fitEvents([event({ detail }), event({ detail }), event({ detail })]);
    assert.ok(fitted.every((one) => canonical(one).length < 5_000));
  });

  it("counts what a letter takes when it is stored", () => {
    const [fitted] = fitEvents([event({ detail: { verdict: { trace: ["日".repeat(100_000)] } } })]);
    assert.ok(asciiJson(fitted?.detail ?? null).length < 1_000);
  });
});

describe("asciiJson", () => {
  for (const [what, text] of Object.entries(hostileTexts)) {
    it(`keeps ${what} in printable ASCII`, () => {
      const json = asciiJson({ [text]: [text] });
      assert.match(json, /^[ -~]*$/);
      assert.deepEqual(JSON.parse(json), JSON.parse(canonical({ [text]: [text] })));
    });
  }
});

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
