import { type HeaderParts } from "./proxy-header.ts";
/**
 * Writes a header, as a proxy would: for tests and for stand-ins of a load balancer.
 *
 * With `checksum`, a TLV with its CRC32C comes last. What no header can hold is the caller's mistake and throws a
 * RangeError: a text that is no address, a port, a type or a length out of range.
 */
export declare function writeProxyHeader(parts: HeaderParts, options?: {
    readonly checksum?: boolean;
}): Uint8Array;
