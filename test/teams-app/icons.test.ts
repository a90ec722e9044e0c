import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { accentColor, colourIcon, outlineIcon } from "../../teams-app/icons.ts";
import { decodePng, encodePng, type Picture } from "../../teams-app/png.ts";

const stored = (name: string) => decodePng(readFileSync(join(import.meta.dirname, "../../teams-app", name)));

function shares({ pixels }: Picture, test: (red: number, alpha: number) => boolean): number {
  const count = pixels.length / 4;
  const hits = Array.from({ length: count }, (_, at) => test(pixels[at * 4] ?? 0, pixels[at * 4 + 3] ?? 0));
  return hits.filter(Boolean).length / count;
}

describe("the icons of the app", () => {
  for (const [name, draw, size] of [
    ["color.png", colourIcon, 192],
    ["outline.png", outlineIcon, 32],
  ] as const) {
    it(`${name} is what the script draws, ${size} pixels wide and high`, () => {
      const { width, height } = draw();
      assert.deepEqual([width, height], [size, size]);
      assert.deepEqual(stored(name), draw());
    });
  }

  it("show a symbol that fills neither all nor nothing, on the accent that Teams shows beside it", () => {
    const white = shares(colourIcon(), (red) => red === 255);
    assert.ok(white > 0.04 && white < 0.25, String(white));
    assert.deepEqual(`#${Buffer.from(colourIcon().pixels.slice(0, 3)).toString("hex").toUpperCase()}`, accentColor);
    const drawn = shares(outlineIcon(), (_, alpha) => alpha === 255);
    const clear = shares(outlineIcon(), (_, alpha) => alpha === 0);
    assert.ok(drawn > 0.1 && clear > 0.4, `${drawn} drawn, ${clear} clear`);
  });
});

describe("a picture as PNG", () => {
  const picture = { width: 2, height: 1, pixels: new Uint8Array([1, 2, 3, 255, 4, 5, 6, 0]) };

  it("comes back as it was", () => assert.deepEqual(decodePng(encodePng(picture)), picture));

  it("that is none is said to be none", () => {
    assert.equal(decodePng(Buffer.from("GIF89a")), "is no PNG");
    assert.equal(decodePng(encodePng(picture).subarray(0, 8)), "has no header");
    const grey = Buffer.from(encodePng(picture));
    grey[25] = 0;
    assert.equal(decodePng(grey), "is not of eight bits with colour and alpha");
  });
});
