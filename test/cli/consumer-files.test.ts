import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { consumersInCsv } from "../../src/cli/consumer-rows.ts";
import { readPieces, sizeOf } from "../../src/cli/files.ts";
import { importRows } from "../../src/cli/import-rows.ts";
import { operatorHand } from "../../src/cli/operator-hand.ts";
import { fileProgress, progressOn } from "../../src/cli/progress.ts";
import { cellOf, textOf } from "../../src/ledger/spreadsheet-cell.ts";
import { registryChain } from "../../src/requests/request-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Consumer } from "../../src/workflow/ports.ts";
import { FakeConsumers } from "../fakes/consumers.ts";
import { type FakeStore, fakeStore, inAzure, run, runOn, scratch } from "./terminal.ts";

const ids = [1, 2, 3, 4].map((n) => `aaaaaaaa-0000-4000-8000-00000000000${n}`) as [string, string, string, string];
const tenant = "22222222-0000-4000-8000-000000000002";
const who = (subscriptionId: string, more: Partial<Consumer> = {}): Consumer => ({
  ...{ subscriptionId, name: null, tier: null, tenantId: null, tags: {}, owners: [] },
  ...more,
});

async function listed({ consumers }: FakeStore): Promise<readonly Consumer[]> {
  const all: Consumer[] = [];
  for await (const one of consumers.list()) all.push(one);
  return all;
}

function storeOf(...consumers: readonly Consumer[]): FakeStore {
  return fakeStore({ consumers: new FakeConsumers(...consumers) });
}

describe("consumers import", () => {
  const folder = scratch();
  const bring = async (store: FakeStore, text: string, ...more: readonly string[]) => {
    const file = await folder.file("consumers.csv", text);
    const said = await runOn(store, "consumers", "import", file, ...more);
    return { ...said, out: said.out.replaceAll(file, "FILE") };
  };

  it("registers what a spreadsheet saves: a mark, CRLF, quotes, columns in any order, ids in any case", async () => {
    const store = storeOf();
    const text = `\ufefftags.team,Name,SUBSCRIPTIONID,tags.Env,tenantid,tier\r
sre,"Größe, ""AB""",${ids[0].toUpperCase()},,${tenant.toUpperCase()},gold\r
,Contoso,${ids[1]},prod,,\r
`;
    assert.deepEqual(await bring(store, text), {
      ...{ code: 0, err: "" },
      out: "2 registered, 0 changed, 0 as they were, 0 refused in the fake store; 2 rows were read\n",
    });
    assert.deepEqual(await listed(store), [
      who(ids[0], { name: 'Größe, "AB"', tier: "gold", tenantId: tenant, tags: { team: "sre" } }),
      who(ids[1], { name: "Contoso", tags: { Env: "prod" } }),
    ]);
  });

  it("reports each row that it refuses with line, field and reason, and goes on", async () => {
    const store = storeOf();
    const text = `subscriptionId,name,tenantId
contoso,Contoso,x
${ids[0]},one
"${ids[1]}"x,closed too early,
${ids[1]},two,
${ids[1].toUpperCase()},two again,
${ids[2]},"two
lines",
${ids[3]},four,${tenant}
"${ids[2]},never closed
`;
    const { code, out } = await bring(store, text);
    assert.equal(code, 1);
    assert.deepEqual(out.split("\n"), [
      "FILE:2 subscriptionId: is the id of a subscription",
      "FILE:2 tenantId: is the id of a tenant",
      "FILE:3 row: has 2 cells; the row of headings has 3",
      "FILE:4 row: has text behind a closing quote",
      "FILE:6 subscriptionId: is the one of line 5 again",
      "FILE:7 name: is one line of text",
      "FILE:10 row: has a quote that never closes",
      "2 registered, 0 changed, 0 as they were, 6 refused in the fake store; 8 rows were read",
      "",
    ]);
    assert.deepEqual(await listed(store), [
      who(ids[1], { name: "two" }),
      who(ids[3], { name: "four", tenantId: tenant }),
    ]);
  });

  const known = who(ids[0], { name: "Contoso", tier: "gold", tenantId: tenant, tags: { Team: "sre", env: "prod" } });
  const row = `subscriptionId,tier,tags.team\n${ids[0]},,ops\n`;

  it("takes owners with semicolons between, in any case and order, and names the one that is none", async () => {
    const store = storeOf(who(ids[1], { owners: [tenant] }), who(ids[2], { owners: [tenant] }));
    const text = `subscriptionId,owners
${ids[0]}, ${ids[3].toUpperCase()} ;${ids[2]};${ids[2]};
${ids[1]},
${ids[2]},${ids[3]};megan
`;
    const { out } = await bring(store, text);
    assert.match(out, /^FILE:4 owners\.1: is the object id of a person or a group$/m);
    assert.deepEqual(
      (await listed(store)).map(({ owners }) => owners),
      [[ids[2], ids[3]], [], [tenant]],
    );
  });

  it("leaves what the file does not name, and takes out what a cell leaves empty", async () => {
    const store = storeOf(known, who(ids[1]));
    assert.match((await bring(store, row)).out, /^0 registered, 1 changed, 0 as they were/);
    assert.deepEqual(await listed(store), [{ ...known, tier: null, tags: { env: "prod", team: "ops" } }, who(ids[1])]);
    assert.match((await bring(store, row)).out, /^0 registered, 0 changed, 1 as they were/);
  });

  it("with --replace makes an entry exactly its row, and forgets nobody else", async () => {
    const store = storeOf(known, who(ids[1]));
    assert.match((await bring(store, row, "--replace")).out, /^0 registered, 1 changed/);
    assert.deepEqual(await listed(store), [who(ids[0], { tags: { team: "ops" } }), who(ids[1])]);
  });

  it("with --dry-run says what it would do and writes nothing", async () => {
    const store = storeOf(known);
    const { code, out } = await bring(store, `${row}${ids[1]},,\nx,,\n`, "--dry-run");
    assert.equal(code, 1);
    const summary = "1 registered, 1 changed, 0 as they were, 1 refused; 3 rows were read";
    assert.match(out, new RegExp(`\ndry run in the fake store, nothing was written: ${summary}\n$`));
    assert.deepEqual(await listed(store), [known]);
  });

  it("stores a formula as it stands, and an apostrophe that a spreadsheet put before one is not part of it", async () => {
    const store = storeOf();
    await bring(store, `subscriptionId,name,tier\n${ids[0]},"=HYPERLINK(""x"")",'+1\n${ids[1]},'70s,-\n`);
    assert.deepEqual(await listed(store), [
      who(ids[0], { name: '=HYPERLINK("x")', tier: "+1" }),
      who(ids[1], { name: "'70s", tier: "-" }),
    ]);
  });

  it("keeps every tag, and takes an empty column beside its twin for silence", async () => {
    const store = storeOf();
    const text = `subscriptionId,tags.__proto__,tags.Team,tags.team\n${ids[0]},x,,sre\n${ids[1]},,ops,\n${ids[2]},,a,b\n`;
    const { out } = await bring(store, text);
    assert.match(out, /^FILE:4 tags: have a key twice/);
    assert.deepEqual(await listed(store), [
      who(ids[0], { tags: JSON.parse('{"__proto__":"x","team":"sre"}') }),
      who(ids[1], { tags: { Team: "ops" } }),
    ]);
  });

  it("refuses a row with bytes that are not UTF-8", async () => {
    const store = storeOf();
    const file = await folder.file("latin.csv", "");
    const bytes = Buffer.from(`subscriptionId,name\n${ids[0]},Gr\u00f6\u00dfe\n${ids[1]},Contoso\n`, "latin1");
    await (await import("node:fs/promises")).writeFile(file, bytes);
    const { code, out } = await runOn(store, "consumers", "import", file);
    assert.equal(code, 1);
    assert.match(out, /latin\.csv:2 row: holds bytes that are not UTF-8\n1 registered/);
  });

  const files: Readonly<Record<string, readonly [string, RegExp]>> = {
    "that is empty": ["", /is empty; its first row names the columns: subscriptionId,name/],
    "without a subscription": ["name\nContoso\n", /has no column subscriptionId/],
    "with a column that there is not": [
      "subscriptionId,teir\n",
      /has a column "teir" that there is not; did you mean tier\?/,
    ],
    "with a tag without a key": ["subscriptionId,tags.\n", /has a column "tags\." that there is not/],
    "with a column twice": ["subscriptionId,tier,TIER\n", /has the column tier twice/],
    "separated by semicolons": ["subscriptionId;tier\n", /its cells have to be separated by commas/],
    "with broken headings": ['subscription"Id\n', /its row of headings has a quote inside a bare cell/],
  };
  for (const [what, [text, problem]] of Object.entries(files)) {
    it(`refuses a file ${what} as a whole`, async () => {
      const { code, out, err } = await bring(storeOf(), text);
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, problem);
    });
  }

  it("refuses a file that a spreadsheet saved as UTF-16", async () => {
    const file = await folder.file("wide.csv", "");
    await (await import("node:fs/promises")).writeFile(file, Buffer.from("\ufeffsubscriptionId\n", "utf16le"));
    const { code, err } = await runOn(storeOf(), "consumers", "import", file);
    assert.equal(code, 2);
    assert.match(err, /is UTF-16; save it as UTF-8/);
  });

  it("takes JSON as the list and the API give it", async () => {
    const store = storeOf(known);
    const given = await runOn(store, "consumers", "list", "--json");
    const file = await folder.file("again.json", given.out);
    assert.match((await runOn(store, "consumers", "import", file)).out, /^0 registered, 0 changed, 1 as they were/);
    const more = [{ ...who(ids[1]), name: "one" }, { subscriptionId: ids[2], quota: 5 }, 7, { subscriptionId: ids[3] }];
    const list = await folder.file("list.json", JSON.stringify(more, null, 1));
    const { code, out } = await runOn(store, "consumers", "import", list);
    assert.equal(code, 1);
    assert.match(out, /list\.json:10 input: .*quota[\s\S]*list\.json:14 input: [\s\S]*\n2 registered, 0 changed/);
    const none = await folder.file("none.json", "{}");
    const refused = await runOn(store, "consumers", "import", none);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /none\.json is no list/);
  });

  it("tells machines the same in one document", async () => {
    const store = storeOf();
    const { code, out } = await bring(store, `subscriptionId\nx\n${ids[0]}\n${ids[0]}\n`, "--json");
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out), {
      refused: [
        { line: 2, faults: [{ field: "subscriptionId", why: "is the id of a subscription" }] },
        { line: 4, faults: [{ field: "subscriptionId", why: "is the one of line 3 again" }] },
      ],
      ...{ rows: 3, registered: 1, changed: 0, unchanged: 0, refusedRows: 2, place: "the fake store", dryRun: false },
    });
    const whole = await bring(storeOf(), `subscriptionId\n${ids[0]}\n`, "--json", "--dry-run");
    assert.deepEqual([whole.code, JSON.parse(whole.out).refused, JSON.parse(whole.out).dryRun], [0, [], true]);
  });

  it("stops when storage does not answer, says how far it came and that it may be run again", async () => {
    const store = storeOf();
    store.consumers.breakDown();
    const text = `subscriptionId\n${ids.join("\n")}\n`;
    const { code, out, err } = await bring(store, text);
    assert.equal(code, 1);
    assert.match(out, /^0 registered.*\nThe import stopped\. Run it again: /);
    assert.match(err, /the registry does not answer/);
    const { stopped, registered } = JSON.parse((await bring(store, text, "--json")).out);
    assert.deepEqual([stopped, registered], ["the registry does not answer", 0]);
  });

  it("refuses only the row whose entry cannot be stored", async () => {
    const store = storeOf();
    const { find } = store.consumers;
    store.consumers.find = async (id) => {
      if (id === ids[0]) throw new PlgateError("row x cannot be read", { retryable: false });
      return find.call(store.consumers, id);
    };
    const { code, out } = await bring(store, `subscriptionId\n${ids[0]}\n${ids[1]}\n`);
    assert.equal(code, 1);
    assert.match(out, /^FILE:2 entry: row x cannot be read\n1 registered, 0 changed, 0 as they were, 1 refused/);
  });

  it("puts on record who changed what, in few writes, before it is in force", async () => {
    const store = storeOf(who("aaaaaaaa-0000-4000-8000-000000000007", { tier: "gold" }));
    const { note } = store.policyLedger;
    let [notes, known] = [0, 1];
    store.policyLedger.note = async (told) => {
      notes += 1;
      assert.equal((await listed(store)).length, known, "nobody is registered before that is on record");
      known += told.events.filter(({ kind }) => kind === "consumer-registered").length;
      return note.call(store.policyLedger, told);
    };
    const rows = Array.from({ length: 120 }, (_, n) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, "0")}`);
    const { out } = await bring(store, `subscriptionId,tier\n${rows.join(",silver\n")},silver\n`);
    assert.match(out, /^119 registered, 1 changed/);
    assert.equal(notes, 3);
    const events = await store.policyLedger.eventsBetween(registryChain, 1, 120);
    assert.deepEqual(
      events.map(({ consumerSubscriptionId }) => consumerSubscriptionId),
      rows,
    );
    const { kind, who: actor, door, detail } = events[7] ?? {};
    assert.deepEqual([kind, actor, door], ["consumer-changed", { kind: "outside" }, "cli"]);
    const [before, now] = ["gold", "silver"].map((tier) => ({
      name: null,
      tier,
      tenantId: null,
      tags: {},
      owners: [],
    }));
    assert.deepEqual(detail, { before, now });
  });

  it("does nothing that cannot be put on record", async () => {
    const store = storeOf();
    store.policyLedger.note = () => Promise.reject(new PlgateError("the ledger is away", { retryable: true }));
    const { code, err } = await bring(store, `subscriptionId\n${ids[0]}\n`);
    assert.equal(code, 1);
    assert.match(err, /the ledger is away/);
    assert.deepEqual(await listed(store), []);
    const set = await runOn(store, "consumers", "set", ids[0], "--tier", "gold");
    assert.deepEqual([set.code, await listed(store)], [1, []]);
  });

  it("tells how much of the file the rows make up that were brought in", async () => {
    const rows = Array.from({ length: 1_000 }, (_, n) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, "0")}`);
    const file = await folder.file("long.csv", `subscriptionId\n${rows.join("\n")}\n`);
    let read = 0;
    const pieces = readPieces(file, (bytes) => {
      read += bytes;
    });
    const parts: number[] = [];
    const store = storeOf();
    const office = { consumers: store.consumers, ledger: store.policyLedger, follow: async () => undefined };
    await importRows(consumersInCsv(file, pieces), operatorHand(store), office, {
      ...{ replace: false, dryRun: false, refused: () => undefined },
      counted: ({ rows: done }) => parts.push(read / sizeOf(file) - done / rows.length),
    });
    assert.ok(parts.length >= 20 && parts.every((ahead) => ahead >= -0.01 && ahead < 0.15), parts.join(" "));
  });

  it("shows on a terminal how far it is, and takes that away before it says something", async () => {
    const store = storeOf();
    const shown: string[] = [];
    const file = await folder.file("shown.csv", `subscriptionId\n${ids[0]}\nx\n`);
    await run(["consumers", "import", file], {
      ...{ environment: inAzure, withStore: (_place, act) => act(store) },
      progress: (text) => shown.push(text),
      out: (text) => shown.push(text),
    });
    assert.match(shown[0] ?? "", /shown\.csv \[#{20}\] 100% {2}\d rows(, 1 refused)?, \d+\/s$|^$/);
    const refusal = shown.findIndex((text) => text.includes("is the id of a subscription"));
    assert.equal(shown[refusal - 1], "");
    assert.equal(shown.at(-2), "");
  });
});

describe("consumers export", () => {
  const folder = scratch();
  const some = [
    who(ids[0], {
      name: "=1+1",
      tier: "@x",
      tenantId: tenant,
      owners: [ids[1], ids[2]],
      tags: { Team: "sre", team: '-"x",\t' },
    }),
    who(ids[1], { name: "'=1", tags: JSON.parse('{"__proto__":"a, b","=cmd":"x"}') }),
    who(ids[2]),
  ];

  it("writes a table that a spreadsheet opens without running anything", async () => {
    const file = folder.path("out.csv");
    const { code, out } = await runOn(storeOf(...some), "consumers", "export", file);
    assert.deepEqual([code, out], [0, `3 consumers of the fake store are in ${file}\n`]);
    assert.deepEqual((await readFile(file, "utf8")).split("\r\n"), [
      "\ufeffsubscriptionId,name,tier,tenantId,owners,tags.=cmd,tags.Team,tags.__proto__,tags.team",
      `${ids[0]},"'=1+1","'@x",${tenant},${ids[1]};${ids[2]},,sre,,"'-""x"",\t"`,
      `${ids[1]},"''=1",,,,x,,"a, b",`,
      `${ids[2]},,,,,,,,`,
      "",
    ]);
  });

  for (const format of ["csv", "json"]) {
    it(`to .${format} is a way back`, async () => {
      const clean = some.map((one) => (one.tags["team"] ? { ...one, tags: { team: "+sre" } } : one));
      const file = folder.path(`back.${format}`);
      await runOn(storeOf(...clean), "consumers", "export", file);
      const empty = storeOf();
      const { code, out } = await runOn(empty, "consumers", "import", file);
      assert.deepEqual([code, out.slice(0, 12)], [0, "3 registered"], out);
      assert.deepEqual(await listed(empty), clean);
      assert.match((await runOn(storeOf(...clean), "consumers", "import", file, "--replace")).out, /3 as they were/);
    });
  }

  it("overwrites nothing unless told to, and leaves no half a file", async () => {
    const file = await folder.file("kept/out.json", "kept");
    const refused = await runOn(storeOf(), "consumers", "export", file);
    assert.deepEqual([refused.code, await readFile(file, "utf8")], [2, "kept"]);
    assert.match(refused.err, /exists; say --overwrite/);
    const broken = storeOf(...some);
    broken.consumers.breakDown();
    assert.equal((await runOn(broken, "consumers", "export", file, "--overwrite")).code, 1);
    assert.equal(await readFile(file, "utf8"), "kept");
    const { code, out } = await runOn(storeOf(), "consumers", "export", file, "--overwrite", "--json");
    assert.deepEqual([code, JSON.parse(out)], [0, { file, consumers: 0, place: "the fake store" }]);
    assert.deepEqual(JSON.parse(await readFile(file, "utf8")), { value: [] });
    assert.deepEqual(await readdir(dirname(file)), ["out.json"]);
  });

  it("makes no table with a column for each of a thousand tags", async () => {
    const many = Array.from({ length: 11 }, (_, n) =>
      who(`aaaaaaaa-0000-4000-8000-0000000000${n + 10}`, {
        tags: Object.fromEntries(Array.from({ length: 50 }, (_, tag) => [`t${n}-${tag}`, "x"])),
      }),
    );
    const { code, err } = await runOn(storeOf(...many), "consumers", "export", folder.path("many.csv"));
    assert.equal(code, 1);
    assert.match(err, /more than 500 different tags; export to \.json instead/);
    assert.equal((await runOn(storeOf(...many), "consumers", "export", folder.path("many.json"))).code, 0);
  });
});

describe("a cell of a spreadsheet", () => {
  const text = fc.string({ unit: fc.constantFrom("=", "'", "+", "-", "@", "\t", " ", "a", '"', ",", "\n", "\uff1d") });

  it("gives back every text", () => {
    fc.assert(fc.property(text, (given) => assert.equal(textOf(bare(cellOf(given))), given)));
  });

  it("never begins with what a spreadsheet runs", () => {
    fc.assert(fc.property(text, (given) => assert.doesNotMatch(bare(cellOf(given)), /^\s*[=+\-@\uff1d]|^[\t\r\n]/)));
  });

  function bare(cell: string): string {
    return cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
  }
});

describe("how far a command is", () => {
  it("is one line of a terminal, redrawn", () => {
    const written: string[] = [];
    const show = progressOn({ isTTY: true, write: (text) => written.push(text) });
    for (const text of ["one", "two", ""]) show(text);
    assert.deepEqual(written, ["\r\u001b[Kone", "\r\u001b[Ktwo", "\r\u001b[K"]);
  });

  it("is a plain line every few seconds elsewhere, and nothing of a short command", () => {
    let now = 0;
    const written: string[] = [];
    const show = progressOn({ write: (text) => written.push(text) }, () => now);
    for (const at of [0, 4_999, 5_000, 7_000, 10_001]) {
      now = at;
      show(`at ${at}`);
      show("");
    }
    assert.deepEqual(written, ["at 5000\n", "at 10001\n"]);
  });

  it("is drawn as a bar with rows, refusals and speed", () => {
    let now = 0;
    const shown: string[] = [];
    const draw = fileProgress(
      "x.csv",
      (text) => shown.push(text),
      () => now,
    );
    draw({ read: 0, size: 200, rows: 0, wrong: 0 });
    now = 99;
    draw({ read: 50, size: 200, rows: 1, wrong: 0 });
    now = 2_000;
    draw({ read: 50, size: 200, rows: 3000, wrong: 2 });
    assert.deepEqual(shown, [
      "x.csv [--------------------] 0%  0 rows, 0/s",
      "x.csv [#####---------------] 25%  3000 rows, 2 refused, 1500/s",
    ]);
  });
});
