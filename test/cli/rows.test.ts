import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readCsv } from "../../src/cli/csv-rows.ts";
import { readJsonList } from "../../src/cli/json-rows.ts";

/** The text in pieces of every size from one character to all at once must give the same. */
async function inAnyPieces<T>(text: string, read: (pieces: AsyncIterable<string>) => AsyncIterable<T>) {
  const whole = await all(read(pieces(text, text.length + 1)));
  for (const size of [1, 2, 3, 7]) assert.deepEqual(await all(read(pieces(text, size))), whole, `pieces of ${size}`);
  return whole;
}

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all<T>(rows: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

describe("reading CSV", () => {
  const row = (line: number, ...cells: readonly string[]) => ({ line, cells });
  const bare = "has a quote inside a bare cell; such a cell is quoted, and its quotes are doubled";
  const cases: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    "nothing has no rows": ["", []],
    "lines end in LF, CRLF or with the file": [
      "a,b\nc,d\r\ne,f",
      [row(1, "a", "b"), row(2, "c", "d"), row(3, "e", "f")],
    ],
    "the last line may end": ["a\n", [row(1, "a")]],
    "empty cells are cells": [",\n,,\n", [row(1, "", ""), row(2, "", "", "")]],
    "empty lines are left out and counted": ["\n\r\na\n\nb", [row(3, "a"), row(5, "b")]],
    "a quoted cell holds commas, quotes and lines": [
      '"a,b","c""d","e\r\nf"\ng',
      [row(1, "a,b", 'c"d', "e\r\nf"), row(3, "g")],
    ],
    "a quoted cell may be empty or only quotes": ['"",""""\n', [row(1, "", '"')]],
    "spaces belong to the cell": [" a , b\n", [row(1, " a ", " b")]],
    "a quote inside a bare cell costs its line": [
      'a\nb"c",d\ne\n',
      [row(1, "a"), { line: 2, fault: bare }, row(3, "e")],
    ],
    "text behind a closing quote costs its line": [
      '"a"b,c\nd\n',
      [{ line: 1, fault: "has text behind a closing quote" }, row(2, "d")],
    ],
    "a fault behind a cell of several lines costs them all, and says so": [
      '"a\nb,c\nd"e,f\ng',
      [{ line: 1, fault: "has text behind a closing quote; lines 1 to 3 are left out" }, row(4, "g")],
    ],
    "a lone carriage return costs its line": [
      "a\rb\nc\r",
      [
        { line: 1, fault: "has a carriage return without a line feed" },
        { line: 2, fault: "has a carriage return without a line feed" },
      ],
    ],
    "a quote that never closes costs its own line only": [
      'a\n"b,c\nd\ne',
      [row(1, "a"), { line: 2, fault: "has a quote that never closes" }, row(3, "d"), row(4, "e")],
    ],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(name, async () => assert.deepEqual(await inAnyPieces(text, readCsv), expected));
  }

  it("gives back whatever was quoted by the rules", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\r", "\n", "é", "👍", "=") });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (given, size) => {
        const text = given.map((cells) => cells.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\r\n");
        const read = await all(readCsv(pieces(text, size)));
        assert.deepEqual(
          read.map((one) => "cells" in one && one.cells),
          given,
        );
      }),
      { numRuns: 200 },
    );
  });

  it("keeps no more than a bounded part of an endless row, and goes on behind it", async () => {
    for (const text of [`${"x".repeat(300_000)},b`, `"${"x".repeat(300_000)}`, `"${"x\n".repeat(150_000)}`]) {
      const rows = await all(readCsv(pieces(`${text}\nc,d\n`, 10_000)));
      assert.match(
        rows[0] && "fault" in rows[0] ? rows[0].fault : "no fault",
        /longer than 65536 characters, or has a quote/,
      );
      assert.deepEqual(rows.at(-1), row(text.split("\n").length + 1, "c", "d"));
    }
  });

  it("takes time in proportion to a hostile file", async () => {
    const text = '"a\n'.repeat(100_000);
    assert.ok((await all(readCsv(pieces(text, 65_536)))).length > 10_000);
  });
});

describe("reading a JSON list", () => {
  const cases: Readonly<Record<string, readonly [string, readonly unknown[]]>> = {
    "an empty list": [" [ ] ", []],
    "entries with their lines": [
      '[{"a":1},\n\n {"b":[1,{"c":"],}\\""}]} ]',
      [
        { line: 1, value: { a: 1 } },
        { line: 3, value: { b: [1, { c: '],}"' }] } },
      ],
    ],
    "what the API and --json give": ['{ "value": [{"a":1}], "place": "x" }\n', [{ line: 1, value: { a: 1 } }]],
    "entries that are no objects": ['[1,"a,b]",null]', [1, "a,b]", null].map((value) => ({ line: 1, value }))],
    "an entry that is no JSON costs itself only": [
      '[{"a":1,},\n{b:2},\n{"c":3}]',
      [
        { line: 1, fault: "is not JSON" },
        { line: 2, fault: "is not JSON" },
        { line: 3, value: { c: 3 } },
      ],
    ],
    "a comma too much": [
      "[1,]",
      [
        { line: 1, value: 1 },
        { line: 1, fault: "is not JSON" },
      ],
    ],
    "a prototype is a member like any other": [
      '[{"__proto__":{"a":1}}]',
      [{ line: 1, value: JSON.parse('{"__proto__":{"a":1}}') }],
    ],
    "a list that does not end": [
      '[1,\n{"a":',
      [
        { line: 1, value: 1 },
        { line: 1, fault: "breaks off: an entry or the list does not end" },
      ],
    ],
    "something behind the list": [
      "[1] 2",
      [
        { line: 1, value: 1 },
        { line: 1, fault: "goes on behind the list as no JSON does" },
      ],
    ],
    "no list": ['{"a":1}', [{ line: 1, fault: 'is no list: [ ... ] or { "value": [ ... ] }' }]],
    nothing: ["", [{ line: 1, fault: 'is no list: [ ... ] or { "value": [ ... ] }' }]],
  };
  for (const [name, [text, expected]] of Object.entries(cases)) {
    it(name, async () => assert.deepEqual(await inAnyPieces(text, readJsonList), expected));
  }

  it("gives what JSON gives", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 9 }), async (given, size) => {
        const read = await all(readJsonList(pieces(JSON.stringify(given, null, 1), size)));
        assert.deepEqual(
          read.map((one) => "value" in one && JSON.stringify(one.value)),
          given.map((one) => JSON.stringify(one)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it("ends at an entry without an end instead of keeping it", async () => {
    const rows = await all(readJsonList(pieces(`[{"a":"${"x".repeat(300_000)}`, 10_000)));
    assert.deepEqual(rows, [{ line: 1, fault: "breaks off: an entry or the list does not end" }]);
  });
});
