/*
 * LinkID for backends behind a Private Link Service: the door of this folder, and the package's entry `plgate/link-id`.
 * The folder imports nothing, Node's modules included: it runs wherever Uint8Array does. docs/link-id.md shows its use.
 */
export { linkIdTlv } from "./azure-tlv.ts";
export { type HeaderStep, proxyHeaderReader } from "./header-reader.ts";
export { isSameLink, parseLinkIdentifier } from "./link-identifier.ts";
export { type HeaderFault, type HeaderLimits, type HeaderReading, parseProxyHeader } from "./parse-proxy-header.ts";
export type { Addresses, HeaderParts, IpEnd, ProxyHeader, Transport } from "./proxy-header.ts";
export type { Tlv } from "./tlv.ts";
export { writeProxyHeader } from "./write-proxy-header.ts";
