import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type AnchorState, anchorLines, type Heads, noAnchors, readAnchors } from "../../src/ledger/anchor.ts";
import type { Head } from "../../src/ledger/chain.ts";
import type { ServiceKey } from "../../src/requests/request-id.ts";

const day = "2026-11-26";

function heads(...seqs: readonly (readonly [string, number])[]): Heads {
  return new Map(seqs.map(([chain, seq]) => [chain as ServiceKey, headOf(chain, seq)]));
}

function headOf(chain: string, seq: number): Head {
  return { seq, hash: createHash("sha256").update(`${chain}${seq}`).digest("hex") };
}

/** A day on which these heads were anchored one after the other, and what readers make of it. */
function written(...all: readonly Heads[]) {
  const state = noAnchors();
  let text = "";
  for (const [n, now] of all.entries()) {
    const lines = anchorLines(state, now, `${day}T0${n}:07:00.000Z`, `id-${n}`);
    text += lines;
    advance(state, text);
  }
  return { text, state };
}

function advance(state: AnchorState, text: string): void {
  state.last = null;
  for (const _ of readAnchors(day, text, state));
}

function problemsIn(text: string): readonly string[] {
  return [...readAnchors(day, text, noAnchors())].flatMap((read) => (read.ok ? [] : read.problem));
}

describe("Anchors", () => {
  it("tell all heads at first, and then those that changed", () => {
    const { text } = written(heads(["a", 1], ["b", 5]), heads(["a", 1], ["b", 6]), heads(["a", 1], ["b", 6]));
    const told = [...readAnchors(day, text, noAnchors())].map((read) =>
      read.heads.map(({ chain, seq }) => [chain, seq]),
    );
    assert.deepEqual(told, [
      [
        ["a", 1],
        ["b", 5],
      ],
      [["b", 6]],
      [],
    ]);
    assert.deepEqual(problemsIn(text), []);
  });

  it("count a chain that is gone as one without events", () => {
    const { text, state } = written(heads(["a", 1], ["b", 5]), heads(["a", 1]));
    assert.deepEqual(problemsIn(text), []);
    assert.equal(state.heads.get("b" as ServiceKey)?.seq, 0);
  });

  it("hold tens of thousands of heads in lines that fit into a block", () => {
    const many = heads(...Array.from({ length: 12_000 }, (_, n) => [`chain${n}`, n] as const));
    const { text, state } = written(many);
    assert.ok(text.split("\n").every((line) => line.length < 1_000_000));
    assert.deepEqual([text.split("\n").length, state.heads.size, problemsIn(text)], [5, 12_000, []]);
  });

  it("follow from the last one of the day before", () => {
    const first = written(heads(["a", 1]));
    const second = anchorLines({ ...noAnchors(), last: first.state.last }, heads(["a", 2]), "2026-11-27", "x");
    const state = noAnchors();
    const read = [...readAnchors(day, first.text, state), ...readAnchors("2026-11-27", second, state)];
    assert.ok(read.every(({ ok }) => ok));
    assert.deepEqual(
      [...readAnchors("2026-11-27", second, noAnchors())].map(({ ok }) => ok),
      [false],
    );
  });

  it("hold for no text in which one character is another", () => {
    const { text } = written(heads(["a", 1], ["b", 5]), heads(["a", 2], ["b", 6]));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("0", "1", "z", "{", '"', "\n"), (at, character) => {
        const forged = text.slice(0, at) + character + text.slice(at + 1);
        // What stands in a closing line alone is proven by the next one only; the last closing has none yet.
        const last = text.lastIndexOf("\n", text.length - 2) + 1;
        if (forged === text || at >= last) return;
        assert.notDeepEqual(problemsIn(forged), [], `${JSON.stringify(character)} at ${at} passes`);
      }),
    );
  });

  it("never throw, whatever stands in the file", () => {
    fc.assert(fc.property(fc.string(), (text) => void problemsIn(text)));
    fc.assert(fc.property(fc.json(), (text) => void problemsIn(`{"anchor":"x","heads":${text}}\n${text}\n`)));
  });
});
