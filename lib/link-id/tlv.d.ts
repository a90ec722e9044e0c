/**
 * One extension of a header. Its value is whatever the sender put there: raw bytes, also where the specification
 * nests further TLVs in it (SSL, 0x20).
 */
export type Tlv = {
    readonly type: number;
    readonly value: Uint8Array;
};
/**
 * The TLVs that fill the bytes: type, length as two bytes with the high one first, value.
 * Undefined when they do not fill them exactly: one claims more than there is, or less than a TLV is left over.
 */
export declare function splitTlvs(bytes: Uint8Array): readonly Tlv[] | undefined;
