import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { append } from "../../bench/audit-appends.ts";
import { type Answered, ask } from "../../bench/audit-asking.ts";
import { catalogueOf } from "../../bench/audit-catalogue.ts";
import { history } from "../../bench/audit-history.ts";
import { load } from "../../bench/audit-loading.ts";
import { askPeer } from "../../bench/audit-peers.ts";
import { pageKinds, questions } from "../../bench/audit-questions.ts";
import { isMet, report } from "../../bench/audit-report.ts";
import { type Measured, measure } from "../../bench/audit-run.ts";
import { byDay, indexOf, inOne, ledger, letters, openStore } from "../../bench/audit-stores.ts";
import { exportAll, verifyAll } from "../../bench/audit-walks.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";

const events = 300;

/* The benchmark on a history so small that it proves nothing but that every part still works. */
describe("The benchmark of the audit", () => {
  let azurite: Azurite;
  before(async () => {
    azurite = await startAzurite({ inMemory: true });
  });
  after(() => azurite?.stop());
  const quiet = () => undefined;

  it("tells the same history each time, in the order of time", () => {
    const [one, other] = [[...history(events)], [...history(events)]];
    assert.deepEqual(one, other);
    const times = one.map(({ step }) => step.request.updatedAt);
    assert.deepEqual(times, [...new Set(times)].toSorted());
  });

  it("measures every question, and every answer is the one that the history gives", async () => {
    const place = { connectionString: azurite.connectionString };
    const measured = await measure({ events, samples: 1, split: false, without: ["byday"], place, tell: quiet });

    const asked = new Set(measured.answers.map(({ question }) => question));
    assert.deepEqual([...asked].toSorted(), questions.map(({ name }) => name).toSorted());
    assert.equal(measured.peers.length, questions.length);
    assert.equal(measured.verified?.events, measured.events);
    assert.equal(measured.exported?.events, measured.events);
    const lines: string[] = [];
    assert.equal(
      report([measured], [], (line = "") => lines.push(line)),
      true,
    );
    assert.match(lines.join("\n"), /PASS {2}at most 3 requests/);
  });

  it("goes on where a killed generator had come to, on an Azurite that was ended with it, and misses nothing", async (t) => {
    const keep = await mkdtemp(join(tmpdir(), "plgate-bench-"));
    t.after(() => rm(keep, { recursive: true }));
    const open = async () => {
      const store = await openStore(indexOf(letters), events, { keep });
      t.after(() => store.stop());
      return store;
    };
    const killed = await open();
    const kill = (told: number) => {
      if (told >= 200) throw new Error("killed");
    };
    await assert.rejects(load([killed], events, kill, 50), /killed/);
    await killed.stop();

    const store = await open();
    const [loaded] = await load([store], events, quiet, 50);

    assert.ok(loaded && loaded.resumedAt >= 200 && loaded.resumedAt < 210, `resumed at ${loaded?.resumedAt}`);
    assert.equal((await exportAll(store, quiet)).events, catalogueOf(events).length);
  });

  it("never takes the history of another run for its own", async () => {
    const store = await openStore(indexOf(["k"]), 10, { connectionString: azurite.connectionString });
    await load([store], 10, quiet);
    await assert.rejects(load([store], 20, quiet), /holds another history: 10 events/);
  });

  it("writes chains that verify", async () => {
    const store = await openStore({ ...ledger, name: "chains" }, events, {
      connectionString: azurite.connectionString,
    });
    await load([store], events, quiet);
    const catalogue = catalogueOf(events);
    assert.equal((await verifyAll(store)).events, catalogue.length);
  });

  it("finds the same by day", async () => {
    const store = await openStore(byDay, events, { connectionString: azurite.connectionString });
    await load([store], events, quiet);
    for (const question of questions.filter(({ name }) => ["time range", "kind, time range"].includes(name))) {
      const { requests } = await askPeer(question, store, catalogueOf(events), 1);
      assert.ok(requests.most > 10, `${requests.most} requests`);
    }
  });

  it("stops at a wrong answer, of ours and of a peer", async () => {
    const catalogue = catalogueOf(events);
    const [everything] = questions;
    const [first] = pageKinds;
    assert.ok(everything && first);
    for (const design of [indexOf(letters), byDay, inOne]) {
      const empty = { ...design, name: `empty${design.name}` };
      const store = await openStore(empty, events, { connectionString: azurite.connectionString });
      await load([store], 1, quiet);
      const asking = design.letters
        ? ask(everything, first, store, catalogue, 1)
        : askPeer(everything, store, catalogue, 1);
      await assert.rejects(asking, assert.AssertionError);
    }
  });

  it("fails when a page takes a request or rows too many, and only tells of several filters", () => {
    const spread = (most: number) => ({ p50: most, p95: most, most });
    const page = (requests: number, readRatio: number, judged = true): Answered => ({
      ...{ question: "kind", page: { top: 50, deep: false }, rows: spread(50), bytes: spread(1), ms: spread(1) },
      ...{ floorMs: spread(1), lookedAt: spread(51), requests: spread(requests), readRatio: spread(readRatio), judged },
    });
    assert.deepEqual([page(3, 1.3), page(4, 1), page(1, 1.31), page(9, 9, false)].map(isMet), [
      true,
      false,
      false,
      null,
    ]);
    const none = { events, samples: 1, stores: [], peers: [], verified: null, exported: null, leftOut: [] };
    const size: Measured = { ...none, answers: [page(1, 1), page(4, 1)] };
    assert.equal(report([size], [], quiet), false);
  });

  it("loses no event with 16 writers on one service", async () => {
    const appended = await append("16", azurite, { writers: 16, over: 1, commits: 32 });
    assert.equal(appended.commits, 32);
  });
});
