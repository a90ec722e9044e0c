import { crc32c } from "./crc32c.js";
import { parseIp } from "./ip-address.js";
import { checksumType, families, signature, transports, unixEndLength, } from "./proxy-header.js";
/**
 * Writes a header, as a proxy would: for tests and for stand-ins of a load balancer.
 *
 * With `checksum`, a TLV with its CRC32C comes last. What no header can hold is the caller's mistake and throws a
 * RangeError: a text that is no address, a port, a type or a length out of range.
 */
export function writeProxyHeader(parts, options = {}) {
    const { command, addresses, tlvs } = parts;
    const checksum = options.checksum ? [{ type: checksumType, value: new Uint8Array(4) }] : [];
    const block = joined([addressBytes(addresses), ...[...tlvs, ...checksum].map(tlvBytes)]);
    const protocol = addresses ? (families.indexOf(addresses.family) << 4) | transports.indexOf(addresses.transport) : 0;
    const start = [...signature, command === "LOCAL" ? 0x20 : 0x21, protocol, ...twoBytes(block.length, "length")];
    const bytes = joined([Uint8Array.from(start), block]);
    if (options.checksum)
        new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32c(bytes));
    return bytes;
}
function addressBytes(addresses) {
    if (!addresses)
        return new Uint8Array(0);
    if (addresses.family === "UNIX")
        return joined([unixEnd(addresses.source), unixEnd(addresses.destination)]);
    const { family, source, destination } = addresses;
    return joined([
        ipBytes(source, family),
        ipBytes(destination, family),
        Uint8Array.from([source, destination].flatMap(({ port }) => twoBytes(port, "port"))),
    ]);
}
function unixEnd(path) {
    const end = new Uint8Array(unixEndLength);
    end.set(path);
    return end;
}
function ipBytes({ address }, family) {
    const bytes = parseIp(address, family);
    if (!bytes)
        throw new RangeError(`${address} is no ${family} address`);
    return bytes;
}
function tlvBytes({ type, value }) {
    return joined([Uint8Array.from([within(type, 0xff, "type of a TLV"), ...twoBytes(value.length, "length")]), value]);
}
/** High byte first, as every number of the protocol itself. */
function twoBytes(number, what) {
    within(number, 0xffff, what);
    return [number >> 8, number & 0xff];
}
function within(number, largest, what) {
    if (Number.isInteger(number) && number >= 0 && number <= largest)
        return number;
    throw new RangeError(`${number} is out of range for a ${what}`);
}
function joined(parts) {
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
    }
    return bytes;
}
