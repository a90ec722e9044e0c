import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { crc32c } from "../../src/link-id/crc32c.ts";
import { linkIdTlv, parseProxyHeader, type Tlv, writeProxyHeader } from "../../src/link-id/link-id.ts";
import { probe, throughEndpoint } from "./some-headers.ts";

const whole = writeProxyHeader(throughEndpoint);

/** The header of an endpoint with other TLVs. */
function withTlvs(...tlvs: readonly Tlv[]): Uint8Array {
  return writeProxyHeader({ ...throughEndpoint, tlvs });
}

function withByte(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  changed[at] = byte;
  return changed;
}

function azure(...value: readonly number[]): Tlv {
  return { type: 0xee, value: Uint8Array.from(value) };
}

/** The first checksum is right, as far as it can be with another behind it. */
function withTwoChecksums(): Uint8Array {
  const bytes = withTlvs({ type: 3, value: new Uint8Array(4) }, { type: 3, value: new Uint8Array(4) });
  new DataView(bytes.buffer).setUint32(16 + 12 + 3, crc32c(bytes));
  return bytes;
}

describe("parseProxyHeader", () => {
  it("reads who talks to whom, through which endpoint", () => {
    assert.deepEqual(parseProxyHeader(whole), {
      kind: "header",
      header: { ...throughEndpoint, linkId: 0x210045c1 },
      length: 36,
    });
  });

  it("reads a Buffer as it reads a Uint8Array", () => {
    assert.deepEqual(parseProxyHeader(Buffer.from(whole)), parseProxyHeader(whole));
  });

  it("keeps none of the caller's memory", () => {
    const reused = Buffer.from(whole);
    const reading = parseProxyHeader(reused);
    reused.fill(0xff);
    assert.deepEqual(reading, parseProxyHeader(whole));
  });

  it("reads no more of a short buffer's memory than the buffer shows", () => {
    const larger = Buffer.concat([Buffer.from("before"), whole, Buffer.from("behind")]);
    assert.deepEqual(parseProxyHeader(larger.subarray(6, 6 + 20)), { kind: "need-more", bytes: 16 });
    assert.deepEqual(parseProxyHeader(larger.subarray(6)), parseProxyHeader(whole));
  });

  const linkIds = {
    "a health probe carries none": [writeProxyHeader(probe), undefined],
    "nor does a proxy that knows no endpoint": [withTlvs(), undefined],
    "its low byte comes first": [withTlvs(azure(1, 1, 0, 0, 0)), 1],
    "it is unsigned": [withTlvs(linkIdTlv(0xffffffff)), 4294967295],
    "zero is one, too": [withTlvs(linkIdTlv(0)), 0],
    "the first one counts": [withTlvs(linkIdTlv(7), linkIdTlv(8)), 7],
    "another subtype is passed over": [withTlvs(azure(2, 9, 0, 0, 0), linkIdTlv(8)), 8],
    "so is one that is too short": [withTlvs(azure(1, 9, 0, 0), linkIdTlv(8)), 8],
    "so is one that is too long": [withTlvs(azure(1, 9, 0, 0, 0, 0), linkIdTlv(8)), 8],
    "so is one without a subtype": [withTlvs(azure(), linkIdTlv(8)), 8],
    "AWS's endpoint is none": [withTlvs({ type: 0xea, value: Uint8Array.of(1, 9, 0, 0, 0) }), undefined],
  } as const;
  for (const [name, [bytes, expected]] of Object.entries(linkIds)) {
    it(`finds the LinkID: ${name}`, () => {
      const reading = parseProxyHeader(bytes);
      assert.ok(reading.kind === "header", JSON.stringify(reading));
      assert.equal(reading.header.linkId, expected);
    });
  }

  it("does not read the block of a probe, whatever stands in it", () => {
    const header = { command: "LOCAL", addresses: undefined, tlvs: [], linkId: undefined };
    const lying = withByte(whole, 12, 0x20);
    for (const bytes of [lying, withByte(lying, 13, 0x93), withByte(lying, 13, 0x31)]) {
      assert.deepEqual(parseProxyHeader(bytes), { kind: "header", header, length: whole.length });
    }
  });

  const checksummed = writeProxyHeader(throughEndpoint, { checksum: true });
  const refused = {
    "a version to come": [withByte(whole, 12, 0x31), "unknown-version"],
    "a command to come": [withByte(whole, 12, 0x22), "unknown-command"],
    "a family to come": [withByte(whole, 13, 0x41), "unknown-protocol"],
    "a transport to come": [withByte(whole, 13, 0x13), "unknown-protocol"],
    "IPv6 in the room of IPv4": [withByte(whole, 13, 0x21), "shorter-than-its-addresses"],
    "a TLV that reaches beyond the header": [withByte(whole, 30, 6), "tlvs-do-not-fill-it"],
    "a TLV that ends before it": [withByte(whole, 30, 4), "tlvs-do-not-fill-it"],
    "a wrong checksum": [withByte(checksummed, checksummed.length - 1, 0), "wrong-checksum"],
    "a changed LinkID under a checksum": [withByte(checksummed, 32, 0), "wrong-checksum"],
    "a changed address under a checksum": [withByte(checksummed, 16, 11), "wrong-checksum"],
    "a checksum of two bytes": [withTlvs({ type: 3, value: new Uint8Array(2) }), "wrong-checksum"],
    "two checksums, were the first one right": [withTwoChecksums(), "wrong-checksum"],
  } as const;
  for (const [name, [bytes, why]] of Object.entries(refused)) {
    it(`refuses ${name}`, () => assert.deepEqual(parseProxyHeader(bytes), { kind: "broken", why }));
  }

  it("accepts a right checksum", () => assert.equal(parseProxyHeader(checksummed).kind, "header"));

  it("decides as early as it can", () => {
    const kinds = [Uint8Array.of(0x47), whole.subarray(0, 0), withByte(whole, 12, 0x11).subarray(0, 13)].map(
      (bytes) => parseProxyHeader(bytes).kind,
    );
    assert.deepEqual(kinds, ["not-proxy", "need-more", "broken"]);
  });

  it("refuses a longer header than allowed as soon as it claims to be one, and not one byte earlier", () => {
    const claims = withByte(withByte(whole, 14, 0xff), 15, 0xff).subarray(0, 16);
    assert.deepEqual(parseProxyHeader(claims, { maxLength: 536 }), { kind: "broken", why: "longer-than-allowed" });
    assert.deepEqual(parseProxyHeader(claims), { kind: "need-more", bytes: 65535 });
    assert.equal(parseProxyHeader(whole, { maxLength: whole.length }).kind, "header");
    assert.equal(parseProxyHeader(whole, { maxLength: whole.length - 1 }).kind, "broken");
  });

  it("reads the longest header there is, full of empty TLVs", () => {
    const bytes = writeProxyHeader({
      ...throughEndpoint,
      tlvs: [linkIdTlv(5), ...new Array(21_838).fill({ type: 4, value: new Uint8Array(0) })],
    });
    const reading = parseProxyHeader(bytes);
    assert.ok(reading.kind === "header");
    assert.deepEqual([bytes.length, reading.header.tlvs.length, reading.header.linkId], [65_550, 21_839, 5]);
  });
});

describe("writeProxyHeader", () => {
  const ends = throughEndpoint.addresses;
  const mistakes = {
    "a port out of range": { ...throughEndpoint, addresses: { ...ends, source: { address: "10.0.0.4", port: 65536 } } },
    "a host's name": { ...throughEndpoint, addresses: { ...ends, source: { address: "localhost", port: 1 } } },
    "an address of the other family": { ...throughEndpoint, addresses: { ...ends, family: "IPv6" } },
    "a type out of range": { ...throughEndpoint, tlvs: [{ type: 256, value: new Uint8Array(0) }] },
    "a TLV that is too long": { ...throughEndpoint, tlvs: [{ type: 1, value: new Uint8Array(65536) }] },
    "TLVs that are too long together": {
      ...throughEndpoint,
      tlvs: new Array(2).fill({ type: 1, value: new Uint8Array(40_000) }),
    },
    "a path that is too long": {
      ...throughEndpoint,
      addresses: { family: "UNIX", transport: "stream", source: new Uint8Array(109), destination: new Uint8Array(108) },
    },
  };
  for (const [name, parts] of Object.entries(mistakes)) {
    it(`tells the caller of ${name}`, () => {
      assert.throws(() => writeProxyHeader(parts as Parameters<typeof writeProxyHeader>[0]), RangeError);
    });
  }

  for (const linkId of [-1, 0x1_0000_0000, 1.5, Number.NaN]) {
    it(`takes ${linkId} for no LinkID`, () => assert.throws(() => linkIdTlv(linkId), RangeError));
  }
});
