import { linkIdOf } from "./azure-tlv.ts";
import { crc32c } from "./crc32c.ts";
import { formatIp } from "./ip-address.ts";
import {
  type Addresses,
  addressLengths,
  checksumType,
  type Family,
  families,
  type IpEnd,
  longestHeader,
  type ProxyHeader,
  signature,
  startLength,
  type Transport,
  transports,
  unixEndLength,
} from "./proxy-header.ts";
import { splitTlvs, type Tlv } from "./tlv.ts";

/** Why bytes that begin like a header are none that can be believed. The connection has to be closed. */
export type HeaderFault =
  | "unknown-version"
  | "unknown-command"
  | "unknown-protocol"
  | "longer-than-allowed"
  | "shorter-than-its-addresses"
  | "tlvs-do-not-fill-it"
  | "wrong-checksum";

/** What the bytes at the beginning of a connection are. Whatever a peer sends, it is one of these; nothing is thrown. */
export type HeaderReading =
  /** The header takes the first `length` bytes; what follows is the peer's own. */
  | { readonly kind: "header"; readonly header: ProxyHeader; readonly length: number }
  /** All as it should be so far; at least so many bytes are missing. */
  | { readonly kind: "need-more"; readonly bytes: number }
  /** The signature does not match: another protocol, or version 1 of this one. */
  | { readonly kind: "not-proxy" }
  | { readonly kind: "broken"; readonly why: HeaderFault };

export type HeaderLimits = {
  /** The longest header to accept, its 16 fixed bytes included. The protocol itself allows 65,551. */
  readonly maxLength?: number;
};

/** Version 2, command LOCAL. */
const local = 0x20;

type Protocol = { readonly family: Family; readonly transport: Transport };

/**
 * Reads the header of the PROXY protocol, version 2, that bytes begin with.
 *
 * Decides as early as it can: a wrong first byte is enough for "not-proxy". Looks at no byte behind the header and
 * keeps none of the caller's memory; what it copies has arrived already and is never longer than `maxLength`.
 * Of LOCAL and UNSPEC the block is passed over unread, as the specification asks.
 */
export function parseProxyHeader(bytes: Uint8Array, limits: HeaderLimits = {}): HeaderReading {
  if (!beginsLikeSignature(bytes)) return { kind: "not-proxy" };
  const why = faultInStart(bytes, limits.maxLength ?? longestHeader);
  if (why) return { kind: "broken", why };
  const length = bytes.length < startLength ? startLength : lengthOf(bytes);
  if (bytes.length < length) return { kind: "need-more", bytes: length - bytes.length };
  return readWhole(new Uint8Array(bytes.subarray(0, length)));
}

function beginsLikeSignature(bytes: Uint8Array): boolean {
  return signature.slice(0, bytes.length).every((byte, at) => bytes[at] === byte);
}

/** What is wrong with the fixed bytes, as far as they are there. */
function faultInStart(bytes: Uint8Array, maxLength: number): HeaderFault | undefined {
  const { [12]: versionAndCommand, [13]: protocol } = bytes;
  if (versionAndCommand === undefined) return undefined;
  if (versionAndCommand >> 4 !== 2) return "unknown-version";
  if ((versionAndCommand & 0x0f) > 1) return "unknown-command";
  if (protocol === undefined) return undefined;
  const isKnown = protocol >> 4 < families.length && (protocol & 0x0f) < transports.length;
  if (versionAndCommand !== local && !isKnown) return "unknown-protocol";
  return bytes.length < startLength ? undefined : faultInLength(lengthOf(bytes), addressLengthOf(bytes), maxLength);
}

function faultInLength(length: number, addressLength: number, maxLength: number): HeaderFault | undefined {
  if (length > maxLength) return "longer-than-allowed";
  return length < startLength + addressLength ? "shorter-than-its-addresses" : undefined;
}

/** By the header's own length field. */
function lengthOf(bytes: Uint8Array): number {
  return startLength + viewOf(bytes).getUint16(14);
}

/** The protocol whose addresses the block begins with; undefined for LOCAL and UNSPEC, whose block says nothing. */
function protocolOf({ [12]: versionAndCommand, [13]: byte = 0 }: Uint8Array): Protocol | undefined {
  const family = families[byte >> 4];
  const transport = transports[byte & 0x0f];
  return versionAndCommand !== local && family && transport ? { family, transport } : undefined;
}

function addressLengthOf(bytes: Uint8Array): number {
  const protocol = protocolOf(bytes);
  return protocol ? addressLengths[protocol.family] : 0;
}

/** The bytes are the header, all of it and nothing else. */
function readWhole(bytes: Uint8Array): HeaderReading {
  const { length } = bytes;
  const command = bytes[12] === local ? "LOCAL" : "PROXY";
  const protocol = protocolOf(bytes);
  if (!protocol) {
    return { kind: "header", header: { command, addresses: undefined, tlvs: [], linkId: undefined }, length };
  }
  const tlvs = splitTlvs(bytes.subarray(startLength + addressLengths[protocol.family]));
  if (!tlvs) return { kind: "broken", why: "tlvs-do-not-fill-it" };
  if (!isChecksumRight(bytes, tlvs)) return { kind: "broken", why: "wrong-checksum" };
  const addresses = readAddresses(protocol, bytes.subarray(startLength));
  return { kind: "header", header: { command, addresses, tlvs, linkId: linkIdOf(tlvs) }, length };
}

function readAddresses({ family, transport }: Protocol, block: Uint8Array): Addresses {
  if (family === "UNIX") {
    const source = block.subarray(0, unixEndLength);
    return { family, transport, source, destination: block.subarray(unixEndLength, 2 * unixEndLength) };
  }
  const size = family === "IPv4" ? 4 : 16;
  const end = (index: 0 | 1): IpEnd => ({
    address: formatIp(block.subarray(index * size, (index + 1) * size)),
    port: viewOf(block).getUint16(2 * size + 2 * index),
  });
  return { family, transport, source: end(0), destination: end(1) };
}

/**
 * A checksum is optional, but one that is there has to be right: computed over the whole header with zeros in its own
 * place. Two of them cannot both be computed so; that is wrong, too.
 */
function isChecksumRight(bytes: Uint8Array, tlvs: readonly Tlv[]): boolean {
  const [claimed, ...more] = tlvs.filter(({ type }) => type === checksumType).map(({ value }) => value);
  if (!claimed) return true;
  if (claimed.length !== 4 || more.length > 0) return false;
  // The TLVs lie in the memory of the header, which begins where the header does.
  const zeroed = new Uint8Array(bytes);
  zeroed.fill(0, claimed.byteOffset, claimed.byteOffset + claimed.length);
  return crc32c(zeroed) === viewOf(claimed).getUint32(0);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
