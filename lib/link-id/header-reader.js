import { parseProxyHeader } from "./parse-proxy-header.js";
/**
 * Reads a header from a connection, piece by piece, however the network cut it.
 *
 * Hand it every piece until it says something else than "need-more"; then it has done its work. It holds what has
 * arrived and takes no memory by a length that a peer claims. How long to wait is for the caller: a peer may
 * never send the next byte.
 */
export function proxyHeaderReader(limits = {}) {
    let room = new Uint8Array(0);
    let held = 0;
    return (piece) => {
        room = withRoomFor(room, held, piece.length);
        room.set(piece, held);
        held += piece.length;
        const bytes = room.subarray(0, held);
        const reading = parseProxyHeader(bytes, limits);
        if (reading.kind === "not-proxy")
            return { kind: "not-proxy", rest: bytes };
        if (reading.kind !== "header")
            return reading;
        return { kind: "header", header: reading.header, rest: bytes.subarray(reading.length) };
    };
}
/** Doubles when it grows, so that a header sent byte by byte is not copied once for each byte. */
function withRoomFor(room, held, more) {
    if (held + more <= room.length)
        return room;
    const larger = new Uint8Array(Math.max(held + more, 2 * room.length));
    larger.set(room.subarray(0, held));
    return larger;
}
