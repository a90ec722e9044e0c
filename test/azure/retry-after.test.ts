import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { retryAfterMs } from "../../src/azure/retry-after.ts";

const now = new Date("2026-11-24T10:00:00Z");

describe("How long an answer asks to be left alone", () => {
  const cases: Record<string, [Record<string, string>, number | undefined]> = {
    "nothing is said": [{}, undefined],
    seconds: [{ "retry-after": "7" }, 7_000],
    "at once": [{ "retry-after": "0" }, 0],
    "minutes are honoured in full: coming earlier starts a new wait": [{ "retry-after": "600" }, 600_000],
    "what no service asks for is taken for an hour": [{ "retry-after": "999999" }, 3_600_000],
    "a date": [{ "retry-after": "Tue, 24 Nov 2026 10:01:30 GMT" }, 90_000],
    "a date that is over": [{ "retry-after": "Tue, 24 Nov 2026 09:00:00 GMT" }, 0],
    "a word": [{ "retry-after": "soon" }, undefined],
    "less than nothing": [{ "retry-after": "-1" }, undefined],
    milliseconds: [{ "retry-after-ms": "50", "retry-after": "1" }, 50],
    "milliseconds by their long name": [{ "x-ms-retry-after-ms": "1500" }, 1_500],
    "seconds by Microsoft's own name": [{ "x-ms-retry-after": "3" }, 3_000],
    "an own header that is broken beside one that is not": [{ "retry-after-ms": "x", "retry-after": "2" }, 2_000],
  };
  for (const [name, [headers, ms]] of Object.entries(cases)) {
    it(`${name} → ${ms}`, () => assert.equal(retryAfterMs({ get: (header) => headers[header] }, now), ms));
  }
});
