import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Addresses, type IpEnd, parseProxyHeader } from "../../src/link-id/link-id.ts";
import { type ForeignHeader, foreignHeaders, type Meaning, refusedHeaders } from "./foreign-headers.ts";

const signature = "0d0a0d0a000d0a515549540a";

describe("Headers out of other implementations' tests", () => {
  it("come from many of them", () => assert.ok(new Set(foreignHeaders.map(({ from }) => from)).size >= 8));

  for (const header of foreignHeaders) {
    it(`mean what their authors say: ${header.from}: ${header.says}`, () => {
      assert.deepEqual(meaningOf(header), { ...noMore(header.means), ...given(header.means) });
    });
  }

  for (const header of refusedHeaders) {
    it(`are refused where the specification is stricter: ${header.from}: ${header.says}`, () => {
      assert.deepEqual(meaningOf(header), header.means);
    });
  }
});

function bytesOf({ bytes, raw }: ForeignHeader): Uint8Array {
  return Buffer.from(`${raw ? "" : signature}${bytes.replaceAll(" ", "")}`, "hex");
}

function meaningOf(foreign: ForeignHeader): object {
  const bytes = bytesOf(foreign);
  const reading = parseProxyHeader(bytes, foreign.maxLength ? { maxLength: foreign.maxLength } : {});
  switch (reading.kind) {
    case "not-proxy":
      return { kind: "not-proxy" };
    case "need-more":
      return { needs: reading.bytes };
    case "broken":
      return { broken: reading.why };
    case "header": {
      const { command, addresses, tlvs, linkId } = reading.header;
      return {
        header: addresses ? `${command} ${textOf(addresses)}` : command,
        tlvs: tlvs.map(({ type, value }) => `${hex(Uint8Array.of(type))} ${hex(value)}`),
        linkId,
        rest: Buffer.from(bytes.subarray(reading.length)).toString("latin1"),
      };
    }
  }
}

/** What a meaning that says nothing of it says. */
function noMore(means: Meaning): object {
  return typeof means === "object" && "header" in means ? { tlvs: [], linkId: undefined, rest: "" } : {};
}

function given(means: Meaning): object {
  return typeof means === "object" ? means : { kind: means };
}

function textOf(addresses: Addresses): string {
  const { family, transport } = addresses;
  if (family === "UNIX") return `${family} ${transport} ${pathOf(addresses.source)} > ${pathOf(addresses.destination)}`;
  const end = ({ address, port }: IpEnd) => `${family === "IPv6" ? `[${address}]` : address}:${port}`;
  return `${family} ${transport} ${end(addresses.source)} > ${end(addresses.destination)}`;
}

function pathOf(end: Uint8Array): string {
  return Buffer.from(end).toString("latin1").replace(/\0+$/, "");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
