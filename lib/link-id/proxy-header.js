/*
 * The wire: signature, version and command in one byte, family and transport in the next, the length of the rest in
 * two, high byte first. The rest is the addresses, then TLVs.
 */
export const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
/** Bytes before the addresses. */
export const startLength = 16;
/** No header is longer: its length field has two bytes. */
export const longestHeader = startLength + 0xffff;
/** The TLV with the CRC32C of the whole header. */
export const checksumType = 0x03;
export const unixEndLength = 108;
export const addressLengths = { IPv4: 12, IPv6: 36, UNIX: 2 * unixEndLength };
/** High half of the byte that names the protocol, low half below. In both, 0 is UNSPEC. */
export const families = [undefined, "IPv4", "IPv6", "UNIX"];
export const transports = [undefined, "stream", "datagram"];
