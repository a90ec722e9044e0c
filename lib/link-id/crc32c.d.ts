/** CRC32C (RFC 4960, appendix B) of the bytes, as an unsigned number. */
export declare function crc32c(bytes: Uint8Array): number;
