import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { AuditTrail } from "../../../src/azure/audit-trail.ts";
import { rowsOf } from "../../../src/azure/rows.ts";
import { robot } from "../../../src/decision/decision.ts";
import { policyChain, type ServiceKey } from "../../../src/requests/request-id.ts";
import { anchorChains } from "../../../src/workflow/anchor-chains.ts";
import { rebuildIndex } from "../../../src/workflow/rebuild-index.ts";
import { type Sealed, sealChain } from "../../../src/workflow/seal-chain.ts";
import { trimIndex } from "../../../src/workflow/trim-index.ts";
import { type AuditVerdict, verifyAudit } from "../../../src/workflow/verify-audit.ts";
import { event } from "../../builders.ts";
import { collect } from "../../contracts/ledger-reads.ts";
import { mortal } from "../../workflow/mortal-host.ts";
import {
  type AuditRecord,
  anEmptyRecord,
  aRecord,
  begin,
  chain,
  follow,
  move,
  putEvent,
  rowsOfChain,
  service,
} from "../a-record.ts";
import type { StorageWorld } from "../storage-world.ts";

const whole = { anchors: true, index: true };

/** Care of the record over the years: lists made anew, lists cut, old events moved into files. */
export function keepingSuite(world: StorageWorld): void {
  describe("the lists, made anew", () => rebuilding(world));
  describe("the lists, cut", () => trimming(world));
  describe("old events, sealed in files", () => sealing(world));
}

function rebuilding(world: StorageWorld): void {
  it("are what they were, from the chains alone", async () => {
    const record = await aRecord(world);
    const before = await listed(record);
    await empty(record);
    assert.equal((await record.index.searchAudit({ top: 10 })).entries.length, 0);
    const rebuilt = await rebuildIndex({ fresh: false }, record);
    assert.deepEqual(rebuilt, { chains: 3, events: 19, requests: 5, removed: 0, resumedAfter: null, unreadable: 0 });
    assert.deepEqual(await listed(record), before);
    assert.equal((await record.index.searchRequests({ top: 10 })).requests.length, 5);
  });

  it("show no row that somebody edited, put in, or moved", async () => {
    const record = await aRecord(world);
    const before = await listed(record);
    for await (const row of rowsOf(record.lists, "PartitionKey eq 'k:decided'")) {
      await record.lists.updateEntity({ ...row, body0: "{}" }, "Replace");
      await record.lists.createEntity({ ...row, partitionKey: "k:expired" });
    }
    for await (const row of rowsOf(record.lists, "PartitionKey eq 'r'")) {
      await record.lists.updateEntity({ ...row, seq: 999_999, body0: "{}" }, "Replace");
    }
    assert.equal((await rebuildIndex({ fresh: false }, record)).removed, 4);
    assert.deepEqual(await listed(record), before);
    assert.equal((await record.index.searchRequests({ top: 10 })).requests.length, 5);
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
  });

  it("leave out what is not what was recorded, and say so", async () => {
    const record = await aRecord(world);
    await record.table.updateEntity(
      { partitionKey: chain, rowKey: (await rowsOfChain(record.table))[4]?.rowKey ?? "", body0: "{" },
      "Merge",
    );
    assert.equal((await rebuildIndex({ fresh: false }, record)).unreadable, 1);
  });

  it("are whole wherever a rebuild was killed, and the next goes on where it was", async () => {
    const record = await aRecord(world);
    const before = await listed(record);
    let resumed = 0;
    for (let calls = 1; ; calls += 3) {
      await empty(record);
      const host = mortal({ indexCare: record.indexCare }, ["indexCare"], calls, "after");
      await rebuildIndex({ fresh: true }, { ...record, ...host.ports }).catch((error: unknown) =>
        assert.ok(host.died(), String(error)),
      );
      if (!host.died()) break;
      const { resumedAfter } = await rebuildIndex({ fresh: false }, record);
      if (resumedAfter !== null) resumed += 1;
      assert.deepEqual(await listed(record), before);
    }
    assert.ok(resumed > 0, "no rebuild went on where another had stopped");
  });
}

function trimming(world: StorageWorld): void {
  const day = 24 * 3600;

  it("hold what is young, and the list by LinkID holds everything", async () => {
    const record = await anEmptyRecord(world);
    const old = await begin(record, service, "pe-1.1");
    await move(record, await move(record, old, "approving", "decided"), "approved", "applied");
    record.clock.advance(100 * day);
    await begin(record, service, "pe-2.1");
    const trimmed = await trimIndex(90, record);
    assert.deepEqual([trimmed.removed, trimmed.done], [4, true]);
    assert.equal((await record.index.searchAudit({ top: 10 })).entries.length, 2);
    const byLink = await record.index.searchAudit({ link: "305419896", top: 10 });
    assert.deepEqual([byLink.entries.length, byLink.since], [1, null]);
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
    assert.equal((await trimIndex(90, record)).removed, 0);
  });

  it("say since when they go to whoever asks further back, on the last page", async () => {
    const record = await anEmptyRecord(world);
    await begin(record, service, "pe-1.1");
    record.clock.advance(100 * day);
    await begin(record, service, "pe-2.1");
    const { floor } = await trimIndex(90, record);
    const ask = async (from: string | undefined, top: number) =>
      (await record.index.searchAudit({ ...(from ? { from: new Date(from) } : {}), top })).since;
    assert.deepEqual(
      [await ask(undefined, 10), await ask("2026-01-01", 10), await ask(floor, 10), await ask(undefined, 1)],
      [floor, floor, null, null],
    );
  });

  it("stay cut when they are made anew, and never grow back by a lower number of days", async () => {
    const record = await anEmptyRecord(world);
    await begin(record, service, "pe-1.1");
    record.clock.advance(100 * day);
    const { floor } = await trimIndex(90, record);
    assert.equal((await trimIndex(365, record)).floor, floor);
    await rebuildIndex({ fresh: false }, record);
    assert.equal((await record.index.searchAudit({ top: 10 })).entries.length, 0);
  });

  it("stop when time is up, and go on with the next run", async () => {
    const record = await anEmptyRecord(world);
    for (let n = 0; n < 60; n += 1) await begin(record, service, `pe-${n}.1`);
    record.clock.advance(100 * day);
    const first = await trimIndex(90, record, () => false);
    assert.deepEqual([first.removed, first.done], [100, false]);
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: true }, record)), []);
    const second = await trimIndex(90, record, () => false);
    assert.deepEqual([second.removed, second.done], [20, true]);
  });
}

function sealing(world: StorageWorld): void {
  const later = new Date("2100-01-01T00:00:00Z");

  it("are out of the table, in the chain, and in every answer", async () => {
    const record = await aLongRecord(world);
    await anchorChains(record);
    const before = { events: await eventsOf(record), verdict: await verifyAudit(whole, record) };
    const sealed = await seal(record);
    assert.deepEqual(sealed, { chain: policyChain, segments: 1, events: 60, refused: null });
    assert.equal((await rowsOfChain(record.table, policyChain)).length, 201);
    const events = await eventsOf(record);
    assert.deepEqual(events.slice(0, 260), before.events);
    const told = events.at(-1);
    assert.deepEqual([told?.kind, told?.seq], ["segment-sealed", 261]);
    const verdict = await verifyAudit(whole, record);
    assert.deepEqual([problems(verdict), verdict.events], [[], before.verdict.events + 1]);
    assert.deepEqual(
      (await record.ledger.eventsBetween(policyChain, 59, 62)).map(({ seq }) => seq),
      [59, 60, 61, 62],
    );
    assert.deepEqual(await seal(record), { chain: policyChain, segments: 0, events: 0, refused: null });
  });

  it("are there once, wherever sealing was killed", async () => {
    for (const moment of ["before", "after"] as const) {
      for (let calls = 1; ; calls += 1) {
        const record = await aLongRecord(world, 260);
        const before = await eventsOf(record);
        const { trail, archive, ledger } = record;
        const host = mortal({ trail, archive, ledger }, ["archive", "ledger"], calls, moment);
        await seal(record, later, host.ports).catch((error: unknown) => assert.ok(host.died(), String(error)));
        await seal(record);
        assert.deepEqual((await eventsOf(record)).slice(0, 260), before);
        assert.deepEqual(problems(await verifyAudit({ anchors: false, index: false }, record)), []);
        assert.equal((await record.trail.segments(policyChain)).length, 1);
        assert.equal((await rowsOfChain(record.table, policyChain)).length, 201);
        if (!host.died()) break;
      }
    }
  });

  it("are one, when two operators seal at once", async () => {
    const record = await aLongRecord(world, 260);
    await Promise.allSettled([seal(record), seal(record)]);
    await seal(record);
    assert.deepEqual(problems(await verifyAudit({ anchors: false, index: false }, record)), []);
    assert.equal((await record.trail.segments(policyChain)).length, 1);
  });

  it("are not touched in a chain that does not verify: it is evidence", async () => {
    const record = await aLongRecord(world, 260);
    const [first] = await record.ledger.eventsBetween(policyChain, 5, 5);
    assert.ok(first);
    await putEvent(record.table, 5, { ...first, what: "Nothing happened." }, policyChain);
    const { refused, segments } = await seal(record);
    assert.match(refused ?? "", /event 5 was altered/);
    assert.deepEqual([segments, (await rowsOfChain(record.table, policyChain)).length], [0, 260]);
  });

  it("do not reach into a request that is still open, nor past what is young", async () => {
    const record = await anEmptyRecord(world);
    await begin(record, service, "pe-1.1");
    await notes(record, 230, chain);
    assert.equal((await seal(record, later, record, chain)).events, 0);
    const young = await aLongRecord(world, 260);
    assert.equal((await seal(young, new Date(0))).events, 0);
  });

  const hands: Readonly<
    Record<string, readonly [(record: AuditRecord, blob: string) => Promise<AuditRecord>, RegExp]>
  > = {
    "a file that was edited": [
      async (record, blob) => withArchive(record, blob, (text) => text?.replace("note 7", "note 8")),
      /blob .* is not what was sealed/,
    ],
    "a file that is gone": [async (record, blob) => withArchive(record, blob, () => undefined), /which is gone/],
    "a row that says that something else was sealed": [
      async (record) => {
        const key = { partitionKey: policyChain, rowKey: "s|0000000001" };
        await record.table.updateEntity({ ...key, sha256: "0".repeat(64) }, "Merge");
        return record;
      },
      /blob .* is not what was sealed/,
    ],
    "a row that is gone": [
      async (record) => {
        await record.table.deleteEntity(policyChain, "s|0000000001");
        return record;
      },
      /events 1 to 60 are missing/,
    ],
    "an event that was put back otherwise than it was": [
      async (record) => {
        const [event5] = await record.ledger.eventsBetween(policyChain, 5, 5);
        assert.ok(event5);
        await putEvent(record.table, 5, { ...event5, what: "Nothing." }, policyChain);
        return record;
      },
      /event 5 was altered/,
    ],
  };
  for (const [what, [tamper, expected]] of Object.entries(hands)) {
    it(`show ${what}`, async () => {
      const record = await aLongRecord(world, 260);
      await seal(record);
      const [segment] = await record.trail.segments(policyChain);
      const tampered = await tamper(record, segment?.blob ?? "");
      const verdict = await verifyAudit({ anchors: false, index: false }, tampered);
      assert.match(problems(verdict).join("\n"), expected);
    });
  }

  it("are not removed because a row says that they were sealed", async () => {
    const record = await aLongRecord(world, 260);
    const forged = {
      first: 1,
      last: 100,
      prev: "0".repeat(64),
      hash: "0".repeat(64),
      blob: "x",
      sha256: "0".repeat(64),
    };
    await record.table.createEntity({ partitionKey: policyChain, rowKey: "s|0000000001", v: 1, ...forged });
    await assert.rejects(seal(record), /nothing of policiesofplgate is removed: events 1 to 100 were sealed in blob x/);
    assert.equal((await rowsOfChain(record.table, policyChain)).length, 260);
  });

  it("are not given when their file is not to be believed", async () => {
    const record = await aLongRecord(world, 260);
    await seal(record);
    const key = { partitionKey: policyChain, rowKey: "s|0000000001" };
    await record.table.updateEntity({ ...key, sha256: "0".repeat(64) }, "Merge");
    await assert.rejects(record.ledger.eventsBetween(policyChain, 1, 3), /is not what was sealed/);
  });

  async function seal(
    { trail, archive, ledger, clock }: AuditRecord,
    before = later,
    change: Partial<Pick<AuditRecord, "trail" | "archive" | "ledger">> = {},
    of: ServiceKey = policyChain,
  ): Promise<Sealed> {
    const hand = { who: robot, door: "cli", correlation: randomUUID(), clock } as const;
    return sealChain(of, before, hand, { trail, archive, ledger, ...change, follow: async () => undefined });
  }
}

async function withArchive(
  record: AuditRecord,
  blob: string,
  change: (text: string | undefined) => string | undefined,
): Promise<AuditRecord> {
  const { archive } = record;
  const read = async (name: string) => {
    const text = await archive.read(name);
    return name === blob ? change(text) : text;
  };
  return { ...record, trail: new AuditTrail(record.table, { keep: async () => false, read }) };
}

/** The chain of policies with many events; with no lists when there are few. */
async function aLongRecord(world: StorageWorld, length = 260): Promise<AuditRecord> {
  const record = await anEmptyRecord(world);
  await notes(record, length, policyChain);
  return record;
}

async function notes(record: AuditRecord, length: number, of: ServiceKey): Promise<void> {
  const about = { kind: "policy-published", serviceId: null, requestId: null, connectionId: null } as const;
  for (let at = 0; at < length; at += 50) {
    const events = Array.from({ length: Math.min(50, length - at) }, (_, n) =>
      event({ ...about, what: `note ${at + n}` }),
    );
    const noted = await record.ledger.note({ key: `n${at}`, chain: of, after: null, events });
    assert.ok(noted.kind === "noted");
    await follow(record, noted.outbox);
  }
}

async function eventsOf({ ledger }: AuditRecord) {
  return collect(ledger.events(policyChain));
}

async function empty({ lists }: AuditRecord): Promise<void> {
  for await (const row of rowsOf(lists, "")) await lists.deleteEntity(row.partitionKey, row.rowKey);
}

async function listed({ lists }: AuditRecord): Promise<readonly string[]> {
  const rows: string[] = [];
  for await (const { etag: _, timestamp: __, ...row } of rowsOf(lists, "")) rows.push(JSON.stringify(row));
  return rows.filter((row) => !row.includes("~about"));
}

function problems({ chains, findings }: AuditVerdict): readonly string[] {
  return [...chains.flatMap((one) => one.findings), ...findings].map(({ problem }) => problem);
}
