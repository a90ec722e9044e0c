import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { formToken, isFormToken, isOwnForm } from "../../src/console/anti-forgery.ts";
import { freshMinutes, isFresh } from "../../src/console/fresh-sign-in.ts";
import { returnPath } from "../../src/console/return-path.ts";

const id = "abcdefghijklmnop-qrstuvwxyz-1";

describe("the token of a form", () => {
  const token = formToken("a-session", "answer|r1");
  const cases = {
    "is right for its session and purpose": [token, "a-session", "answer|r1", true],
    "is wrong for another session": [token, "another-session", "answer|r1", false],
    "is wrong for another request": [token, "a-session", "answer|r2", false],
    "is wrong for another purpose": [token, "a-session", "sign-out", false],
    "is not empty": ["", "a-session", "answer|r1", false],
    "is not the beginning of itself": [token.slice(0, -1), "a-session", "answer|r1", false],
  } as const;
  for (const [name, [given, session, purpose, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(isFormToken(given, session, purpose), expected));
  }

  it("says nothing about the session", () => {
    fc.assert(fc.property(fc.string({ minLength: 8 }), (session) => !formToken(session, "p").includes(session)));
  });
});

describe("isOwnForm", () => {
  const own = "https://plgate.example";
  const cases = {
    "our page in a browser of today": [own, "same-origin", true],
    "our page in a browser that sends no Sec-Fetch-Site": [own, null, true],
    "another site": ["https://evil.example", "cross-site", false],
    "another host of our site": ["https://other.plgate.example", "same-site", false],
    "another port": ["https://plgate.example:8443", "same-site", false],
    "plain http": ["http://plgate.example", "cross-site", false],
    "an origin that hides itself": ["null", "cross-site", false],
    "our origin, but the browser says that it was another's": [own, "cross-site", false],
    "typed by the person, which no form is": [null, "none", false],
    "no word at all": [null, null, false],
  } as const;
  for (const [name, [origin, fetchSite, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(isOwnForm({ origin, fetchSite }, own), expected));
  }
});

describe("returnPath", () => {
  it("leads to a request", () => assert.equal(returnPath(id), `/api/requests/${id}`));

  const refused = [
    ...[
      "//evil.example",
      "https://evil.example",
      "/\\evil.example",
      `/api/requests/${id}`,
      `${id}/../../x`,
      `${id}\r\nx: y`,
    ],
    ...[`${id}?x`, `${id}#x`, ` ${id}`, "javascript:alert(1)", "", null, undefined],
  ];
  for (const text of refused) {
    it(`leads nowhere for ${JSON.stringify(text)}`, () => assert.equal(returnPath(text), undefined));
  }

  it("never leads away, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const path = returnPath(text);
        return path === undefined || /^\/api\/requests\/[a-z2-7]{16}-[a-z2-7]{10}-\d+$/.test(path);
      }),
    );
  });
});

describe("isFresh", () => {
  const now = new Date("2026-11-26T12:00:00Z");
  const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
  const cases = {
    "a moment ago": [ago(5), true],
    "just within the time": [ago(freshMinutes * 60), true],
    "a second too long ago": [ago(freshMinutes * 60 + 1), false],
    "by a clock that is half a minute ahead": [ago(-30), true],
    "in the future": [ago(-3600), false],
    "nobody knows when": [undefined, false],
    "no time at all": [new Date(Number.NaN), false],
  } as const;
  for (const [name, [at, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(isFresh(at, now), expected));
  }
});
