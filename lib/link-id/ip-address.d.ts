/** An address of 4 or 16 bytes as text: dotted, or as RFC 5952 writes IPv6, which is how Node writes it. */
export declare function formatIp(bytes: Uint8Array): string;
/** The 4 or 16 bytes of an address given as text; undefined when it is none of that family. */
export declare function parseIp(text: string, family: "IPv4" | "IPv6"): Uint8Array | undefined;
