import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { policyChain, type ServiceKey, serviceKey } from "../../src/requests/request-id.ts";
import { anchorChains } from "../../src/workflow/anchor-chains.ts";
import { aServiceRef, connection, event, service } from "../builders.ts";
import { review, type Stage, stage } from "../workflow/stage.ts";
import { fakeStore, runOn } from "./terminal.ts";

const chain = serviceKey(aServiceRef().id);

/** A store with one approved request; `ports` is what the commands find there. */
async function aStore() {
  const ports = stage([service({ connections: [connection()] })]);
  await review(ports);
  const store = fakeStore({ audit: ports, index: ports.index, ledger: ports.ledger, policyLedger: ports.ledger });
  return { ports, run: (...args: readonly string[]) => runOn(store, "audit", ...args) };
}

async function forge({ ledger }: Stage, seq: number, of: ServiceKey = chain): Promise<void> {
  const told = (await ledger.eventsBetween(of, seq, seq))[0];
  assert.ok(told);
  Object.assign(told, { what: "Nothing happened." });
}

describe("plgate audit verify", () => {
  it("says what it looked at, and what nobody could see without anchors", async () => {
    const { run } = await aStore();
    const { code, out } = await run("verify");
    assert.equal(code, 0);
    assert.match(
      out,
      /^verified: 1 chain with 4 events in the fake store, and the lists\nwithout anchors: .*--anchors/,
    );
  });

  it("names what was altered, under the name of the service, and exits with 1", async () => {
    const { ports, run } = await aStore();
    await forge(ports, 1);
    const { code, out } = await run("verify", "--no-index");
    assert.equal(code, 1);
    assert.match(out, new RegExp(`^${aServiceRef().id}\n  event 1 was altered\nNOT as recorded: 1 of 1 chain`));
  });

  it("names what the lists lack, for people and for machines", async () => {
    const { ports, run } = await aStore();
    ports.index.remove(`${chain}|2`);
    const told = await run("verify");
    assert.match(told.out, /^lists and anchors:\n {2}.*: event 2 is not in the list/);
    const { code, out } = await run("verify", "--json");
    const { ok, index, findings, place } = JSON.parse(out);
    assert.deepEqual([code, ok, index, findings.length, place], [1, false, "verified", 1, "the fake store"]);
    assert.equal((await run("verify", "--no-index")).code, 0);
  });

  it("says how far the anchors reach", async () => {
    const { ports, run } = await aStore();
    assert.match((await run("verify", "--anchors")).out, /there is no anchor yet/);
    await anchorChains(ports);
    assert.match((await run("verify", "--anchors")).out, /against 1 anchors; what happened after the last, 2026-/);
  });

  it("looks at one service only when it is named, and refuses what is no service", async () => {
    const { run } = await aStore();
    assert.match((await run("verify", "--service", aServiceRef().id.toUpperCase())).out, /1 chain with 4 events/);
    const unknown = await run("verify", "--service", aServiceRef("pls-z").id);
    assert.deepEqual([unknown.code, unknown.out], [1, ""]);
    assert.match(unknown.err, /nothing is on record about .*pls-z in the fake store/);
    const { code, err } = await run("verify", "--service", "pls-a");
    assert.equal(code, 2);
    assert.match(err, /--service: is the resource id of a Private Link Service/);
  });
});

describe("plgate audit rebuild-index", () => {
  it("says what it wrote and what it took away", async () => {
    const { ports, run } = await aStore();
    ports.index.remove(`${chain}|2`);
    const { code, out } = await run("rebuild-index");
    assert.deepEqual([code, out], [0, "4 events and 1 requests of 1 chains are listed anew in the fake store\n"]);
    assert.equal((await run("verify")).code, 0);
  });

  it("exits with 1 when something cannot be listed, and goes on where an earlier run stopped", async () => {
    const { ports, run } = await aStore();
    await forge(ports, 1);
    const { code, out } = await run("rebuild-index");
    assert.equal(code, 1);
    assert.match(out, /1 events or requests cannot be read; "plgate audit verify" names them/);
    await ports.indexCare.setRebuilt(chain);
    assert.match((await run("rebuild-index")).out, new RegExp(`^went on behind chain ${chain}\n0 events`));
    await ports.indexCare.setRebuilt(chain);
    assert.match((await run("rebuild-index", "--fresh", "--json")).out, /"resumedAfter": null/);
  });
});

describe("plgate audit trim-index", () => {
  it("takes out what is old and says since when the lists go", async () => {
    const { run } = await aStore();
    assert.match((await run("trim-index", "--older-than", "9999d")).out, /^0 events were taken out/);
    const { code, out } = await run("trim-index", "--older-than", "30d", "--json");
    assert.equal(code, 0);
    assert.equal(JSON.parse(out).done, true);
  });

  const wrong: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "no number of days": [[], /--older-than is missing/],
    "a number without its unit": [["--older-than", "400"], /a number of days, such as 400d; "400" is not/],
    "days of the other sign": [["--older-than=-5d"], /a number of days/],
    "too few days": [["--older-than", "7d"], /is at least 30d/],
  };
  for (const [what, [args, expected]] of Object.entries(wrong)) {
    for (const verb of ["trim-index", "seal"]) {
      it(`refuses ${what} (${verb})`, async () => {
        const { run } = await aStore();
        const { code, err } = await run(verb, ...args);
        assert.equal(code, 2);
        assert.match(err, expected);
      });
    }
  }
});

describe("plgate audit seal", () => {
  it("says how many events went into how many files, under the name of who did it", async () => {
    const { ports, run } = await aStore();
    await oldNotes(ports);
    const { code, out } = await run("seal", "--older-than", "365d");
    assert.deepEqual([code, out], [0, "100 events of the fake store are in 1 new files\n"]);
    assert.match((await run("seal", "--older-than", "365d")).out, /^0 events/);
    assert.equal((await run("verify", "--no-index")).code, 0);
    const [told] = await ports.ledger.eventsBetween(policyChain, 301, 301);
    assert.deepEqual([told?.kind, told?.door], ["segment-sealed", "cli"]);
  });

  it("leaves a chain alone that does not verify, says so, and exits with 1", async () => {
    const { ports, run } = await aStore();
    await oldNotes(ports);
    await forge(ports, 7, policyChain);
    const { code, out } = await run("seal", "--older-than", "365d");
    assert.deepEqual([code, ports.archive.files.size], [1, 0]);
    assert.match(out, new RegExp(`^refused: chain ${policyChain}: event 7 was altered\n0 events`));
  });
});

/** 300 old events about policies, all of them in the lists. */
async function oldNotes({ ledger, outbox, index }: Stage): Promise<void> {
  const old = { time: "2020-01-01T00:00:00.000Z", serviceId: null, requestId: null } as const;
  const events = Array.from({ length: 300 }, () => event(old));
  const noted = await ledger.note({ key: "n", chain: policyChain, after: null, events });
  assert.ok(noted.kind === "noted");
  await index.addEvents(policyChain, await ledger.eventsBetween(policyChain, 1, 300));
  for (const entry of noted.outbox) await outbox.done(entry);
}
