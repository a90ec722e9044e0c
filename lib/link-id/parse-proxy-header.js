import { linkIdOf } from "./azure-tlv.js";
import { crc32c } from "./crc32c.js";
import { formatIp } from "./ip-address.js";
import { addressLengths, checksumType, families, longestHeader, signature, startLength, transports, unixEndLength, } from "./proxy-header.js";
import { splitTlvs } from "./tlv.js";
/** Version 2, command LOCAL. */
const local = 0x20;
/**
 * Reads the header of the PROXY protocol, version 2, that bytes begin with.
 *
 * Decides as early as it can: a wrong first byte is enough for "not-proxy". Looks at no byte behind the header and
 * keeps none of the caller's memory; what it copies has arrived already and is never longer than `maxLength`.
 * Of LOCAL and UNSPEC the block is passed over unread, as the specification asks.
 */
export function parseProxyHeader(bytes, limits = {}) {
    if (!beginsLikeSignature(bytes))
        return { kind: "not-proxy" };
    const why = faultInStart(bytes, limits.maxLength ?? longestHeader);
    if (why)
        return { kind: "broken", why };
    const length = bytes.length < startLength ? startLength : lengthOf(bytes);
    if (bytes.length < length)
        return { kind: "need-more", bytes: length - bytes.length };
    return readWhole(new Uint8Array(bytes.subarray(0, length)));
}
function beginsLikeSignature(bytes) {
    return signature.slice(0, bytes.length).every((byte, at) => bytes[at] === byte);
}
/** What is wrong with the fixed bytes, as far as they are there. */
function faultInStart(bytes, maxLength) {
    const { [12]: versionAndCommand, [13]: protocol } = bytes;
    if (versionAndCommand === undefined)
        return undefined;
    if (versionAndCommand >> 4 !== 2)
        return "unknown-version";
    if ((versionAndCommand & 0x0f) > 1)
        return "unknown-command";
    if (protocol === undefined)
        return undefined;
    const isKnown = protocol >> 4 < families.length && (protocol & 0x0f) < transports.length;
    if (versionAndCommand !== local && !isKnown)
        return "unknown-protocol";
    return bytes.length < startLength ? undefined : faultInLength(lengthOf(bytes), addressLengthOf(bytes), maxLength);
}
function faultInLength(length, addressLength, maxLength) {
    if (length > maxLength)
        return "longer-than-allowed";
    return length < startLength + addressLength ? "shorter-than-its-addresses" : undefined;
}
/** By the header's own length field. */
function lengthOf(bytes) {
    return startLength + viewOf(bytes).getUint16(14);
}
/** The protocol whose addresses the block begins with; undefined for LOCAL and UNSPEC, whose block says nothing. */
function protocolOf({ [12]: versionAndCommand, [13]: byte = 0 }) {
    const family = families[byte >> 4];
    const transport = transports[byte & 0x0f];
    return versionAndCommand !== local && family && transport ? { family, transport } : undefined;
}
function addressLengthOf(bytes) {
    const protocol = protocolOf(bytes);
    return protocol ? addressLengths[protocol.family] : 0;
}
/** The bytes are the header, all of it and nothing else. */
function readWhole(bytes) {
    const { length } = bytes;
    const command = bytes[12] === local ? "LOCAL" : "PROXY";
    const protocol = protocolOf(bytes);
    if (!protocol) {
        return { kind: "header", header: { command, addresses: undefined, tlvs: [], linkId: undefined }, length };
    }
    const tlvs = splitTlvs(bytes.subarray(startLength + addressLengths[protocol.family]));
    if (!tlvs)
        return { kind: "broken", why: "tlvs-do-not-fill-it" };
    if (!isChecksumRight(bytes, tlvs))
        return { kind: "broken", why: "wrong-checksum" };
    const addresses = readAddresses(protocol, bytes.subarray(startLength));
    return { kind: "header", header: { command, addresses, tlvs, linkId: linkIdOf(tlvs) }, length };
}
function readAddresses({ family, transport }, block) {
    if (family === "UNIX") {
        const source = block.subarray(0, unixEndLength);
        return { family, transport, source, destination: block.subarray(unixEndLength, 2 * unixEndLength) };
    }
    const size = family === "IPv4" ? 4 : 16;
    const end = (index) => ({
        address: formatIp(block.subarray(index * size, (index + 1) * size)),
        port: viewOf(block).getUint16(2 * size + 2 * index),
    });
    return { family, transport, source: end(0), destination: end(1) };
}
/**
 * A checksum is optional, but one that is there has to be right: computed over the whole header with zeros in its own
 * place. Two of them cannot both be computed so; that is wrong, too.
 */
function isChecksumRight(bytes, tlvs) {
    const [claimed, ...more] = tlvs.filter(({ type }) => type === checksumType).map(({ value }) => value);
    if (!claimed)
        return true;
    if (claimed.length !== 4 || more.length > 0)
        return false;
    // The TLVs lie in the memory of the header, which begins where the header does.
    const zeroed = new Uint8Array(bytes);
    zeroed.fill(0, claimed.byteOffset, claimed.byteOffset + claimed.length);
    return crc32c(zeroed) === viewOf(claimed).getUint32(0);
}
function viewOf(bytes) {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
