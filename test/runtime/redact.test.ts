import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lineLog } from "../../src/runtime/log.ts";
import { withoutSecrets } from "../../src/runtime/redact.ts";

const token = ["eyJhbGciOiJSUzI1NiJ9", "eyJzdWIiOiJtZWdhbiJ9", "c2lnbmF0dXJlLW9mLW5vYm9keQ"].join(".");

describe("Nothing secret and nobody's address reaches a log or a trace", () => {
  const cases: Readonly<Record<string, readonly [string, string]>> = {
    "a token": [`got ${token} from it`, "got (token) from it"],
    "a bearer header": ["Authorization: Bearer abcdefgh12345678", "Authorization: Bearer (secret)"],
    "an account key": [
      "AccountName=plgate;AccountKey=Zm9vYmFyYmF6cXV4==;EndpointSuffix=core.windows.net",
      "AccountName=plgate;AccountKey=(secret);EndpointSuffix=core.windows.net",
    ],
    "a shared access signature": [
      "https://x.blob.core.windows.net/a?sv=2024&sig=abc%2Bdef&sp=r failed",
      "https://x.blob.core.windows.net/a?sv=2024&sig=(secret)&sp=r failed",
    ],
    "a function key in an address": ["POST /runtime?code=abcd1234 said 401", "POST /runtime?code=(secret) said 401"],
    "a secret in JSON": ['{"client_secret":"s3cr3t-value"}', '{"client_secret":"(secret)"}'],
    "a mailbox": ["megan.bowen@contoso.example may not", "(mail address) may not"],
    "an address of a machine": ["connect ECONNREFUSED 10.1.2.3:443", "connect ECONNREFUSED (address):443"],
    "an id of a resource stays": [
      "/subscriptions/10000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/privateLinkServices/pls",
      "/subscriptions/10000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/privateLinkServices/pls",
    ],
    "a moment and a number stay": ["2026-11-24T12:00:00.000Z took 12.5 s", "2026-11-24T12:00:00.000Z took 12.5 s"],
  };
  for (const [name, [given, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(withoutSecrets(given), expected));
  }

  it("in the message and in every field of a line, which is cut to what a line can carry", () => {
    const lines: string[] = [];
    const sink = { info: (line: string) => lines.push(line), warn: () => {}, error: () => {} };
    lineLog(sink, { correlation: "c-1" }).info(`got ${token}`, {
      why: "mail megan@contoso.example",
      long: "x".repeat(9000),
    });
    const line = JSON.parse(lines[0] ?? "");
    assert.deepEqual(
      { ...line, long: line.long.length },
      { message: "got (token)", correlation: "c-1", why: "mail (mail address)", long: 2001 },
    );
  });

  it("in no time that a stranger could make long", () => {
    const began = performance.now();
    for (const text of ["a@".repeat(50_000), "eyJ".repeat(50_000), "?sig".repeat(50_000), "1.".repeat(50_000)]) {
      withoutSecrets(text);
    }
    assert.ok(performance.now() - began < 500);
  });
});
