/** The remainders of the 256 bytes by the Castagnoli polynomial, bits reflected. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++)
        remainder = remainder & 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
    return remainder;
});
/** CRC32C (RFC 4960, appendix B) of the bytes, as an unsigned number. */
export function crc32c(bytes) {
    let remainder = 0xffffffff;
    for (const byte of bytes)
        remainder = (remainder >>> 8) ^ (remainders[(remainder ^ byte) & 0xff] ?? 0);
    return (remainder ^ 0xffffffff) >>> 0;
}
