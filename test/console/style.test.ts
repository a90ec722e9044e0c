import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { html } from "../../src/console/html.ts";
import { layout } from "../../src/console/layout.ts";
import { pageHeaders } from "../../src/console/page-headers.ts";
import { dark, light, type Palette } from "../../src/console/style.ts";

describe("the colours", () => {
  for (const [name, palette] of Object.entries({ light, dark })) {
    const on = (front: keyof Palette, ground: keyof Palette) => contrast(palette[front], palette[ground]);
    it(`${name}: text stands out from its ground by 4.5 to 1`, () => {
      for (const ground of ["ground", "raised"] as const) {
        for (const front of ["text", "quiet", "link", "good", "bad", "wait"] as const) {
          assert.ok(on(front, ground) >= 4.5, `${front} on ${ground}: ${on(front, ground).toFixed(2)}`);
        }
      }
      for (const action of ["goodAction", "badAction"] as const) {
        assert.ok(on("onAction", action) >= 4.5, `onAction on ${action}: ${on("onAction", action).toFixed(2)}`);
      }
    });

    it(`${name}: what is drawn to be used stands out by 3 to 1`, () => {
      for (const front of ["line", "focus", "good", "bad", "wait"] as const) {
        assert.ok(on(front, "ground") >= 3, `${front}: ${on(front, "ground").toFixed(2)}`);
      }
    });
  }

  it("are computed right: black on white is 21 to 1", () => assert.equal(contrast("#000000", "#ffffff"), 21));
});

describe("the content security policy", () => {
  const policy = new Map(
    pageHeaders["content-security-policy"].split("; ").map((part) => {
      const [name = "", ...values] = part.split(" ");
      return [name, values.join(" ")];
    }),
  );

  it("allows nothing but our style and our forms", () => {
    const { "style-src": style, ...others } = Object.fromEntries(policy);
    assert.deepEqual(others, {
      "default-src": "'none'",
      "form-action": "'self'",
      "frame-ancestors": "'none'",
      "base-uri": "'none'",
    });
    assert.match(style ?? "", /^'sha256-[\w+/]+=*'$/);
  });

  it("names the hash of the style that stands in the page", () => {
    const content = layout({ language: "en", origin: "" }, { tab: "x", heading: "x" }, html``).toString();
    const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(content) ?? [];
    const hash = createHash("sha256").update(style, "utf8").digest("base64");
    assert.equal(policy.get("style-src"), `'sha256-${hash}'`);
  });

  it("comes with headers that keep the page from frames, caches and other sites", () => {
    const { "content-security-policy": _, ...others } = pageHeaders;
    assert.equal(others["cache-control"], "no-store");
    assert.equal(others["x-frame-options"], "DENY");
    assert.equal(others["x-content-type-options"], "nosniff");
    // `no-referrer` would make browsers send `Origin: null` with our own forms.
    assert.equal(others["referrer-policy"], "same-origin");
  });
});

/** The ratio of WCAG 2.2. */
function contrast(one: string, other: string): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
