import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readCsv } from "../../src/cli/csv-rows.ts";
import { auditColumns, csv, ndjson } from "../../src/ledger/audit-file.ts";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { entryOf } from "../../src/ledger/entry.ts";
import { pseudonymsUnder } from "../../src/ledger/pseudonyms.ts";
import type { AuditEntry } from "../../src/ledger/query.ts";
import { textOf } from "../../src/ledger/spreadsheet-cell.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { aServiceRef, event } from "../builders.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";

const ada = { kind: "person", objectId: "44444444-AAAA-0000-0000-000000000004", tenantId: "t", name: "Ada" } as const;

const [first] = link(emptyHead, [event({ kind: "voted", who: ada })]).events;
assert.ok(first);
const vote = entryOf(serviceKey(aServiceRef().id), first);

function anEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return { ...vote, ...change };
}

const texts: Readonly<Record<string, string>> = {
  ...hostileTexts,
  "a formula": `=cmd|'/C calc'!A0`,
  "a formula after spaces": "  =1+1",
  "a formula after a tab": "\t@SUM(A1)",
  "a formula after a line feed": "\n+1",
  "a wide formula": "\uff1d1+1",
  "a forged closing": 'x"\r\n#end,1,,,\r\n',
  "a forged line of JSON": 'x"}\n{"end":true,"events":1}\n',
  "text that is written backwards": "Ada \u202egnp.exe\u202c \u2066x\u2069",
  "separators of lines": "a\u2028b\u2029c\u0085d",
  "a byte order mark": "\ufeffx",
};

/** The cells of a line, read by the rules of RFC 4180. */
function cellsOf(line: string): readonly string[] {
  assert.ok(line.endsWith("\r\n"));
  const cells = [...line.slice(0, -2).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))(?=,|$)/g)];
  return cells.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? "");
}

describe("A line of NDJSON", () => {
  for (const [what, text] of Object.entries(texts)) {
    it(`keeps ${what} exactly, in printable ASCII and on one line`, () => {
      const entry = anEntry({ justification: text, whoName: text, rules: [text] });
      const line = ndjson.line(entry);
      assert.match(line, /^[ -~]+\n$/);
      assert.deepEqual(JSON.parse(line), entry);
    });
  }

  it("is an event or the closing, whatever its texts are", () => {
    assert.deepEqual(JSON.parse(ndjson.closing({ events: 7, after: null })), { end: true, events: 7 });
    const cut = { events: 7, after: "eyJ", problem: "storage is away" };
    assert.deepEqual(JSON.parse(ndjson.closing(cut)), { end: false, ...cut });
    assert.ok(!("end" in JSON.parse(ndjson.line(anEntry()))));
  });
});

describe("A line of CSV", () => {
  it("stands under headings in a lasting order, with a mark for UTF-8", () => {
    assert.equal(
      csv.head,
      "\ufefftime,kind,who,whoName,door,what,rules,justification,service,serviceId,seq,hash,requestId,connectionId,consumerSubscriptionId,linkIdentifier,correlation\r\n",
    );
    assert.deepEqual(Object.keys(anEntry()).sort(), [...auditColumns].sort());
  });

  it("has a cell for each column; a list is words, and what there is not is empty", () => {
    const entry = anEntry({ rules: ["gold", "pci"], linkIdentifier: null });
    const cells = cellsOf(csv.line(entry));
    assert.deepEqual(
      cells,
      auditColumns.map((column) => (column === "rules" ? "gold pci" : String(entry[column] ?? ""))),
    );
  });

  for (const [what, text] of Object.entries(texts)) {
    it(`shows ${what} in one cell of one line that no spreadsheet runs`, () => {
      const line = csv.line(anEntry({ justification: text }));
      assert.match(line, /^[^\r\n]*\r\n$/);
      assert.doesNotMatch(line.slice(0, -2), /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
      const cells = cellsOf(line);
      assert.equal(cells.length, auditColumns.length);
      const cell = cells[auditColumns.indexOf("justification")] ?? "";
      assert.doesNotMatch(cell, /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
      assert.equal(textOf(cell), shown(text));
    });
  }

  it("holds for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const cells = cellsOf(csv.line(anEntry({ whoName: text, justification: text })));
        assert.equal(cells.length, auditColumns.length);
        assert.equal(textOf(cells[3] ?? ""), shown(text));
      }),
    );
  });

  it("is never taken for the closing, nor the closing for an event", () => {
    assert.match(csv.line(anEntry()), /^\d{4}-/);
    const whole = cellsOf(csv.closing({ events: 7, after: null }));
    const cut = cellsOf(csv.closing({ events: 7, after: "eyJ", problem: "=away\n" }));
    assert.deepEqual([whole.length, whole.slice(0, 4)], [auditColumns.length, ["#end", "7", "", ""]]);
    assert.deepEqual([cut.length, cut.slice(0, 4)], [auditColumns.length, ["#continue", "7", "eyJ", "'=away\u240a"]]);
  });

  it("is read by the reader of our own CSV files, closing and all", async () => {
    const lines = Object.values(texts).map((text) => csv.line(anEntry({ justification: text })));
    const text = csv.head + lines.join("") + csv.closing({ events: lines.length, after: null });
    const cells: (readonly string[])[] = [];
    for await (const row of readCsv(inPieces(text.slice(1)))) cells.push("fault" in row ? [row.fault] : row.cells);
    assert.deepEqual(cells.slice(1), [...lines, csv.closing({ events: lines.length, after: null })].map(cellsOf));
  });
});

describe("Pseudonyms", () => {
  const key = Buffer.from("0123456789abcdef0123456789abcdef");
  const { hide, keyId } = pseudonymsUnder(key);

  it("are one word for a person under a key, however their id and name are written", () => {
    const one = hide(anEntry());
    const again = hide(anEntry({ who: ada.objectId.toUpperCase(), whoName: "Ada L." }));
    assert.match(one.who, /^person-[0-9a-f]{32}$/);
    assert.deepEqual([again.who, again.whoName, one.whoName], [one.who, one.who, one.who]);
    assert.notEqual(hide(anEntry({ who: "55555555-0000-0000-0000-000000000005" })).who, one.who);
  });

  it("are other words under another key", () => {
    const other = pseudonymsUnder(Buffer.from("0123456789abcdef0123456789abcdeF"));
    assert.notEqual(other.hide(anEntry()).who, hide(anEntry()).who);
    assert.notEqual(other.keyId, keyId);
  });

  it("leave plgate and what was done outside as they are, but no person who is called so", () => {
    for (const who of ["plgate", "outside"]) {
      const robot = anEntry({ who, whoName: null });
      assert.deepEqual([hide(robot).who, hide(robot).whoName], [who, null]);
      assert.match(hide(anEntry({ who, whoName: who })).who, /^person-/);
    }
  });

  it("leave nothing of a person in the line: no id, no name, no words, and no hash to prove a guess by", () => {
    const entry = anEntry({ justification: "Ada asked me \u{1f44d}" });
    const hidden = hide(entry);
    for (const file of [ndjson, csv]) {
      const line = file.line(hidden);
      for (const secret of [ada.objectId.toLowerCase(), "Ada", entry.hash]) assert.ok(!line.includes(secret), secret);
    }
    assert.equal(hidden.justification, "(15 characters)");
    const { who, whoName, justification, hash, ...rest } = hidden;
    const { who: _who, whoName: _name, justification: _why, hash: _hash, ...kept } = entry;
    assert.deepEqual(rest, kept);
    assert.deepEqual([typeof who, typeof whoName, typeof justification, hash], ["string", "string", "string", null]);
  });

  it("want a key that nobody tries out", () => {
    assert.throws(() => pseudonymsUnder(key.subarray(1)), /at least 32 bytes/);
  });
});

/** What a cell shows of a text: pictures in place of controls. */
function shown(text: string): string {
  return Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(character) ? "\ufffd" : character;
  }).join("");
}

async function* inPieces(text: string): AsyncGenerator<string> {
  yield text;
}
