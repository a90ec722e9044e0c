import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { durationMinutes, parseInstant } from "../../src/policy/time.ts";

describe("parseInstant", () => {
  const good = {
    "2026-12-18": "2026-12-18T00:00:00.000Z",
    "2026-12-18T10:30Z": "2026-12-18T10:30:00.000Z",
    "2026-12-18T10:30:15Z": "2026-12-18T10:30:15.000Z",
    "2026-12-18T10:30:15.285Z": "2026-12-18T10:30:15.285Z",
    "2026-12-18T10:30:15.2857999Z": "2026-12-18T10:30:15.285Z",
    "2026-12-18T10:30:15.5Z": "2026-12-18T10:30:15.500Z",
    "2026-12-18T10:30:00+02:00": "2026-12-18T08:30:00.000Z",
    "2026-12-18T00:30:00-05:30": "2026-12-18T06:00:00.000Z",
    "2028-02-29": "2028-02-29T00:00:00.000Z",
  };
  for (const [text, expected] of Object.entries(good)) {
    it(`reads ${text}`, () => assert.equal(new Date(parseInstant(text) ?? Number.NaN).toISOString(), expected));
  }

  const bad = [
    "2026-02-30",
    "2027-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-12-18T24:00:00Z",
    "2026-12-18T10:60:00Z",
    "2026-12-18T10:00:60Z",
    "2026-12-18T10:00:00",
    "2026-12-18 10:00:00Z",
    "2026-12-18T10:00:00+25:00",
    "2026-12-18T10:00:00Z ",
    "18.12.2026",
    "tomorrow",
    "",
  ];
  for (const text of bad) it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseInstant(text), undefined));
});

describe("durationMinutes", () => {
  const good = { P2W: 20_160, P14D: 20_160, PT12H: 720, PT90M: 90, P1DT12H: 2_160, PT1H30M: 90, P366D: 527_040 };
  for (const [text, expected] of Object.entries(good)) {
    it(`reads ${text}`, () => assert.equal(durationMinutes(text), expected));
  }

  const bad = ["P1M", "P1Y", "P", "PT", "P1DT", "PT5", "P1W2D", "PT1.5H", "-P1D", "p1d", "P1D ", "PT30S", "14D", ""];
  for (const text of bad) it(`refuses ${JSON.stringify(text)}`, () => assert.equal(durationMinutes(text), undefined));
});
