import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Answer, afterAttempt, defaultRetryPolicy } from "./retry-schedule.ts";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe("the wait after a failed attempt", () => {
  const waits: readonly [attempt: number, waitMs: number, sentence: string][] = [
    [1, 10 * second, "is ten seconds after the first"],
    [2, 30 * second, "is half a minute after the second"],
    [3, minute, "is a minute after the third"],
    [4, 5 * minute, "is five minutes after the fourth"],
    [5, 10 * minute, "is ten minutes after the fifth"],
    [6, 30 * minute, "is half an hour after the sixth"],
    [7, hour, "is an hour after the seventh"],
    [8, 3 * hour, "is three hours after the eighth"],
    [9, 6 * hour, "is six hours after the ninth"],
    [10, 12 * hour, "is twelve hours after the tenth"],
    [29, 12 * hour, "stays twelve hours"],
  ];
  for (const [attempt, waitMs, sentence] of waits) {
    it(sentence, () => assert.deepEqual(afterAttempt(500, attempt, 0, defaultRetryPolicy), { kind: "retry", waitMs }));
  }
});

describe("an answer to an attempt", () => {
  const tenSeconds = { kind: "retry", waitMs: 10 * second };
  const clientError = { kind: "given-up", reason: "UndeliverableDueToClientError" };
  const cases: Readonly<Record<string, readonly [Answer, object]>> = {
    "200 is a delivery": [200, { kind: "delivered" }],
    "201 is a delivery": [201, { kind: "delivered" }],
    "202 is a delivery": [202, { kind: "delivered" }],
    "203 is a delivery": [203, { kind: "delivered" }],
    "204 is a delivery": [204, { kind: "delivered" }],
    "205 is a failure": [205, tenSeconds],
    "a redirect is a failure": [302, tenSeconds],
    "400 is not retried": [400, clientError],
    "401 is not retried": [401, clientError],
    "403 is not retried": [403, clientError],
    "413 is not retried": [413, clientError],
    "404 is retried": [404, tenSeconds],
    "429 is retried": [429, tenSeconds],
    "500 is retried": [500, tenSeconds],
    "408 is given two minutes": [408, { kind: "retry", waitMs: 2 * minute }],
    "503 is given half a minute": [503, { kind: "retry", waitMs: 30 * second }],
    "no answer in time is retried": ["timed-out", tenSeconds],
    "an endpoint that is not there is retried": ["unreachable", tenSeconds],
  };
  for (const [sentence, [answer, expected]] of Object.entries(cases)) {
    it(sentence, () => assert.deepEqual(afterAttempt(answer, 1, 0, defaultRetryPolicy), expected));
  }

  it("never shortens the schedule: a late 503 waits as long as any other failure", () => {
    assert.deepEqual(afterAttempt(503, 8, 0, defaultRetryPolicy), { kind: "retry", waitMs: 3 * hour });
  });
});

describe("the end of retries", () => {
  it("comes with the last attempt that the policy allows", () => {
    const policy = { ...defaultRetryPolicy, maxDeliveryAttempts: 3 };
    assert.equal(afterAttempt(500, 2, 0, policy).kind, "retry");
    assert.deepEqual(afterAttempt(500, 3, 0, policy), { kind: "given-up", reason: "MaxDeliveryAttemptsExceeded" });
  });

  it("comes when the event would not live to see the next attempt", () => {
    const policy = { ...defaultRetryPolicy, eventTimeToLiveInMinutes: 2 };
    assert.equal(afterAttempt(500, 3, minute, policy).kind, "retry");
    assert.deepEqual(afterAttempt(500, 3, minute + 1, policy), { kind: "given-up", reason: "TimeToLiveExceeded" });
  });

  it("comes by default within a day, after eleven attempts in all", () => {
    let ageMs = 0;
    for (let attempts = 1; ; attempts++) {
      const next = afterAttempt("unreachable", attempts, ageMs, defaultRetryPolicy);
      if (next.kind !== "retry") {
        assert.deepEqual([attempts, next], [11, { kind: "given-up", reason: "TimeToLiveExceeded" }]);
        return;
      }
      ageMs += next.waitMs;
    }
  });
});
