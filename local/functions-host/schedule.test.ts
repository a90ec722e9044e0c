import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isSubMinute, parseSchedule } from "./schedule.ts";

/** Local times, because schedules are in the local time zone. */
const noon = new Date("2026-03-04T12:00:00");

describe("schedules of timers", () => {
  const occurrences: Record<string, readonly [string, string]> = {
    "every second": ["* * * * * *", "2026-03-04T12:00:01"],
    "five fields start at second 0": ["*/5 * * * *", "2026-03-04T12:05:00"],
    "ranges, lists and steps": ["30 10-20/5,50 * * * *", "2026-03-04T12:10:30"],
    "an hour that has passed waits for tomorrow": ["0 0 3 * * *", "2026-03-05T03:00:00"],
    "names of days; 4 March 2026 is a Wednesday": ["0 0 9 * * MON-TUE", "2026-03-09T09:00:00"],
    "names of months and a leap day": ["0 0 0 29 FEB *", "2028-02-29T00:00:00"],
    "day and weekday both have to match": ["0 0 0 13 * FRI", "2026-03-13T00:00:00"],
    "a start with a step": ["0 7/20 * * * *", "2026-03-04T12:07:00"],
    "a time span counts from now": ["01:30:00", "2026-03-04T13:30:00"],
  };
  for (const [name, [schedule, expected]] of Object.entries(occurrences)) {
    it(`27. ${name}`, () => assert.deepEqual(parseSchedule(schedule).next(noon), new Date(expected)));
  }

  it("27. what is no schedule is refused, and one that never comes has no next time", () => {
    for (const schedule of [
      "",
      "* * *",
      "61 * * * * *",
      "5-1 * * * * *",
      "0 0 0 0 * *",
      "24:00:00",
      "x * * * * *",
      "*/0 * * * * *",
    ])
      assert.throws(() => parseSchedule(schedule), /schedule|NCRONTAB/, schedule);
    assert.equal(parseSchedule("0 0 0 30 FEB *").next(noon), undefined);
  });

  it("28. a schedule is sub-minute if two occurrences lie less than a minute apart", () => {
    assert.equal(isSubMinute(parseSchedule("*/30 * * * * *"), noon), true);
    assert.equal(isSubMinute(parseSchedule("0 * * * * *"), noon), false);
  });
});
