import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { readJudgement } from "../../src/intake/judgement.ts";
import { readSimulation } from "../../src/intake/simulation.ts";
import { evaluate } from "../../src/policy/evaluate.ts";
import { type Simulated, type Simulation, simulate } from "../../src/workflow/simulate.ts";
import { connection } from "../builders.ts";
import type { FakePolicyVersions } from "../fakes/policy-store.ts";
import { aHistory, historyPolicy, historySource, historyVersions } from "./a-history.ts";
import { requestOf, review, type Stage, stage } from "./stage.ts";

const facts = {
  values: {
    "time.now": "2026-11-24T10:00:00Z",
    "consumer.tier": "gold",
    "consumer.connectionsOnService": 0,
    "endpoint.region": "westeurope",
    "consumer.subscriptionId": "99999999-0000-4000-8000-000000000009",
  },
  absent: [],
  unavailable: {},
};

let versions: FakePolicyVersions;
before(async () => {
  versions = await historyVersions();
});

function tryIt(ports: Stage, wish: Partial<Simulation>, budgetMs = 20_000): Promise<Simulated> {
  const means = { ports: { ...ports, versions }, readDetail: readJudgement, budgetMs };
  return simulate({ policies: [], alone: false, ...wish }, means);
}

async function judgedOnce() {
  const ports = stage();
  ports.policies.set([historyPolicy(1)]);
  await review(ports);
  return { ports, requestId: (await requestOf(ports, connection()))?.id ?? "" };
}

function expectKind<Kind extends Simulated["kind"]>(simulated: Simulated, kind: Kind) {
  assert.equal(simulated.kind, kind, JSON.stringify(simulated));
  return simulated as Extract<Simulated, { readonly kind: Kind }>;
}

describe("simulate", () => {
  it("judges facts by the policies in force when no other is named", async () => {
    const ports = stage();
    const { verdict } = expectKind(await tryIt(ports, { facts }), "facts");
    const { fallbackReviewers } = ports.settings;
    assert.deepEqual(verdict, evaluate((await ports.policies.current()).inForce, facts, { fallbackReviewers }));
  });

  it("lays a policy over those in force, and leaves them out on wish", async () => {
    const policies = [{ source: historySource(2) }];
    const over = expectKind(await tryIt(stage(), { facts, policies }), "facts");
    assert.deepEqual(
      over.verdict.policies.map(({ name, version }) => [name, version]),
      [
        ["history", 0],
        ["stage", 1],
      ],
    );
    const alone = expectKind(await tryIt(stage(), { facts, policies, alone: true }), "facts");
    assert.deepEqual(
      alone.verdict.policies.map(({ name }) => name),
      ["history"],
    );
    assert.equal(alone.verdict.effect, "approve");
  });

  it("takes the place of the policy with its name", async () => {
    const ports = stage();
    ports.policies.set([historyPolicy(1)]);
    const { verdict } = expectKind(await tryIt(ports, { facts, policies: [{ name: "history", version: 3 }] }), "facts");
    assert.deepEqual(
      verdict.policies.map(({ version }) => version),
      [3],
    );
  });

  it("judges a request on record again, by the facts of then, and says what changes", async () => {
    const { ports, requestId } = await judgedOnce();
    const same = expectKind(await tryIt(ports, { requestId }), "request");
    assert.deepEqual([same.change, same.recorded.effect, same.notHeld], [null, "approve", []]);
    const other = expectKind(await tryIt(ports, { requestId, policies: [{ name: "history", version: 3 }] }), "request");
    assert.deepEqual([other.change, other.verdict.expiresAfter], ["approve, other expiry", "P11D"]);
  });

  it("replays the last judgements against what is in force", async () => {
    const ports = await aHistory(3, 21);
    ports.policies.set([historyPolicy(1)]);
    const history = expectKind(
      await tryIt(ports, { last: 50, policies: [{ name: "history", version: 3 }] }),
      "history",
    );
    assert.deepEqual([history.judged, history.complete, history.changes.length > 0], [50, true, true]);
  });

  it("ends a replay when its time is spent, and says so", async () => {
    const ports = await aHistory(1, 10);
    ports.policies.set([historyPolicy(1)]);
    const history = expectKind(await tryIt(ports, { last: 10 }, 0), "history");
    assert.deepEqual([history.judged, history.complete], [1, false]);
  });

  it("writes nothing", async () => {
    const { ports, requestId } = await judgedOnce();
    const told = ports.ledger.told.length;
    for (const wish of [{ facts }, { requestId }, { last: 5 }]) await tryIt(ports, wish);
    assert.equal(ports.ledger.told.length, told);
  });

  it("refuses a broken policy with every finding", async () => {
    const source = historySource(1).replace("consumer.tier: gold", "consumer.teir: gold");
    const { problem, faults } = expectKind(await tryIt(stage(), { facts, policies: [{ source }] }), "refused");
    assert.equal(problem, "policies[0] has errors");
    assert.match(faults[0]?.message ?? "", /did you mean consumer\.tier\?/);
  });

  it("refuses a version that there is not, and one policy twice", async () => {
    const absent = expectKind(await tryIt(stage(), { facts, policies: [{ name: "history", version: 9 }] }), "refused");
    assert.equal(absent.problem, "there is no version 9 of policy history");
    const policies = [{ source: historySource(1) }, { name: "history", version: 1 }];
    const twice = expectKind(await tryIt(stage(), { facts, policies }), "refused");
    assert.equal(twice.problem, "policy history is named twice");
  });

  it("does not know a request that was never made, whatever its id is", async () => {
    for (const requestId of ["nothing", "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1", "../x"]) {
      expectKind(await tryIt(stage(), { requestId }), "no-judgement");
    }
  });

  it("does not judge beside policies that cannot be trusted", async () => {
    const ports = stage();
    ports.policies.set([], [{ policy: "stage", message: "damaged" }]);
    const { problem } = expectKind(await tryIt(ports, { facts }), "unavailable");
    assert.match(problem, /stage: damaged/);
    expectKind(await tryIt(ports, { facts, policies: [{ source: historySource(1) }], alone: true }), "facts");
    expectKind(await tryIt(ports, { last: 5, alone: true }), "unavailable");
  });
});

describe("readSimulation", () => {
  const taken = {
    "facts alone": { facts },
    "a request and a version": { requestId: "x", policies: [{ name: "prod", version: 3 }] },
    "the last judgements and a text": { last: 500, policies: [{ source: "x" }], alone: true },
  };
  for (const [name, input] of Object.entries(taken)) {
    it(`takes ${name}`, () => assert.deepEqual(readSimulation(input).ok, true));
  }

  const refused: Readonly<Record<string, readonly [unknown, RegExp]>> = {
    nothing: [{}, /name one of facts, requestId and last/],
    "two things at once": [{ facts, last: 1 }, /name one of facts, requestId and last/],
    "too many judgements": [{ last: 501 }, /last: is at most 500/],
    "no judgements": [{ last: 0 }, /last: is at least 1/],
    "a policy that is neither text nor version": [
      { facts, policies: [{ name: "prod" }] },
      /policies\.0: is \{ source \} or/,
    ],
    "a name that is none": [{ facts, policies: [{ name: "~active", version: 1 }] }, /policies\.0/],
    "33 policies": [{ facts, policies: Array(33).fill({ source: "" }) }, /policies: are at most 32/],
    "a fact that is a map": [{ facts: { ...facts, values: { "consumer.tier": {} } } }, /facts\.values\.consumer\.tier/],
    "a fourth state": [{ facts: { ...facts, secret: 1 } }, /secret/],
    "a member that there is not": [{ facts, since: "x" }, /since/],
    "a list": [[], /input/],
  };
  for (const [name, [input, expected]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      const read = readSimulation(input);
      assert.match(read.ok ? "taken" : read.problem, expected);
    });
  }
});
