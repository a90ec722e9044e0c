import type { Tlv } from "./tlv.ts";
/**
 * The LinkID of the private endpoint that a connection came through: the first TLV of Azure that holds one.
 *
 * Subtype, then an unsigned 32-bit number with its *low* byte first, unlike every other number of the protocol.
 * Another subtype or length is no LinkID and is passed over. Health probes of the load balancer carry none.
 */
export declare function linkIdOf(tlvs: readonly Tlv[]): number | undefined;
/** The TLV in which Azure tells a LinkID, for tests and for stand-ins of its load balancer. */
export declare function linkIdTlv(linkId: number): Tlv;
