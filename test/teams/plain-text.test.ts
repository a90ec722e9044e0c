import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { plainText } from "../../src/teams/plain-text.ts";

describe("plainText", () => {
  const cases = {
    "leaves an ordinary name alone": ["pe-customer-weu-01", "pe-customer-weu-01"],
    "leaves words of any script alone": ["Överföring 接続 للشبكة", "Överföring 接続 للشبكة"],
    "leaves an address in numbers and a time of day readable": ["10.0.0.4 from 12:30.", "10.0.0.4 from 12:30."],
    "leaves a resource id readable": ["/subscriptions/a/resourceGroups/b", "/subscriptions/a/resourceGroups/b"],
    "defuses a Markdown link": ["[Approve](https://evil.example/x)", "［Approve］（https∶∕/evil․example/x）"],
    "defuses emphasis, code and strike-through": ["*a* _b_ `c` ~d~", "∗a∗ ＿b＿ ˋcˋ ∼d∼"],
    "defuses headings, quotes and tables": ["# a > b | c", "＃ a › b ǀ c"],
    "defuses lists": ["- a", "‐ a"],
    "defuses numbered lists": ["12. a", "12․ a"],
    "defuses tags and mentions": ["<at>Megan</at> @Megan", "‹at›Megan‹/at› ＠Megan"],
    "defuses entities": ["&#x202e; &rlm;", "＆＃x202e; ＆rlm;"],
    "defuses escapes": ["\\[a\\]", "＼［a＼］"],
    "breaks template functions": ["{{DATE(2026-01-01T00:00:00Z)}}", "｛｛DATE（2026-01-01T00:00:00Z）｝｝"],
    "defuses bare addresses": ["www.evil.example or //evil", "www․evil․example or ∕/evil"],
    "defuses mail addresses": ["mailto:a@evil.example", "mailto∶a＠evil․example"],
    "drops characters that turn the direction of writing": ["a\u202Eb\u2066c\u200F", "abc"],
    "drops characters without width": ["a\u200Bb\u200Dc\uFEFFd\u3164e\u00ADf\u2800", "abcdef"],
    "drops control characters": ["a\u0000b\u001Bc\u007Fd", "abcd"],
    "drops tag characters that can carry hidden words": ["a\u{E0041}\u{E0042}b", "ab"],
    "drops half a surrogate pair": ["a\uD83Db", "ab"],
    "folds line breaks and blanks": ["  a\r\n\tb\u2028c\u00A0\u00A0d\u0085e ", "a b c d e"],
    "takes down towers of accents": [`a${"\u0301".repeat(50)}b`, `a${"\u0301".repeat(4)}b`],
    "leaves nothing of nothing": ["\u200B \n", ""],
  } as const;
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(plainText(given, 200), expected));
  }

  it("cuts by code point and says that it did", () => {
    assert.equal(plainText("😀".repeat(10), 10), "😀".repeat(10));
    assert.equal(plainText("😀".repeat(11), 10), `${"😀".repeat(9)}…`);
  });

  it("defuses what the cut itself completes", () => {
    assert.equal(plainText("a. bcdef", 4), "a․…");
  });
});

const dangerous = "[](){}*_~`#>|<\\&@:/.-+1 \n\r\u202E\u200B\uFEFF\u0000a\u0301{{DATE(https://www.a.b)&lt;";
const hostile = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc
    .array(fc.constantFrom(...Array.from(dangerous), "\uD800", "\uDC00"), { maxLength: 400 })
    .map((parts) => parts.join("")),
);
const limit = fc.integer({ min: 1, max: 200 });

describe("plainText, for any text", () => {
  const never = {
    "keeps no character that Markdown, templates, HTML or mentions read": /[[\](){}*_~`#>|<\\&@]/,
    "keeps nothing invisible, no control and nothing that turns the writing":
      /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u,
    "keeps no scheme and no double slash": /\p{L}:\S|:\/|\/\//u,
    "keeps no dotted name": /\p{L}\.\S|\S\.\p{L}/u,
    "begins no list": /^(?:[-+]|\d+\.)(?: |$)/,
    "keeps no double or outer blanks": /\s\s|^\s|\s$/,
  } as const;
  for (const [name, pattern] of Object.entries(never)) {
    it(name, () => {
      fc.assert(fc.property(hostile, limit, (text, most) => assert.doesNotMatch(plainText(text, most), pattern)));
    });
  }

  it("never exceeds the limit", () => {
    fc.assert(fc.property(hostile, limit, (text, most) => Array.from(plainText(text, most)).length <= most));
  });

  it("changes nothing when applied again", () => {
    fc.assert(
      fc.property(hostile, limit, (text, most) => {
        const once = plainText(text, most);
        assert.equal(plainText(once, most), once);
      }),
    );
  });
});
