import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { addCounted } from "../../src/policy/counted-time.ts";
import type { CountedHours } from "../../src/policy/review-terms.ts";
import { type Weekday, weekdays, weeklyWindow } from "../../src/policy/windows.ts";

const minute = 60_000;
const workdays: readonly Weekday[] = ["mon", "tue", "wed", "thu", "fri"];

function hours(change: Partial<CountedHours> = {}): CountedHours {
  return { name: "office", days: workdays, from: 9 * 60, to: 17 * 60, timezone: "Europe/Stockholm", ...change };
}

function after(start: string, minutes: number, counted: CountedHours | null): string {
  return new Date(addCounted(Date.parse(start), minutes, counted)).toISOString();
}

describe("Counted time", () => {
  const night = hours({ days: ["fri"], from: 22 * 60, to: 6 * 60 });
  const everyNight = hours({ days: weekdays, from: 1 * 60, to: 4 * 60 });
  const allDay = hours({ days: ["sat"], from: 0, to: 0 });
  const cases: Readonly<Record<string, readonly [string, number, CountedHours | null, string]>> = {
    "runs on without hours": ["2026-11-27T16:00:00Z", 480, null, "2026-11-28T00:00:00.000Z"],
    "stands still over a weekend": ["2026-11-27T15:00:00Z", 120, hours(), "2026-11-30T09:00:00.000Z"],
    "begins when the window opens": ["2026-11-28T11:00:00Z", 60, hours(), "2026-11-30T09:00:00.000Z"],
    "ends with the window rather than with the next one": [
      ...(["2026-11-27T08:00:00Z", 480, hours()] as const),
      "2026-11-27T16:00:00.000Z",
    ],
    "of no length is over at once": ["2026-11-28T11:00:00Z", 0, hours(), "2026-11-28T11:00:00.000Z"],
    "keeps seconds": ["2026-11-27T15:59:30.250Z", 1, hours(), "2026-11-30T08:00:30.250Z"],
    "past midnight belongs to the day on which it began": [
      ...(["2026-11-28T04:00:00Z", 120, night] as const),
      "2026-12-04T22:00:00.000Z",
    ],
    "lasts a whole day from midnight to midnight": [
      ...(["2026-11-27T12:00:00Z", 1440, allDay] as const),
      "2026-11-28T23:00:00.000Z",
    ],
    "skips the hour that the clock skips": [
      ...(["2026-03-28T23:30:00Z", 150, everyNight] as const),
      "2026-03-29T23:30:00.000Z",
    ],
    "counts the hour twice that the clock repeats": [
      ...(["2026-10-24T22:00:00Z", 240, everyNight] as const),
      "2026-10-25T03:00:00.000Z",
    ],
  };
  for (const [name, [start, minutes, counted, end]] of Object.entries(cases)) {
    it(name, () => assert.equal(after(start, minutes, counted), end));
  }

  it("never comes in a window that is never open", () => {
    assert.equal(addCounted(0, 1, hours({ days: [] })), Number.POSITIVE_INFINITY);
  });

  it("is given up when it would take more than ten years", () => {
    const hardly = hours({ days: ["mon"], from: 9 * 60, to: 9 * 60 + 1 });
    assert.equal(addCounted(Date.parse("2026-11-27T00:00:00Z"), 60 * 24 * 90, hardly), Number.POSITIVE_INFINITY);
    assert.ok(Number.isFinite(addCounted(Date.parse("2026-11-27T00:00:00Z"), 500, hardly)));
  });

  it("is found fast: ninety days of office hours, a hundred times, in less than five seconds", () => {
    const start = performance.now();
    for (let n = 0; n < 100; n += 1) addCounted(Date.parse("2026-11-27T00:00:00Z") + n, 90 * 24 * 60, hours());
    assert.ok(performance.now() - start < 5_000);
  });
});

describe("Counted time and a walk minute by minute", () => {
  // Around the days on which clocks are changed; Lord Howe changes its by half an hour.
  const changes: Readonly<Record<string, readonly string[]>> = {
    "Europe/Stockholm": ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"],
    "America/New_York": ["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z"],
    "Australia/Lord_Howe": ["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"],
    "Asia/Tokyo": ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"],
  };
  const clockTime = fc.integer({ min: 0, max: 24 * 60 - 1 });

  for (const [timezone, instants] of Object.entries(changes)) {
    it(`agree on ${timezone}`, () => {
      const given = fc.record({
        change: fc.constantFrom(...instants),
        before: fc.integer({ min: -2 * 24 * 60, max: 4 * 24 * 60 }),
        minutes: fc.integer({ min: 1, max: 20 * 60 }),
        from: clockTime,
        to: clockTime,
        days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
      });
      fc.assert(
        fc.property(given, ({ change, before, minutes, from, to, days }) => {
          const start = Date.parse(change) - before * minute;
          const counted = hours({ timezone, from, to, days });
          const walked = walk(start, minutes, counted);
          if (walked === undefined) return;
          assert.equal(new Date(addCounted(start, minutes, counted)).toISOString(), new Date(walked).toISOString());
        }),
        { numRuns: 150 },
      );
    });

    it(`adds up on ${timezone}, whatever the millisecond`, () => {
      const start = fc.integer({ min: Date.parse("2026-01-01T00:00:00Z"), max: Date.parse("2027-01-01T00:00:00Z") });
      const part = fc.integer({ min: 1, max: 50 * 60 });
      fc.assert(
        fc.property(start, part, part, (begin, one, other) => {
          const counted = hours({ timezone });
          const inParts = addCounted(addCounted(begin, one, counted), other, counted);
          assert.equal(inParts, addCounted(begin, one + other, counted));
        }),
        { numRuns: 100 },
      );
    });
  }
});

/** The plain way; undefined when it leads too far for a test. */
function walk(start: number, minutes: number, counted: CountedHours): number | undefined {
  const { contains } = weeklyWindow(counted);
  let left = minutes;
  for (let instant = start; instant < start + 15 * 24 * 60 * minute; instant += minute) {
    if (contains(instant)) left -= 1;
    if (left === 0) return instant + minute;
  }
  return undefined;
}
