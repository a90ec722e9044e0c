import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { customer, event, request, service } from "../builders.ts";
import { linked, stranger, twoUnderOneNumber } from "../workflow/linked.ts";
import { review, type Stage, stage } from "../workflow/stage.ts";
import { fakeStore, run, runOn } from "./terminal.ts";

const storeOf = ({ ledger, index }: Pick<Stage, "ledger" | "index">) => ({ ...fakeStore(), ledger, index });

describe("plgate links show", () => {
  it("says who is behind the number, the newest first", async () => {
    const { code, out, err } = await runOn(storeOf(await twoUnderOneNumber()), "links", "show", "4711");
    assert.deepEqual([code, err], [0, ""]);
    const [newer = "", older = ""] = out.split("\n\n");
    assert.match(newer, new RegExp(`^consumer {6}\\(not registered\\)\\nsubscription {2}${stranger}\\n`));
    assert.match(newer, /\nnow {11}It is let in; no end of it is on record\. Since 20\d\d-.*Z\.\n/);
    assert.match(newer, /\napproved {6}20\d\d-\S+Z by Megan \(aaaaaaaa-\S+\), door teams\n/);
    assert.match(newer, /\nvote {10}Megan \(aaaaaaaa-\S+\), 20\d\d-\S+: CHG-4711\n/);
    assert.match(older, new RegExp(`^consumer {6}Contoso, tier gold\\nsubscription {2}${customer}\\n`));
    assert.match(older, /\napproved {6}\S+ by plgate, door event\nbecause {7}A registered customer within quota\.\n/);
    assert.match(older, /\nrules {9}customer\njudged by {5}stage version 1\n/);
  });

  for (const form of ["04711", "0x1267", " 4711 "]) {
    it(`takes the number as ${JSON.stringify(form)}, too, and answers machines`, async () => {
      const { code, out } = await runOn(storeOf(await twoUnderOneNumber()), "links", "show", form, "--json");
      const { linkIdentifier, requests, notMatching } = JSON.parse(out);
      assert.deepEqual([code, linkIdentifier, requests.length, notMatching], [0, "4711", 2, []]);
    });
  }

  it("says that a request waits, and nothing of an approval", async () => {
    const ports = stage([service({ connections: [linked("4711", "pe-s", stranger)] })]);
    await review(ports);
    const { out } = await runOn(storeOf(ports), "links", "show", "4711");
    assert.match(out, /\nnow {11}It is not let in: the request is awaiting-decision\.\n/);
    assert.match(out, /\napproved {6}never\n/);
  });

  it("says what it may mean that nobody carries the number, and ends with 1", async () => {
    const { code, out, err } = await runOn(storeOf(await twoUnderOneNumber()), "links", "show", "7");
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^plgate links show: no request in the fake store carries LinkID 7\n {2}.*beside plgate, or /);
  });

  it("reports what the index alone claims, and never as an answer", async () => {
    const ports = await twoUnderOneNumber();
    const claims = ["7", "4711"].map((linkIdentifier) => event({ linkIdentifier, requestId: null }));
    await ports.index.addEvents(request().service, link(emptyHead, claims).events);
    const unknown = await runOn(storeOf(ports), "links", "show", "7");
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /\n {2}not matching: the index names event 1 of \w+, but the entry names no request\n/);
    const known = await runOn(storeOf(ports), "links", "show", "4711");
    assert.match(known.out, /\n\nnot matching: the index names event 2 of \w+, but the entry names no request\n$/);
  });

  const refused: Readonly<Record<string, readonly [readonly string[], RegExp]>> = {
    "nothing to look for": [[], /N is missing/],
    "two numbers": [["1", "2"], /takes one N, not also 2/],
    "a word": [["pe-x"], /N is a LinkID, a number from 0 to 4294967295; "pe-x" is not/],
    "a number of more than 32 bits": [["4294967296"], /"4294967296" is not/],
  };
  for (const [name, [args, said]] of Object.entries(refused)) {
    it(`refuses ${name}`, async () => {
      const { code, err } = await run(["links", "show", ...args]);
      assert.equal(code, 2);
      assert.match(err, said);
    });
  }
});
