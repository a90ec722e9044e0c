import assert from "node:assert/strict";
import { SocketAddress } from "node:net";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formatIp, parseIp } from "../../src/link-id/ip-address.ts";
import {
  type HeaderStep,
  linkIdTlv,
  parseProxyHeader,
  proxyHeaderReader,
  writeProxyHeader,
} from "../../src/link-id/link-id.ts";
import { linkIds, otherTlvs, someAddresses, someHeaders } from "./some-headers.ts";

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

/** Bytes that begin like a header, which pure chance would never do. */
const almostHeaders = fc
  .tuple(fc.constantFrom(0x20, 0x21, 0x22, 0x31), fc.integer({ min: 0, max: 0x33 }), fc.uint8Array({ maxLength: 300 }))
  .map(([command, protocol, rest]) => {
    const length = Math.max(0, rest.length - (rest[0] ?? 0) / 32);
    return Uint8Array.from([...signature, command, protocol, length >> 8, length & 0xff, ...rest]);
  });
const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 300 }), almostHeaders);

/** The bytes cut anywhere, empty pieces included. */
function cut(bytes: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places.map((place) => Math.min(place, bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/** What a reader said in the end, with all that the peer said behind the header. */
function readPieces(pieces: readonly Uint8Array[]): HeaderStep | undefined {
  const read = proxyHeaderReader();
  for (const [index, piece] of pieces.entries()) {
    const step = read(piece);
    if (step.kind === "need-more" || step.kind === "broken") {
      if (step.kind === "broken" || index === pieces.length - 1) return step;
    } else return { ...step, rest: Uint8Array.from(Buffer.concat([step.rest, ...pieces.slice(index + 1)])) };
  }
  return undefined;
}

describe("Headers of the PROXY protocol", () => {
  it("come out of reading as they went into writing, with a checksum and without", () => {
    fc.assert(
      fc.property(someHeaders, fc.boolean(), fc.uint8Array(), (parts, checksum, payload) => {
        const bytes = writeProxyHeader(parts, { checksum });
        const reading = parseProxyHeader(Buffer.concat([bytes, payload]));
        assert.ok(reading.kind === "header", JSON.stringify(reading));
        const { linkId, ...read } = reading.header;
        const tlvs = read.tlvs.filter(({ type }) => type !== 3);
        assert.deepEqual({ ...read, tlvs }, withNodesAddresses(parts));
        assert.deepEqual([reading.length, linkId], [bytes.length, undefined]);
      }),
    );
  });

  it("never make the parser throw, nor claim more than there is", () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const reading = parseProxyHeader(bytes);
        if (reading.kind === "header") assert.ok(reading.length >= 16 && reading.length <= bytes.length);
        if (reading.kind === "need-more") assert.ok(reading.bytes > 0 && reading.bytes <= 65_551);
      }),
      { numRuns: 2000 },
    );
  });

  it("mean the same whatever follows them", () => {
    fc.assert(
      fc.property(anyBytes, fc.uint8Array({ minLength: 1 }), (bytes, behind) => {
        const reading = parseProxyHeader(bytes);
        if (reading.kind !== "need-more") assert.deepEqual(parseProxyHeader(Buffer.concat([bytes, behind])), reading);
      }),
    );
  });

  it("need more at every place short of their end, and never more than is missing", () => {
    fc.assert(
      fc.property(someHeaders, fc.boolean(), (parts, checksum) => {
        const bytes = writeProxyHeader(parts, { checksum });
        for (let length = 0; length < bytes.length; length++) {
          const reading = parseProxyHeader(bytes.subarray(0, length));
          assert.ok(reading.kind === "need-more" && reading.bytes <= bytes.length - length, `at ${length}`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("need exactly what is missing as soon as their length is known", () => {
    fc.assert(
      fc.property(someHeaders, fc.nat(), (parts, place) => {
        const bytes = writeProxyHeader(parts);
        const length = 16 + (place % Math.max(1, bytes.length - 16));
        if (length >= bytes.length) return;
        const missing = { kind: "need-more", bytes: bytes.length - length };
        assert.deepEqual(parseProxyHeader(bytes.subarray(0, length)), missing);
      }),
    );
  });

  it("give the same however they are cut into pieces", () => {
    const bytes = fc.oneof(
      anyBytes,
      fc
        .tuple(someHeaders, fc.uint8Array())
        .map(([parts, payload]) => Buffer.concat([writeProxyHeader(parts), payload])),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat({ max: 300 })), (whole, places) => {
        const byteByByte = Array.from(whole, (_, at) => whole.subarray(at, at + 1));
        const atOnce = readPieces([whole]);
        assert.deepEqual(readPieces(cut(whole, places)), atOnce);
        if (whole.length > 0) assert.deepEqual(readPieces(byteByByte), atOnce);
      }),
    );
  });

  it("keep their LinkID among whatever other TLVs", () => {
    fc.assert(
      fc.property(someAddresses, otherTlvs, otherTlvs, linkIds, (addresses, before, behind, linkId) => {
        const tlvs = [...before, linkIdTlv(linkId), ...behind];
        const reading = parseProxyHeader(writeProxyHeader({ command: "PROXY", addresses, tlvs }, { checksum: true }));
        assert.ok(reading.kind === "header");
        assert.equal(reading.header.linkId, linkId);
      }),
    );
  });
});

describe("formatIp", () => {
  it("writes IPv6 as Node does", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc
        .array(fc.constantFrom(0, 0, 0, 1, 0xff), { minLength: 16, maxLength: 16 })
        .map((some) => Uint8Array.from(some)),
    );
    fc.assert(
      fc.property(bytes, (some) => {
        // Node still writes the dotted form that RFC 4291 took back.
        fc.pre(some.subarray(0, 12).some((byte) => byte !== 0));
        const groups = Array.from({ length: 8 }, (_, at) =>
          Buffer.from(some)
            .readUInt16BE(2 * at)
            .toString(16),
        );
        assert.equal(formatIp(some), nodes(groups.join(":")));
      }),
      { numRuns: 1000 },
    );
  });

  const rfc5952 = {
    "2001:db8::1": "2001:0db8:0:0:0:0:0:1",
    "2001:db8:0:1:1:1:1:1": "2001:db8:0:1:1:1:1:1",
    "2001:db8::1:0:0:1": "2001:db8:0:0:1:0:0:1",
    "::": "0:0:0:0:0:0:0:0",
    "::ffff:192.0.2.1": "::ffff:c000:201",
    "64:ff9b::c000:221": "64:ff9b::192.0.2.33",
  };
  for (const [expected, given] of Object.entries(rfc5952)) {
    it(`writes ${given} as ${expected}`, () => {
      assert.equal(formatIp(parseIp(given, "IPv6") ?? assert.fail(given)), expected);
    });
  }

  for (const text of [
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8",
    "g::",
    "::1.2.3",
  ]) {
    it(`takes ${JSON.stringify(text)} for no address`, () => assert.equal(parseIp(text, "IPv6"), undefined));
  }
});

/** A header with its addresses in the one form that reading gives. */
function withNodesAddresses<Parts extends { readonly addresses: unknown }>(parts: Parts): Parts {
  const ends = parts.addresses as { family: string; source: object; destination: object } | undefined;
  if (ends?.family !== "IPv6") return parts;
  const canonical = (end: object) => {
    const { address, port } = end as { address: string; port: number };
    return { address: formatIp(parseIp(address, "IPv6") ?? assert.fail(address)), port };
  };
  return { ...parts, addresses: { ...ends, source: canonical(ends.source), destination: canonical(ends.destination) } };
}

function nodes(address: string): string {
  return new SocketAddress({ address, family: "ipv6" }).address;
}
