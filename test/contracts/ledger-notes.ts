import assert from "node:assert/strict";
import { it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { Note } from "../../src/ledger/commit.ts";
import { policyChain, runChain, type ServiceKey } from "../../src/requests/request-id.ts";
import type { Run, RunShare } from "../../src/requests/run.ts";
import { event, step } from "../builders.ts";
import { collect, type OpenLedger } from "./ledger-reads.ts";

const aRun: Run = {
  ...{ v: 1, id: "recertify-00000001", kind: "recertify", state: "running", scope: {}, note: "CHG-1" },
  ...{ startedBy: { kind: "robot" }, startedAt: "2026-11-26T09:00:00.000Z", confirmedBy: null, dueAt: null },
  ...{
    grace: "P14D",
    unanswered: "flag",
    cap: 1000,
    most: null,
    by: null,
    drainedAt: null,
    endedAt: null,
    counts: null,
  },
};

/** Events about no request: the same care as for steps, in a chain of their own. */
export function ledgerNoteContract(open: OpenLedger): void {
  it("puts a note on record in a chain that can be verified, and leaves the index to do", async () => {
    const ledger = (await open()).host();
    await ledger.note(note());
    const noted = await ledger.note(note({ key: "two", events: [policyEvent(), policyEvent("policy-activated")] }));
    const { correlation } = policyEvent();
    const about = { service: policyChain, requestId: null, firstSeq: 2, seq: 3, correlation };
    const effect = { kind: "index", ...about } as const;
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

  it("keeps a run together with the event that tells of it, the latest state alone", async () => {
    const { host } = await open();
    const told = (key: string, run: Run) =>
      host().note(note({ key, chain: runChain, events: [policyEvent("run-started")], run }));
    await told("one", aRun);
    await told("other", { ...aRun, id: "judge-00000002" });
    await told("two", { ...aRun, state: "stopped" });
    const runs = [...(await host().runs())].sort((one, other) => (one.id < other.id ? -1 : 1));
    assert.deepEqual(
      runs.map(({ id, state }) => [id, state]),
      [
        ["judge-00000002", "running"],
        ["recertify-00000001", "stopped"],
      ],
    );
    assert.deepEqual(runs[1], { ...aRun, state: "stopped" });
  });

  it("keeps how far a run came at each service, apart from other runs and from the runs themselves", async () => {
    const { host } = await open();
    const share = (run: string, service: string, waiting: number): RunShare => ({
      ...{ v: 1, run, service: service as ServiceKey, serviceId: `/services/${service}`, waiting },
      connections: { abc: { request: null, fate: "stays" } },
    });
    const [one, two] = ["aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"] as const;
    await host().putRunShare(share("recertify-00000001", one, 3));
    await host().putRunShare(share("recertify-00000001", two, 2));
    await host().putRunShare(share("recertify-000000011", two, 1));
    await host().putRunShare(share("recertify-00000001", one, 0));
    const shares = [...(await host().runShares("recertify-00000001"))].sort((a, b) => a.waiting - b.waiting);
    assert.deepEqual(shares, [share("recertify-00000001", one, 0), share("recertify-00000001", two, 2)]);
    assert.deepEqual(
      await host().runShare("recertify-000000011", two as ServiceKey),
      share("recertify-000000011", two, 1),
    );
    assert.equal(await host().runShare("recertify-00000001", "cccccccccccccccc" as ServiceKey), undefined);
    assert.deepEqual(await host().runs(), []);
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

function policyEvent(kind: "policy-published" | "policy-activated" | "run-started" = "policy-published") {
  const of = { serviceId: null, requestId: null, connectionId: null, consumerSubscriptionId: null };
  return event({ kind, ...of, linkIdentifier: null, what: "A policy was changed." });
}
