/*
 * LinkID for backends behind a Private Link Service: the door of this folder, and the package's entry `plgate/link-id`.
 * The folder imports nothing, Node's modules included: it runs wherever Uint8Array does. docs/link-id.md shows its use.
 */
export { linkIdTlv } from "./azure-tlv.js";
export { proxyHeaderReader } from "./header-reader.js";
export { isSameLink, parseLinkIdentifier } from "./link-identifier.js";
export { parseProxyHeader } from "./parse-proxy-header.js";
export { writeProxyHeader } from "./write-proxy-header.js";
