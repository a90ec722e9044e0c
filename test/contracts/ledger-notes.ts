import assert from "node:assert/strict";
import { it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { Note } from "../../src/ledger/commit.ts";
import { policyChain } from "../../src/requests/request-id.ts";
import { event, step } from "../builders.ts";
import { collect, type OpenLedger } from "./ledger-reads.ts";

/** Events about no request: the same care as for steps, in a chain of their own. */
export function ledgerNoteContract(open: OpenLedger): void {
  it("puts a note on record in a chain that can be verified, and leaves the index to do", async () => {
    const ledger = (await open()).host();
    await ledger.note(note());
    const noted = await ledger.note(note({ key: "two", events: [policyEvent(), policyEvent("policy-activated")] }));
    const effect = { kind: "index", service: policyChain, requestId: null, firstSeq: 2, seq: 3 } as const;
    assert.deepEqual(noted, { kind: "noted", seq: 3, outbox: [effect] });
    const events = await collect(ledger.events(policyChain));
    assert.deepEqual(
      events.map(({ seq, kind }) => [seq, kind]),
      [
        [1, "policy-published"],
        [2, "policy-published"],
        [3, "policy-activated"],
      ],
    );
    assert.equal((await verifyChain(events, await ledger.head(policyChain))).ok, true);
  });

  it("takes a note once, however often and by whomever it is told", async () => {
    const { host } = await open();
    const ledger = host();
    assert.equal((await ledger.note(note())).kind, "noted");
    assert.equal((await ledger.note(note())).kind, "already-there");
    assert.equal((await host().note(note({ after: 7 }))).kind, "already-there");
    assert.equal((await ledger.head(policyChain)).seq, 1);
  });

  it("takes a note that was told after the last event, and none after an older one", async () => {
    const { host } = await open();
    assert.equal((await host().note(note({ after: 0 }))).kind, "noted");
    assert.equal((await host().note(note({ key: "late", after: 0 }))).kind, "conflict");
    assert.equal((await host().note(note({ key: "next", after: 1 }))).kind, "noted");
    assert.equal((await host().head(policyChain)).seq, 2);
  });

  it("lets one of many win that saw the same end of the chain", async () => {
    const { host } = await open();
    const notes = ["a", "b", "c", "d"].map((key) => host().note(note({ key, after: 0 })));
    const kinds = (await Promise.all(notes)).map(({ kind }) => kind).sort();
    assert.deepEqual(kinds, ["conflict", "conflict", "conflict", "noted"]);
    assert.equal((await host().head(policyChain)).seq, 1);
  });

  it("gives notes that ask for no place a place each, however many tell at once", async () => {
    const { host } = await open();
    const notes = ["a", "b", "c", "d"].map((key) => host().note(note({ key })));
    const seqs = (await Promise.all(notes)).map((noted) => noted.kind === "noted" && noted.seq);
    assert.deepEqual(seqs.sort(), [1, 2, 3, 4]);
    const events = await collect(host().events(policyChain));
    assert.equal((await verifyChain(events, await host().head(policyChain))).ok, true);
  });

  it("keeps notes and steps apart", async () => {
    const ledger = (await open()).host();
    const told = step();
    await ledger.commit(told);
    await ledger.note(note());
    assert.equal((await ledger.head(told.request.service)).seq, 1);
    assert.equal((await ledger.head(policyChain)).seq, 1);
  });

  it("takes no note that says nothing", async () => {
    const ledger = (await open()).host();
    await assert.rejects(ledger.note(note({ events: [] })), { name: "PlgateError", retryable: false });
  });
}

function note(change: Partial<Note> = {}): Note {
  return { key: "one", chain: policyChain, after: null, events: [policyEvent()], ...change };
}

function policyEvent(kind: "policy-published" | "policy-activated" = "policy-published") {
  const of = { serviceId: null, requestId: null, connectionId: null, consumerSubscriptionId: null };
  return event({ kind, ...of, linkIdentifier: null, what: "A policy was changed." });
}
