import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { canonical, emptyHead, link, verifyChain } from "../../src/ledger/chain.ts";
import { planCommit } from "../../src/ledger/commit.ts";
import type { AuditEvent, Json } from "../../src/ledger/event.ts";
import { event, request, step } from "../builders.ts";

function chain(length: number) {
  return link(
    emptyHead,
    Array.from({ length }, (_, index) => event({ what: `step ${index}` })),
  );
}

async function faultAfter(tamper: (events: AuditEvent[]) => AuditEvent[]): Promise<string> {
  const { events, head } = chain(5);
  const verified = await verifyChain(tamper([...events]), head);
  return verified.ok ? "intact" : `${verified.fault.seq}: ${verified.fault.problem}`;
}

describe("The chain", () => {
  it("of untouched events holds", async () => {
    const { events, head } = chain(5);
    assert.deepEqual(await verifyChain(events, head), { ok: true, events: 5, head });
  });
  it("without events holds", async () => assert.equal((await verifyChain([], emptyHead)).ok, true));

  const tampering: Record<string, [(events: AuditEvent[]) => AuditEvent[], RegExp]> = {
    "an event that was edited": [
      (all) => all.map((one) => (one.seq === 3 ? { ...one, what: "nothing" } : one)),
      /^3: .*altered/,
    ],
    "an event that was removed": [(all) => all.filter(({ seq }) => seq !== 3), /^3: event 3 is missing/],
    "events in another order": [
      ([a, b, ...rest]) => [b, a, ...rest].filter((one) => one !== undefined),
      /^1: event 1 is missing/,
    ],
    "an event told twice": [
      ([a, ...rest]) => [a, a, ...rest].filter((one) => one !== undefined),
      /^2: event 2 is missing/,
    ],
    "a tail that was cut off": [(all) => all.slice(0, 4), /^5: the head says 5 events, the chain ends at 4/],
    "an event put in at the end": [
      (all) => [...all, ...link({ seq: 5, hash: all[4]?.hash ?? "" }, [event()]).events],
      /head says 5/,
    ],
    "a changed previous hash": [
      (all) => all.map((one) => (one.seq === 2 ? { ...one, prev: "0" } : one)),
      /^2: .*follow/,
    ],
  };
  for (const [name, [tamper, expected]] of Object.entries(tampering)) {
    it(`shows ${name}`, async () => assert.match(await faultAfter(tamper), expected));
  }
});

describe("Canonical JSON", () => {
  it("is the same bytes in whatever order the keys were written, and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.parse(JSON.stringify(value)) as Json;
        assert.deepEqual(JSON.parse(canonical(json)), json);
        assert.equal(canonical(reversed(json)), canonical(json));
      }),
    );
  });
});

function reversed(value: Json): Json {
  if (Array.isArray(value)) return value.map((one: Json) => reversed(one));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member as Json)]),
  );
}

describe("A commit lays out state, record and what follows as one", () => {
  const kinds = (given: Parameters<typeof step>[0]) =>
    planCommit(emptyHead, step(given)).changes.map((change) => change.do);

  it("for a new request", () => {
    assert.deepEqual(kinds({}), ["put-head", "insert-key", "put-request", "insert-event", "open", "insert-effect"]);
  });
  it("for one that ends: the open marker goes, the end is remembered for this consumer", () => {
    const ended = kinds({ request: request({ state: "approved" }), expected: "etag" });
    assert.deepEqual(ended.slice(4), ["close", "remember-end", "insert-effect"]);
  });
  it("for a decision by people: the service is to be reviewed and the card to be changed", () => {
    const plan = planCommit(emptyHead, step({ notify: true, wake: true }));
    const effects = plan.changes.flatMap((change) => (change.do === "insert-effect" ? [change.effect.kind] : []));
    assert.deepEqual(effects, ["index", "wake", "notify"]);
  });
});
