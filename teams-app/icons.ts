import type { Picture } from "./png.ts";

/*
 * The icons of the app: two ends of a link and a gate between them that says yes. Drawn from a few shapes, so that they can
 * be changed by whoever has an editor for text, and are nobody else's work.
 */

/** What is behind the symbol, and the accent that Teams shows beside it. */
export const accentColor = "#0B5C6B";

type Colour = readonly [red: number, green: number, blue: number];
type Point = readonly [x: number, y: number];
/** How far a point is outside of a shape; below nought within it. Lengths are shares of the symbol's half width. */
type Shape = (at: Point) => number;

const white: Colour = [255, 255, 255];
const accent: Colour = [0x0b, 0x5c, 0x6b];

/** The icon in colour: Teams shows 192 x 192 pixels and cuts the corners itself, so the ground reaches the edges. */
export function colourIcon(): Picture {
  const symbol = symbolOf({ line: 0.085, ring: 0.47 });
  return draw(192, (at) => {
    const share = coverage(at, 192, 0.6, symbol);
    return [...mix(accent, white, share), 255];
  });
}

/** The icon of a bar: 32 x 32 pixels, white on nothing (App manifest, icons.outline). */
export function outlineIcon(): Picture {
  const symbol = symbolOf({ line: 0.09, ring: 0.52 });
  return draw(32, (at) => [...white, Math.round(255 * coverage(at, 32, 0.94, symbol))]);
}

function symbolOf({ line, ring }: { readonly line: number; readonly ring: number }): Shape {
  const ends = union(disc([-0.87, 0], 0.13), disc([0.87, 0], 0.13));
  const link = union(stroke([-0.8, 0], [-ring, 0], line), stroke([ring, 0], [0.8, 0], line));
  const gate: Shape = (at) => Math.abs(Math.hypot(...at) - ring) - line;
  const tick = union(stroke([-0.21, 0.02], [-0.05, 0.18], line), stroke([-0.05, 0.18], [0.22, -0.17], line));
  return union(ends, link, gate, tick);
}

function disc([x, y]: Point, radius: number): Shape {
  return (at) => Math.hypot(at[0] - x, at[1] - y) - radius;
}

/** A line with round ends. */
function stroke([x1, y1]: Point, [x2, y2]: Point, halfWidth: number): Shape {
  const [dx, dy] = [x2 - x1, y2 - y1];
  return ([x, y]) => {
    const along = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
    return Math.hypot(x - x1 - along * dx, y - y1 - along * dy) - halfWidth;
  };
}

function union(...shapes: readonly Shape[]): Shape {
  return (at) => Math.min(...shapes.map((shape) => shape(at)));
}

const samples = 4;

/** Which part of a pixel lies within the shape, by a grid of samples; `scale` is the symbol's width in the picture. */
function coverage([column, row]: Point, size: number, scale: number, shape: Shape): number {
  let inside = 0;
  for (let sample = 0; sample < samples * samples; sample += 1) {
    const x = column + ((sample % samples) + 0.5) / samples;
    const y = row + (Math.floor(sample / samples) + 0.5) / samples;
    const toSymbol = (place: number) => (2 * place - size) / (size * scale);
    if (shape([toSymbol(x), toSymbol(y)]) <= 0) inside += 1;
  }
  return inside / (samples * samples);
}

function mix(from: Colour, to: Colour, share: number): Colour {
  const part = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return [part(0), part(1), part(2)];
}

function draw(size: number, colourAt: (pixel: Point) => readonly number[]): Picture {
  const pixels = new Uint8Array(size * size * 4);
  for (let pixel = 0; pixel < size * size; pixel += 1) {
    pixels.set(colourAt([pixel % size, Math.floor(pixel / size)]), pixel * 4);
  }
  return { width: size, height: size, pixels };
}
