import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ChainWalk, canonical, emptyHead, link, verifyChain } from "../../src/ledger/chain.ts";
import { planCommit } from "../../src/ledger/commit.ts";
import type { AuditEvent, Json } from "../../src/ledger/event.ts";
import { readSegment, segmentFile } from "../../src/ledger/segment.ts";
import type { ServiceKey } from "../../src/requests/request-id.ts";
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
      /^2: event 2 is missing/,
    ],
    "an event told twice": [
      ([a, ...rest]) => [a, a, ...rest].filter((one) => one !== undefined),
      /^1: event 1 stands there twice/,
    ],
    "a tail that was cut off": [(all) => all.slice(0, 4), /^5: event 5 is missing/],
    "a beginning that was cut off": [(all) => all.slice(2), /^1: events 1 to 2 are missing/],
    "a word that no hash covers": [
      (all) => all.map((one) => (one.seq === 3 ? { ...one, seen: "by nobody" } : one)),
      /^3: .*altered/,
    ],
    "an edited event whose own hash was made anew": [
      (all) => all.map((one) => (one.seq === 3 ? relinked(all[1], { ...one, what: "nothing" }) : one)),
      /^4: event 4 does not follow/,
    ],
    "an edited last event whose own hash was made anew": [
      (all) => all.map((one) => (one.seq === 5 ? relinked(all[3], { ...one, what: "nothing" }) : one)),
      /^5: the head does not fit event 5/,
    ],
    "an edited state": [
      (all) => all.map((one) => (one.seq === 3 ? { ...one, after: { state: "approved", sha256: "0" } } : one)),
      /^3: .*altered/,
    ],
    "an event put in at the end": [
      (all) => [...all, ...link({ seq: 5, hash: all[4]?.hash ?? "" }, [event()]).events],
      /^6: event 6 stands behind the end of the chain: its head says 5/,
    ],
    "a changed previous hash": [
      (all) => all.map((one) => (one.seq === 2 ? { ...one, prev: "0" } : one)),
      /^2: .*(follow|altered)/,
    ],
  };
  for (const [name, [tamper, expected]] of Object.entries(tampering)) {
    it(`shows ${name}`, async () => assert.match(await faultAfter(tamper), expected));
  }
});

function relinked(before: AuditEvent | undefined, event: AuditEvent): AuditEvent {
  const { v: _, seq, prev: __, hash: ___, ...told } = event;
  const [made] = link({ seq: seq - 1, hash: before?.hash ?? "" }, [told]).events;
  return made ?? event;
}

describe("Walking a chain whose events cannot all be read", () => {
  it("goes on behind what cannot be read, and says both what it is and what else is wrong", () => {
    const { events, head } = chain(5);
    const walk = new ChainWalk(head);
    const faults = events.toReversed().flatMap((one) => {
      if (one.seq === 4) return walk.take({ seq: 4, first: 3, problem: "the blob is gone" });
      if (one.seq === 3) return [];
      return walk.take({ seq: one.seq, event: one.seq === 1 ? { ...one, what: "nothing" } : one });
    });
    const problems = [...faults, ...walk.end()].map(({ seq, problem }) => `${seq}: ${problem}`);
    assert.deepEqual(problems, ["3: the blob is gone", "1: event 1 was altered"]);
  });

  it("does not believe a head without events", () => {
    assert.match(new ChainWalk({ seq: 0, hash: "1" }).end()[0]?.problem ?? "", /head does not fit/);
    assert.match(new ChainWalk({ seq: 2, hash: "1" }).end()[0]?.problem ?? "", /events 1 to 2 are missing/);
  });
});

describe("A segment", () => {
  it("reads back as the events that were sealed, and as nothing else", async () => {
    const { events } = chain(5);
    const file = segmentFile("aaaaaaaaaaaaaaaa" as ServiceKey, events.slice(1, 4));
    assert.ok(file);
    const { segment, text } = file;
    assert.equal(segment.blob, "aaaaaaaaaaaaaaaa/0000000002-0000000004.ndjson");
    assert.deepEqual(await readSegment(segment, text), { ok: true, events: events.slice(1, 4) });
    const edited = await readSegment(segment, text.replace("step 2", "step 9"));
    assert.match(edited.ok ? "" : edited.problem, /is not what was sealed/);
    const sha256 = createHash("sha256").update("x").digest("hex");
    for (const other of ["x", "{}\n"]) assert.equal((await readSegment({ ...segment, sha256 }, other)).ok, false);
  });
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
