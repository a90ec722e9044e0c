/**
 * One extension of a header. Its value is whatever the sender put there: raw bytes, also where the specification
 * nests further TLVs in it (SSL, 0x20).
 */
export type Tlv = {
  readonly type: number;
  readonly value: Uint8Array;
};

const prefix = 3;

/**
 * The TLVs that fill the bytes: type, length as two bytes with the high one first, value.
 * Undefined when they do not fill them exactly: one claims more than there is, or less than a TLV is left over.
 */
export function splitTlvs(bytes: Uint8Array): readonly Tlv[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tlvs: Tlv[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < prefix) return undefined;
    const start = at + prefix;
    const end = start + view.getUint16(at + 1);
    if (end > bytes.length) return undefined;
    tlvs.push({ type: view.getUint8(at), value: bytes.subarray(start, end) });
    at = end;
  }
  return tlvs;
}
