import type { Tlv } from "./tlv.ts";
/** One end of a connection over IP. The address is text as RFC 5952 and Node write it. */
export type IpEnd = {
    readonly address: string;
    readonly port: number;
};
/** Stream is TCP over IP, datagram is UDP. */
export type Transport = "stream" | "datagram";
/** Who talks to whom, as the proxy saw it. Unix ends are 108 bytes each, filled up with zeros. */
export type Addresses = {
    readonly family: "IPv4" | "IPv6";
    readonly transport: Transport;
    readonly source: IpEnd;
    readonly destination: IpEnd;
} | {
    readonly family: "UNIX";
    readonly transport: Transport;
    readonly source: Uint8Array;
    readonly destination: Uint8Array;
};
export type Family = Addresses["family"];
/** What is written into a header of the PROXY protocol, version 2. */
export type HeaderParts = {
    /** LOCAL: the proxy speaks for itself, as in a health probe. */
    readonly command: "PROXY" | "LOCAL";
    /** Undefined for LOCAL and for the family UNSPEC: then the addresses of the socket are all there is. */
    readonly addresses: Addresses | undefined;
    readonly tlvs: readonly Tlv[];
};
/** What a header says. */
export type ProxyHeader = HeaderParts & {
    /** The private endpoint behind the connection. Undefined is normal: health probes carry no LinkID. */
    readonly linkId: number | undefined;
};
export declare const signature: readonly number[];
/** Bytes before the addresses. */
export declare const startLength = 16;
/** No header is longer: its length field has two bytes. */
export declare const longestHeader: number;
/** The TLV with the CRC32C of the whole header. */
export declare const checksumType = 3;
export declare const unixEndLength = 108;
export declare const addressLengths: Readonly<Record<Family, number>>;
/** High half of the byte that names the protocol, low half below. In both, 0 is UNSPEC. */
export declare const families: readonly (Family | undefined)[];
export declare const transports: readonly (Transport | undefined)[];
