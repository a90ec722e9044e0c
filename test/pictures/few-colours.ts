import { deflateSync, inflateSync } from "node:zlib";
import { chunk, signature } from "../../teams-app/png.ts";

const coloursAtMost = 24;

type Picture = { readonly width: number; readonly height: number; readonly colours: Uint32Array };

/**
 * The same picture with a few of its colours alone, as a PNG with a palette: a third of the bytes, and no difference to see.
 * Reads what Chromium writes: 8 bits a channel, with or without alpha, not interlaced.
 */
export function fewColours(png: Buffer): Buffer {
  const picture = decode(png);
  const uses = new Map<number, number>();
  for (const colour of picture.colours) uses.set(colour, (uses.get(colour) ?? 0) + 1);
  const palette = paletteOf(uses);
  const indexOf = new Map([...uses.keys()].map((colour) => [colour, nearest(colour, palette)]));
  return encode(picture, palette, indexOf);
}

/** Colour by colour the one that would be missed most: used often, and unlike all that are there. */
function paletteOf(uses: ReadonlyMap<number, number>): readonly number[] {
  const missed = new Map([...uses].map(([colour, count]) => [colour, { count, off: distance(colour, 0xff00ff) }]));
  const palette: number[] = [];
  while (palette.length < Math.min(coloursAtMost, uses.size)) {
    const [next = 0] = [...missed].reduce((worst, one) => (lossOf(one[1]) > lossOf(worst[1]) ? one : worst));
    palette.push(next);
    for (const [colour, loss] of missed) loss.off = Math.min(loss.off, distance(colour, next));
  }
  return palette;
}

function lossOf({ count, off }: { readonly count: number; readonly off: number }): number {
  return count * off;
}

function nearest(colour: number, palette: readonly number[]): number {
  const distances = palette.map((one) => distance(one, colour));
  return distances.indexOf(Math.min(...distances));
}

function distance(one: number, other: number): number {
  return [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
}

function decode(png: Buffer): Picture {
  const width = png.readUInt32BE(16);
  const height = png.readUInt32BE(20);
  const channels = channelsOf(png);
  const rows = inflateSync(Buffer.concat([...imageData(png)]));
  const length = width * channels;
  const colours = new Uint32Array(width * height);
  let above = new Uint8Array(length);
  for (let row = 0; row < height; row += 1) {
    const start = row * (length + 1);
    const line = unfiltered(rows[start] ?? 0, rows.subarray(start + 1, start + 1 + length), above, channels);
    for (let x = 0; x < width; x += 1) {
      const at = x * channels;
      colours[row * width + x] = ((line[at] ?? 0) << 16) | ((line[at + 1] ?? 0) << 8) | (line[at + 2] ?? 0);
    }
    above = line;
  }
  return { width, height, colours };
}

function channelsOf(png: Buffer): 3 | 4 {
  const [depth, kind, , , interlaced] = png.subarray(24);
  if (depth !== 8 || (kind !== 2 && kind !== 6) || interlaced !== 0) throw new Error("another kind of PNG");
  return kind === 6 ? 4 : 3;
}

function* imageData(png: Buffer): Generator<Buffer> {
  for (let at = 8; at < png.length; at += png.readUInt32BE(at) + 12) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") yield png.subarray(at + 8, at + 8 + length);
  }
}

/** Takes a row's filter back: it keeps differences to the left, to the row above, or to a mix of both. */
function unfiltered(filter: number, line: Uint8Array, above: Uint8Array, channels: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(line.length);
  for (let at = 0; at < line.length; at += 1) {
    const left = out[at - channels] ?? 0;
    const up = above[at] ?? 0;
    const guesses = [0, left, up, (left + up) >> 1, paeth(left, up, above[at - channels] ?? 0)];
    out[at] = (line[at] ?? 0) + (guesses[filter] ?? 0);
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [toLeft, toUp, toCorner] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

function encode(
  { width, height, colours }: Picture,
  palette: readonly number[],
  indexOf: ReadonlyMap<number, number>,
): Buffer {
  const rows = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, pixel) => {
    rows[Math.floor(pixel / width) * (width + 1) + 1 + (pixel % width)] = indexOf.get(colour) ?? 0;
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // Eight bits a pixel, by palette.
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
