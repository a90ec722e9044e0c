import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseLinkIdentifier } from "../../src/connection/link-identifier.ts";

describe("A LinkID", () => {
  const read = {
    "536870912": "536870912",
    "0": "0",
    "4294967295": "4294967295",
    " 17\n": "17",
    "0017": "17",
    "00000000000000000017": "17",
    "0x11": "17",
    "0XFFFFFFFF": "4294967295",
    "0x000000000011": "17",
  };
  for (const [text, expected] of Object.entries(read)) {
    it(`is read from ${JSON.stringify(text)}`, () => assert.equal(parseLinkIdentifier(text), expected));
  }

  const refused = [
    "",
    " ",
    "-1",
    "+1",
    "1.0",
    "1e3",
    "4294967296",
    "0x100000000",
    "0x",
    "x11",
    "11h",
    "1 7",
    "١٧",
    "17\0",
  ];
  for (const text of refused) {
    it(`is not read from ${JSON.stringify(text)}`, () => assert.equal(parseLinkIdentifier(text), undefined));
  }

  it("is read from every number of 32 bits, written in either way", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (number) => {
        assert.equal(parseLinkIdentifier(String(number)), String(number));
        assert.equal(parseLinkIdentifier(`0x${number.toString(16)}`), String(number));
      }),
    );
  });
});
