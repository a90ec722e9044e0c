import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { foreign, html } from "../../src/console/html.ts";
import { hostileTexts } from "../contracts/hostile-texts.ts";

const folder = join(import.meta.dirname, "../../src/console");
const bidi = /[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\u061c]/u;

describe("html", () => {
  const cases = {
    "text is escaped in content": [html`<p>${"<b>&"}</p>`, "<p>&lt;b&gt;&amp;</p>"],
    "and in a quoted attribute": [html`<a title="${`"'\``}">`, '<a title="&quot;&#39;&#96;">'],
    "HTML stands as it is": [html`<p>${html`<b>${"<"}</b>`}</p>`, "<p><b>&lt;</b></p>"],
    "lists stand one after the other": [html`${["a", html`<br>`, 3]}`, "a<br>3"],
    "nothing is nothing": [html`a${undefined}${false}b`, "ab"],
    "zero is a number and stands": [html`${0}`, "0"],
  } as const;
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(given.toString(), expected));
  }

  it("lets no text become markup, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const written = html`<p title="${text}">${text}</p>`.toString();
        assert.match(written, /^<p title="[^<>"]*">[^<>"]*<\/p>$/u);
        // An ampersand only where an entity begins: nothing that was escaped comes back as something else.
        assert.deepEqual(written.match(/&(?!(?:amp|lt|gt|quot|#39|#96);)/g), null);
      }),
    );
  });

  it("lets no text hide or turn what stands around it", () => {
    for (const [name, text] of Object.entries(hostileTexts)) {
      assert.doesNotMatch(html`${text}`.toString(), bidi, name);
      assert.doesNotMatch(foreign(text, 100).toString(), /[\p{Cc}\p{Cf}\p{Cs}]/u, name);
    }
  });

  it("takes no text for HTML, even if an object says it were", () => {
    const sly = JSON.parse('{"toString":"<script>"}');
    assert.throws(() => html`${sly}`);
  });
});

describe("foreign", () => {
  it("isolates, folds lines and cuts", () => {
    assert.equal(foreign("a\r\n b\u202Ec", 10).toString(), "<bdi>a bc</bdi>");
    assert.equal(foreign("abcdef", 4).toString(), "<bdi>abc…</bdi>");
    assert.equal(
      foreign("e\u0301\u0301\u0301\u0301\u0301\u0301", 10).toString(),
      "<bdi>e\u0301\u0301\u0301\u0301</bdi>",
    );
  });

  it("says something else when nothing can be seen", () => {
    for (const text of [null, undefined, "", " ", "\u200b\u2060"]) {
      assert.equal(foreign(text, 10, "not known").toString(), "not known", JSON.stringify(text));
    }
  });

  it("is never longer than its limit, whatever comes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 2, max: 20 }), (text, limit) => {
        const inner = foreign(text.replace(/[&<>"'`]/g, ""), limit)
          .toString()
          .replace(/<\/?bdi>/g, "");
        assert.ok(Array.from(inner).length <= limit, inner);
      }),
    );
  });
});

describe("the templates of the pages", () => {
  it("have holes in content or between double quotes, and nowhere else", async () => {
    const files = (await readdir(folder)).filter((name) => name.endsWith(".ts"));
    const faults: string[] = [];
    for (const name of files) {
      const text = await readFile(join(folder, name), "utf8");
      // `attribute=${…}` without quotes would end at the first blank of the value.
      for (const [found] of text.matchAll(/[\s`][\w-]+='?\$\{/g)) faults.push(`${name}: ${found}`);
      for (const [found] of text.matchAll(/<(?:script|iframe|object)|\son\w+="|style="|href="javascript/gi)) {
        faults.push(`${name}: ${found}`);
      }
    }
    assert.ok(files.length > 10);
    assert.deepEqual(faults, []);
  });
});
