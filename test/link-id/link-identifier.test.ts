import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32c } from "../../src/link-id/crc32c.ts";
import { isSameLink, parseLinkIdentifier } from "../../src/link-id/link-id.ts";

describe("parseLinkIdentifier", () => {
  const cases = {
    "553665985": 553665985,
    " 553665985\n": 553665985,
    "0x210045c1": 553665985,
    "0X210045C1": 553665985,
    "0": 0,
    "0000000007": 7,
    "4294967295": 4294967295,
    "4294967296": undefined,
    "0x100000000": undefined,
    "-1": undefined,
    "+1": undefined,
    "1.0": undefined,
    "1e3": undefined,
    "1_000": undefined,
    "0b1": undefined,
    "210045c1": undefined,
    "1 2": undefined,
    "١": undefined,
    "0x": undefined,
    "": undefined,
    " ": undefined,
    NaN: undefined,
  } as const;
  for (const [text, expected] of Object.entries(cases)) {
    it(`reads ${JSON.stringify(text)} as ${expected}`, () => assert.equal(parseLinkIdentifier(text), expected));
  }
});

describe("isSameLink", () => {
  const cases = {
    "what the header tells is what ARM calls linkIdentifier": [553665985, "553665985", true],
    "however it is written": [553665985, " 0x210045C1 ", true],
    "not the bytes the other way round": [0xc1450021, "553665985", false],
    "a probe is nobody's": [undefined, "0", false],
    "a connection without a linkIdentifier is nobody's": [0, "", false],
    "nor is one with a text that is none": [1, "1x", false],
  } as const;
  for (const [name, [linkId, identifier, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(isSameLink(linkId, identifier), expected));
  }
});

describe("crc32c", () => {
  // The check value of the polynomial's catalogue, and the patterns of RFC 3720, B.4.
  const cases = {
    "the nine digits": [Buffer.from("123456789"), 0xe3069283],
    nothing: [new Uint8Array(0), 0],
    "32 zeros": [new Uint8Array(32), 0x8a9136aa],
    "32 bytes of ones": [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    "0 to 31": [Uint8Array.from({ length: 32 }, (_, byte) => byte), 0x46dd794e],
  } as const;
  for (const [name, [bytes, expected]] of Object.entries(cases)) {
    it(`of ${name}`, () => assert.equal(crc32c(bytes), expected));
  }
});
