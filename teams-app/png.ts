import { crc32, deflateSync, inflateSync } from "node:zlib";

/** A picture in colour with transparency: four bytes a pixel, red, green, blue, alpha, row by row from the top. */
export type Picture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

/** What every PNG begins with. */
export const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const bitDepth = 8;
const colourWithAlpha = 6;

/** Writes a PNG of the simplest form: eight bits, colour with alpha, no filter, not interlaced (RFC 2083). */
export function encodePng({ width, height, pixels }: Picture): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = bitDepth;
  header[9] = colourWithAlpha;
  const stride = width * 4;
  // Each row begins with the number of its filter: none.
  const rows = Buffer.alloc((stride + 1) * height);
  for (let row = 0; row < height; row += 1) {
    rows.set(pixels.subarray(row * stride, (row + 1) * stride), row * (stride + 1) + 1);
  }
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** One part of a PNG, with its length before and its checksum behind. */
export function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Reads a PNG that `encodePng` could have written; a text says why it is none. */
export function decodePng(file: Uint8Array): Picture | string {
  const bytes = Buffer.from(file);
  if (!bytes.subarray(0, 8).equals(signature)) return "is no PNG";
  const chunks = [...chunksOf(bytes)];
  const header = chunks.find(({ type }) => type === "IHDR")?.data;
  if (header?.length !== 13) return "has no header";
  if (header[8] !== bitDepth || header[9] !== colourWithAlpha || header[12] !== 0)
    return "is not of eight bits with colour and alpha";
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const data = Buffer.concat(chunks.filter(({ type }) => type === "IDAT").map((one) => one.data));
  return unfiltered(inflateSync(data), width, height);
}

function* chunksOf(bytes: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    yield { type: bytes.toString("latin1", at + 4, at + 8), data: bytes.subarray(at + 8, at + 8 + length) };
    at += 12 + length;
  }
}

function unfiltered(rows: Buffer, width: number, height: number): Picture | string {
  const stride = width * 4;
  if (rows.length !== (stride + 1) * height) return "does not hold as many pixels as it says";
  const pixels = new Uint8Array(stride * height);
  for (let row = 0; row < height; row += 1) {
    const at = row * (stride + 1);
    if (rows[at] !== 0) return "has filtered rows; draw it anew with teams-app/draw-icons.ts";
    pixels.set(rows.subarray(at + 1, at + 1 + stride), row * stride);
  }
  return { width, height, pixels };
}
