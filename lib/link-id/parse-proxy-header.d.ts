import { type ProxyHeader } from "./proxy-header.ts";
/** Why bytes that begin like a header are none that can be believed. The connection has to be closed. */
export type HeaderFault = "unknown-version" | "unknown-command" | "unknown-protocol" | "longer-than-allowed" | "shorter-than-its-addresses" | "tlvs-do-not-fill-it" | "wrong-checksum";
/** What the bytes at the beginning of a connection are. Whatever a peer sends, it is one of these; nothing is thrown. */
export type HeaderReading = 
/** The header takes the first `length` bytes; what follows is the peer's own. */
{
    readonly kind: "header";
    readonly header: ProxyHeader;
    readonly length: number;
}
/** All as it should be so far; at least so many bytes are missing. */
 | {
    readonly kind: "need-more";
    readonly bytes: number;
}
/** The signature does not match: another protocol, or version 1 of this one. */
 | {
    readonly kind: "not-proxy";
} | {
    readonly kind: "broken";
    readonly why: HeaderFault;
};
export type HeaderLimits = {
    /** The longest header to accept, its 16 fixed bytes included. The protocol itself allows 65,551. */
    readonly maxLength?: number;
};
/**
 * Reads the header of the PROXY protocol, version 2, that bytes begin with.
 *
 * Decides as early as it can: a wrong first byte is enough for "not-proxy". Looks at no byte behind the header and
 * keeps none of the caller's memory; what it copies has arrived already and is never longer than `maxLength`.
 * Of LOCAL and UNSPEC the block is passed over unread, as the specification asks.
 */
export declare function parseProxyHeader(bytes: Uint8Array, limits?: HeaderLimits): HeaderReading;
