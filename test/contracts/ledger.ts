import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { NewEvent } from "../../src/ledger/event.ts";
import { stateAfter } from "../../src/ledger/state-after.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { aConnectionRef, aServiceRef, event, request, step } from "../builders.ts";
import { hostileTexts } from "./hostile-texts.ts";
import { ledgerNoteContract } from "./ledger-notes.ts";
import { collect, committedBy, ledgerReadContract, type OpenLedger } from "./ledger-reads.ts";

const service = serviceKey(aServiceRef().id);

/** What every Ledger keeps, the fake and the stored one. */
export function ledgerContract(name: string, open: OpenLedger): void {
  describe(`Ledger contract: ${name}`, () => {
    commitContract(open);
    raceContract(open);
    ledgerReadContract(open);
    ledgerNoteContract(open);
    textContract(open);
  });
}

function commitContract(open: OpenLedger): void {
  it("gives the request back as it was committed, with an etag", async () => {
    const ledger = (await open()).host();
    const begun = request({ state: "awaiting-decision" });
    const committed = await ledger.commit(step({ request: begun }));
    assert.equal(committed.kind, "committed");
    assert.deepEqual(await ledger.request(begun.id), committed.kind === "committed" && committed.stored);
    assert.deepEqual((await ledger.request(begun.id))?.request, begun);
  });

  it("commits a step once, however often and by whomever it is told", async () => {
    const { host } = await open();
    const ledger = host();
    assert.equal((await ledger.commit(step())).kind, "committed");
    assert.equal((await ledger.commit(step())).kind, "already-there");
    assert.equal((await host().commit(step())).kind, "already-there");
    assert.equal((await ledger.head(service)).seq, 1);
  });

  it("names the effects that the commit left, with the events that they are about", async () => {
    const ledger = (await open()).host();
    const of = request();
    const told = step({ request: of, events: [event(), event({ kind: "evaluated" })], notify: true, wake: true });
    const committed = await ledger.commit(told);
    const { correlation } = event();
    const entry = { service, requestId: of.id, firstSeq: 1, seq: 2, correlation };
    assert.deepEqual(committed.kind === "committed" && committed.outbox, [
      { ...entry, kind: "index" },
      { ...entry, kind: "wake" },
      { ...entry, kind: "notify" },
    ]);
  });

  it("takes no step that explains nothing", async () => {
    const ledger = (await open()).host();
    await assert.rejects(ledger.commit(step({ events: [] })), { name: "PlgateError", retryable: false });
  });

  it("takes a step about a request that has ended, which closes nothing any more", async () => {
    const ledger = (await open()).host();
    const ended = await committedBy(ledger, step({ request: request({ state: "approved", outcome: "Approved." }) }));
    const later = step({
      request: ended.request,
      key: "later",
      expected: ended.etag,
      events: [event({ kind: "revoked" })],
    });
    assert.equal((await ledger.commit(later)).kind, "committed");
    assert.deepEqual(await ledger.unsettled(service), { open: [], awaitedLinks: [], approvals: [], findings: [] });
  });

  it("keeps a decision whose explanation is too large, with a proof of what was left out", async () => {
    const ledger = (await open()).host();
    const trace = Array.from({ length: 4_000 }, (_, n) => ({ rule: `rule-${n}`, got: '"'.repeat(200) }));
    const detail = { facts: { "consumer.tier": "gold" }, verdict: { effect: "review", trace } };
    const told = step({ events: [event(), event({ kind: "evaluated", detail })] });
    assert.equal((await ledger.commit(told)).kind, "committed");
    const [, evaluated] = await ledger.eventsBetween(service, 1, 2);
    assert.deepEqual(evaluated?.detail, {
      facts: { "consumer.tier": "gold" },
      verdict: { effect: "review", trace: omittedAs(evaluated?.detail) },
    });
    assert.equal((await verifyChain(ledger.events(service), await ledger.head(service))).ok, true);
  });
}

function raceContract(open: OpenLedger): void {
  it("lets one of two hosts move a request, and tells the other", async () => {
    const { host } = await open();
    const begun = await committedBy(host(), step());
    const moves = (["approving", "rejecting"] as const).map((state) =>
      step({ request: { ...begun.request, state }, expected: begun.etag, events: [event({ kind: "decided" })] }),
    );
    const outcomes = await Promise.all(moves.map((move) => host().commit(move)));
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ["committed", "conflict"]);
    assert.equal((await host().head(service)).seq, 2);
  });

  it("tells a host whose request is new that somebody began it first", async () => {
    const { host } = await open();
    await committedBy(host(), step());
    assert.equal((await host().commit(step({ key: "another" }))).kind, "conflict");
  });

  it("has no conflict between different requests of one service: all are committed without a gap", async () => {
    const { host } = await open();
    const steps = Array.from({ length: 8 }, (_, n) => step({ request: request({}, aConnectionRef(`pe-${n}.1111`)) }));
    const outcomes = await Promise.all(steps.map((one) => host().commit(one)));
    assert.deepEqual(new Set(outcomes.map(({ kind }) => kind)), new Set(["committed"]));
    const ledger = host();
    const verified = await verifyChain(ledger.events(service), await ledger.head(service));
    assert.deepEqual([verified.ok, verified.events], [true, 8]);
    assert.equal((await ledger.unsettled(service)).open.length, 8);
  });

  it("commits a step once when several hosts tell it at the same time", async () => {
    const { host } = await open();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => host().commit(step())));
    assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), [...Array(5).fill("already-there"), "committed"]);
    assert.equal((await host().head(service)).seq, 1);
  });
}

function textContract(open: OpenLedger): void {
  for (const [what, text] of Object.entries(hostileTexts)) {
    it(`keeps ${what} in every text as it is`, async () => {
      const ledger = (await open()).host();
      const change = { message: text, connectionName: text, outcome: text, consumerSubscriptionId: text };
      const of = request({ ...change, linkIdentifier: text, state: "approved" });
      const why = { rules: [text], reason: text, justification: text };
      const who = { kind: "person", objectId: text, tenantId: text, name: text } as const;
      const detail = JSON.parse(`{${JSON.stringify(text)}:${JSON.stringify(text)},"__proto__":{"polluted":true}}`);
      const told: NewEvent = event({ who, why, what: text, correlation: text, detail }, of);
      await committedBy(ledger, step({ key: text, request: of, events: [told] }));

      assert.deepEqual((await ledger.request(of.id))?.request, of);
      const [stored] = await collect(ledger.events(service));
      const place = stored && { v: 1, seq: 1, prev: stored.prev, hash: stored.hash, after: stateAfter(of) };
      assert.deepEqual({ ...told, ...place }, stored);
      assert.equal((await verifyChain(ledger.events(service), await ledger.head(service))).ok, true);
      // Nobody is no consumer.
      assert.equal((await ledger.history(service, text)).approvedBefore, text !== "");
      assert.equal((await ledger.commit(step({ key: text, request: of }))).kind, "already-there");
    });
  }
}

function omittedAs(detail: unknown): unknown {
  const text = JSON.stringify(detail);
  const [, characters, sha256] = /"characters":(\d+),.*"sha256":"([0-9a-f]{64})"/.exec(text) ?? [];
  assert.ok(characters && sha256, `no note stands for what was left out: ${text.slice(0, 200)}`);
  return { omitted: "too large to be stored", characters: Number(characters), sha256 };
}
