import { type HeaderFault, type HeaderLimits } from "./parse-proxy-header.ts";
import type { ProxyHeader } from "./proxy-header.ts";
/** What is known after one more piece of a connection. `rest` is what the peer said that is not the header. */
export type HeaderStep = {
    readonly kind: "need-more";
    readonly bytes: number;
} | {
    readonly kind: "header";
    readonly header: ProxyHeader;
    readonly rest: Uint8Array;
} | {
    readonly kind: "not-proxy";
    readonly rest: Uint8Array;
} | {
    readonly kind: "broken";
    readonly why: HeaderFault;
};
/**
 * Reads a header from a connection, piece by piece, however the network cut it.
 *
 * Hand it every piece until it says something else than "need-more"; then it has done its work. It holds what has
 * arrived and takes no memory by a length that a peer claims. How long to wait is for the caller: a peer may
 * never send the next byte.
 */
export declare function proxyHeaderReader(limits?: HeaderLimits): (piece: Uint8Array) => HeaderStep;
