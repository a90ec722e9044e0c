import type { Tlv } from "./tlv.ts";

// PP2_TYPE_AZURE and PP2_SUBTYPE_AZURE_PRIVATEENDPOINT_LINKID (azure.md 9).
const azure = 0xee;
const privateEndpointLinkId = 0x01;

/**
 * The LinkID of the private endpoint that a connection came through: the first TLV of Azure that holds one.
 *
 * Subtype, then an unsigned 32-bit number with its *low* byte first, unlike every other number of the protocol.
 * Another subtype or length is no LinkID and is passed over. Health probes of the load balancer carry none.
 */
export function linkIdOf(tlvs: readonly Tlv[]): number | undefined {
  const value = tlvs.find(
    ({ type, value }) => type === azure && value.length === 5 && value[0] === privateEndpointLinkId,
  )?.value;
  return value && new DataView(value.buffer, value.byteOffset, value.byteLength).getUint32(1, true);
}

/** The TLV in which Azure tells a LinkID, for tests and for stand-ins of its load balancer. */
export function linkIdTlv(linkId: number): Tlv {
  if (linkId >>> 0 !== linkId) throw new RangeError(`${linkId} is no LinkID: it has to be an unsigned 32-bit number`);
  const value = new Uint8Array(5);
  value[0] = privateEndpointLinkId;
  new DataView(value.buffer).setUint32(1, linkId, true);
  return { type: azure, value };
}
