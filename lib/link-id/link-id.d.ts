export { linkIdTlv } from "./azure-tlv.ts";
export { type HeaderStep, proxyHeaderReader } from "./header-reader.ts";
export { isSameLink, parseLinkIdentifier } from "./link-identifier.ts";
export { type HeaderFault, type HeaderLimits, type HeaderReading, parseProxyHeader } from "./parse-proxy-header.ts";
export type { Addresses, HeaderParts, IpEnd, ProxyHeader, Transport } from "./proxy-header.ts";
export type { Tlv } from "./tlv.ts";
export { writeProxyHeader } from "./write-proxy-header.ts";
