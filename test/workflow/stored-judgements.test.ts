import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { type RecordedJudgement, readJudgement } from "../../src/intake/judgement.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { explain } from "../../src/policy/explain.ts";
import { formatExplanation } from "../../src/policy/format-explanation.ts";
import { replay, type Snapshot } from "../../src/policy/replay.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { type JudgementWish, type StoredJudgement, storedJudgements } from "../../src/workflow/stored-judgements.ts";
import { aServiceRef } from "../builders.ts";
import { aHistory, historyPolicy } from "./a-history.ts";
import type { Stage } from "./stage.ts";

type Judgement = StoredJudgement<RecordedJudgement>;

async function readAll(ports: Pick<Stage, "index" | "ledger">, wish: Partial<JudgementWish> = {}) {
  const all: Judgement[] = [];
  for await (const one of storedJudgements({ last: 10_000, ...wish }, readJudgement, ports)) all.push(one);
  return all;
}

function recorded({ read }: Judgement): RecordedJudgement {
  assert.ok(read.ok, read.ok ? "" : read.problem);
  return read.value;
}

function snapshotOf(judgement: Judgement): Snapshot {
  return { requestId: judgement.requestId, at: judgement.at, facts: recorded(judgement).facts };
}

describe("The judgements of a history", () => {
  let ports: Stage;
  let all: readonly Judgement[];
  before(async () => {
    ports = await aHistory(24, 21);
    all = await readAll(ports);
  });

  it("are all there and can all be read", () => {
    assert.equal(all.length, 24 * 21);
    assert.deepEqual(
      all.filter(({ read }) => !read.ok),
      [],
    );
    const effects = new Set(all.map((one) => recorded(one).verdict.effect));
    assert.deepEqual([...effects].sort(), ["approve", "reject", "review"]);
  });

  it("come newest first, each once", () => {
    const times = all.map(({ at }) => at);
    assert.deepEqual(times, times.toSorted().reverse());
    assert.equal(new Set(all.map(({ requestId }) => requestId)).size, all.length);
  });

  it("come as many as are wished for", async () => {
    assert.deepEqual(
      (await readAll(ports, { last: 3 })).map(({ requestId }) => requestId),
      all.slice(0, 3).map(({ requestId }) => requestId),
    );
  });

  it("come from a time on", async () => {
    const since = new Date(all[100]?.at ?? "");
    const wanted = all.filter(({ at }) => new Date(at) >= since);
    assert.equal((await readAll(ports, { since })).length, wanted.length);
    assert.ok(wanted.length < all.length);
  });

  it("give the recorded decision when they are judged again under the same versions", () => {
    const { fallbackReviewers } = ports.settings;
    for (const judgement of all) {
      const { facts, verdict } = recorded(judgement);
      const policies = verdict.policies.map(({ version }) => historyPolicy(version));
      assert.deepEqual(evaluate(policies, facts, { fallbackReviewers }), verdict);
    }
  });

  it("do not change under the policies that judged them, and are comparable", () => {
    for (const version of [1, 2, 3]) {
      const under = all.filter((one) => recorded(one).verdict.policies[0]?.version === version).map(snapshotOf);
      const sides = { before: [historyPolicy(version)], after: [historyPolicy(version)] };
      const { judged, changes, notComparable } = replay(under, sides, { fallbackReviewers: [] });
      assert.deepEqual([judged > 50, changes, notComparable], [true, [], []]);
    }
  });

  it("are 500 and more that two sets of policies are compared on within seconds", (test) => {
    const started = performance.now();
    const sides = { before: [historyPolicy(1)], after: [historyPolicy(3)] };
    const { judged, changes } = replay(all.map(snapshotOf), sides, { fallbackReviewers: [] });
    const ms = performance.now() - started;
    test.diagnostic(`${judged} snapshots under two versions: ${ms.toFixed(1)} ms, ${changes.length} changes`);
    assert.ok(changes.length > 0 && judged >= 500);
    assert.ok(ms < 5_000, `${ms} ms`);
  });

  it("can all be explained, on lines of which no consumer wrote one", () => {
    for (const judgement of all) {
      const { facts, verdict } = recorded(judgement);
      const text = formatExplanation(explain(verdict, facts));
      assert.ok(text.startsWith(`${verdict.effect}, decided by ${verdict.decidedBy.join(", ")}\n`));
      assert.doesNotMatch(text.replaceAll("\n", ""), /\p{Cc}/u);
    }
  });
});

describe("A judgement that is not as it was", () => {
  it("is unreadable when the ledger has another event in its place", async () => {
    const ports = await aHistory(1, 2);
    const other = {
      ...ports.ledger,
      eventsBetween: () => ports.ledger.eventsBetween(serviceKey(aServiceRef("pls-0").id), 1, 1),
    };
    const [first] = await readAll({ index: ports.index, ledger: Object.assign(Object.create(ports.ledger), other) });
    assert.ok(first && !first.read.ok);
    assert.match(first.read.problem, /^event \d+ of the ledger is not the one that the index names$/);
  });

  const facts = { values: { "time.now": "2026-11-24T10:00:00Z" }, absent: [], unavailable: {} };
  const verdict = evaluate([historyPolicy(1)], facts, { fallbackReviewers: [] });
  const detail = { facts, verdict, decision: { kind: "escalate", reason: "Because." } };

  it("keeps its verdict when its trace was too large", () => {
    const trace = { omitted: "too large to be stored", characters: 1, sha256: "00" };
    const read = readJudgement(JSON.parse(JSON.stringify({ ...detail, verdict: { ...verdict, trace } })));
    assert.deepEqual(read.ok && read.value.verdict, { ...verdict, trace: null });
  });

  const broken: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    "that was too large altogether": [{ omitted: "too large", characters: 1, sha256: "00" }, /too large to be stored/],
    "without facts": [{ verdict }, /facts/],
    "with a fact that is a list": [{ ...detail, facts: { ...facts, values: { "consumer.tier": ["gold"] } } }, /facts/],
    "with a fourth state of facts": [{ ...detail, facts: { ...facts, maybe: {} } }, /maybe/],
    "of another version": [{ ...detail, verdict: { ...verdict, v: 2 } }, /verdict\.v/],
    "with an effect that there is not": [{ ...detail, verdict: { ...verdict, effect: "allow" } }, /effect/],
    "with a trace that is a text": [
      { ...detail, verdict: { ...verdict, trace: "none" } },
      /verdict\.trace: is no trace/,
    ],
    "that is nothing": [null, /input/],
  };
  for (const [name, [given, expected]] of Object.entries(broken)) {
    it(`is refused with a reason: one ${name}`, () => {
      const read = readJudgement(given);
      assert.match(read.ok ? "taken" : read.problem, expected);
    });
  }
});
