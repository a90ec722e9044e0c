import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isTimezone, rangeWindow, type WeeklyHours, weekdays, weeklyWindow } from "../../src/policy/windows.ts";

const workdays = ["mon", "tue", "wed", "thu", "fri"] as const;
const office: WeeklyHours = { days: workdays, from: 8 * 60, to: 18 * 60, timezone: "Europe/Stockholm" };
const night: WeeklyHours = { days: ["fri"], from: 22 * 60, to: 6 * 60, timezone: "Europe/Stockholm" };

function contains(hours: WeeklyHours, instant: string): boolean {
  return weeklyWindow(hours).contains(Date.parse(instant));
}

describe("weekly hours", () => {
  const cases: Readonly<Record<string, readonly [WeeklyHours, string, boolean]>> = {
    "begin at their first minute": [office, "2026-11-24T07:00:00Z", true],
    "have not begun a moment before": [office, "2026-11-24T06:59:59.999Z", false],
    "end before their last minute": [office, "2026-11-24T17:00:00Z", false],
    "hold until then": [office, "2026-11-24T16:59:59.999Z", true],
    "do not hold on another day": [office, "2026-11-22T10:00:00Z", false],
    "go by the day of the zone, not of UTC": [{ ...office, from: 0, to: 60 }, "2026-11-22T23:30:00Z", true],
    "past midnight begin on their day": [night, "2026-11-27T22:00:00Z", true],
    "past midnight go on into the next": [night, "2026-11-28T04:59:59Z", true],
    "past midnight end there": [night, "2026-11-28T05:00:00Z", false],
    "past midnight do not hold in the morning of their own day": [night, "2026-11-27T03:00:00Z", false],
    "from a time to the same time last a day": [{ ...night, from: 0, to: 0 }, "2026-11-27T12:00:00Z", true],
    "of a whole day end with it": [{ ...night, from: 0, to: 0 }, "2026-11-27T23:00:00Z", false],
    "follow summer time: 08:00 is 06:00 UTC in July": [office, "2026-07-07T06:00:00Z", true],
    "follow winter time: 06:00 UTC is 07:00 in November": [office, "2026-11-24T06:00:00Z", false],
  };
  for (const [name, [hours, instant, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(contains(hours, instant), expected));
  }
});

describe("the night when the clock is set forward", () => {
  // Stockholm, 29 March 2026: 01:59:59 is followed by 03:00:00, at 01:00 UTC.
  const early: WeeklyHours = { days: ["sun"], from: 2 * 60 + 30, to: 4 * 60, timezone: "Europe/Stockholm" };
  const cases: Readonly<Record<string, readonly [string, boolean]>> = {
    "hours that begin in the gap have not begun before it": ["2026-03-29T00:59:59Z", false],
    "and have begun right after it": ["2026-03-29T01:00:00Z", true],
    "and end by the new time": ["2026-03-29T02:00:00Z", false],
  };
  for (const [name, [instant, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(contains(early, instant), expected));
  }

  it("hours that lie in the gap are none that night, and are there a week later", () => {
    const gap: WeeklyHours = { ...early, from: 2 * 60, to: 3 * 60 };
    const window = weeklyWindow(gap);
    const midnight = Date.parse("2026-03-28T23:00:00Z");
    const minutes = Array.from({ length: 24 * 60 }, (_, minute) => midnight + minute * 60_000);
    assert.equal(minutes.filter(window.contains).length, 0);
    assert.equal(window.contains(Date.parse("2026-04-05T00:30:00Z")), true);
  });
});

describe("the night when the clock is set back", () => {
  // Stockholm, 25 October 2026: 02:59:59 is followed by 02:00:00, at 01:00 UTC.
  const repeated: WeeklyHours = { days: ["sun"], from: 2 * 60, to: 3 * 60, timezone: "Europe/Stockholm" };

  it("hours in the repeated hour are there twice", () => {
    const window = weeklyWindow(repeated);
    const midnight = Date.parse("2026-10-24T22:00:00Z");
    const minutes = Array.from({ length: 25 * 60 }, (_, minute) => midnight + minute * 60_000);
    assert.equal(minutes.filter(window.contains).length, 120);
  });

  it("and end with the second", () => {
    assert.equal(contains(repeated, "2026-10-25T01:59:59Z"), true);
    assert.equal(contains(repeated, "2026-10-25T02:00:00Z"), false);
  });
});

describe("weekly hours in any zone", () => {
  const zones = ["Europe/Stockholm", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns"];
  const year = { min: Date.parse("2026-01-01T00:00:00Z"), max: Date.parse("2026-12-31T23:59:59Z") };

  it("agree with what the wall clock shows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer(year),
        fc.constantFrom(...weekdays),
        (timezone, instant, day) => {
          const hours: WeeklyHours = { days: [day], from: 90, to: 200, timezone };
          const format = {
            timeZone: timezone,
            weekday: "short",
            hour: "2-digit",
            minute: "2-digit",
            hourCycle: "h23",
          } as const;
          const shown = new Intl.DateTimeFormat("en-US", format).format(instant);
          const [, name, hour, minute] = /^(\w{3}),? (\d\d):(\d\d)$/.exec(shown) ?? assert.fail(shown);
          const passed = Number(hour) * 60 + Number(minute);
          const expected = name?.toLowerCase() === day && passed >= 90 && passed < 200;
          assert.equal(weeklyWindow(hours).contains(instant), expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("give the same answer in whatever order they are asked", () => {
    const window = weeklyWindow(office);
    const instants = ["2026-03-29T00:30:00Z", "2026-11-24T08:00:00Z", "2026-03-29T01:30:00Z"].map(Date.parse);
    const forwards = instants.map(window.contains);
    const backwards = instants.toReversed().map(window.contains).reverse();
    assert.deepEqual(forwards, backwards);
  });
});

describe("a range", () => {
  const window = rangeWindow(1_000, 2_000);
  it("holds its first instant and not its last", () => {
    assert.deepEqual([999, 1_000, 1_999, 2_000].map(window.contains), [false, true, true, false]);
  });
});

describe("isTimezone", () => {
  for (const name of ["Europe/Stockholm", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"]) {
    it(`takes ${name}`, () => assert.equal(isTimezone(name), true));
  }
  for (const name of ["Europe/Stokholm", "+01:00", "", "Mars/Olympus", "../etc", "__proto__"]) {
    it(`refuses ${JSON.stringify(name)}`, () => assert.equal(isTimezone(name), false));
  }
});
