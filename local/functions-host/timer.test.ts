import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it, type TestContext } from "node:test";
import { app, type Timer, type TimerFunctionOptions } from "@azure/functions";
import { type Azurite, startAzurite } from "../storage/azurite.ts";
import { retryDelays } from "./retry.ts";
import { setSetting, startTestHost, type TestHostOptions, until } from "./test-host.ts";
import { timerLeases } from "./timer-lease.ts";
import { readTimerStatus } from "./timer-status.ts";

let azurite: Azurite;
before(async () => {
  azurite = await startAzurite({ inMemory: true });
});
after(() => azurite.stop());

type Given = Omit<TimerFunctionOptions, "handler"> & {
  readonly handler?: TimerFunctionOptions["handler"];
  readonly name?: string;
};

/** A host with one timer, its own name in the lock table unless given; `runs` holds what the function got. */
async function startTimerHost(
  t: TestContext,
  { name = `timer-${randomUUID()}`, handler, ...given }: Given,
  options: TestHostOptions = {},
) {
  const runs: Timer[] = [];
  const register = () =>
    app.timer(name, {
      ...given,
      handler: (timer, context) => {
        runs.push(timer);
        return handler?.(timer, context);
      },
    });
  const host = await startTestHost(t, register, { storageConnectionString: azurite.connectionString, ...options });
  return { ...host, name, runs, successes: () => host.lines.filter((line) => line.includes("succeeded")).length };
}

function testClock(start: string) {
  let time = Date.parse(start);
  return {
    now: () => new Date(time),
    advance: (minutes: number): void => {
      time += minutes * 60_000;
    },
  };
}
/** A local time, because schedules are in the local time zone. */
const local = (text: string): Date => new Date(text);
const iso = (text: string): string => local(text).toISOString();

const noon = "2026-03-04T12:00:00";

describe("timer triggers of the local functions host", () => {
  it("27. a setting in percent signs is put in, and one that is not set stops the start", async (t) => {
    await assert.rejects(startTimerHost(t, { schedule: "%NO_SCHEDULE%" }), /needs the setting NO_SCHEDULE/);
    setSetting(t, "SWEEP_SCHEDULE", "00:00:00.2");
    const host = await startTimerHost(t, { schedule: "%SWEEP_SCHEDULE%" });
    await until("it ran twice", () => host.successes() >= 2);
    assert.equal(host.runs[0]?.schedule.adjustForDST, false);
  });

  it("28. the status is kept in a file, except for timers that run more often than once a minute or say so", async (t) => {
    const clock = testClock(noon);
    const host = await startTimerHost(t, { schedule: "0 */5 * * * *" }, { now: clock.now });
    await until("the next run is known", async () => (await readTimerStatus(host.stateDir, host.name)) !== undefined);
    assert.deepEqual(await readTimerStatus(host.stateDir, host.name), {
      Next: iso("2026-03-04T12:05:00"),
      LastUpdated: iso(noon),
    });
    clock.advance(5);
    await until("the run is noted", async () => (await readTimerStatus(host.stateDir, host.name))?.Last !== undefined);
    const after = {
      Last: iso("2026-03-04T12:05:00"),
      Next: iso("2026-03-04T12:10:00"),
      LastUpdated: iso("2026-03-04T12:05:00"),
    };
    assert.deepEqual(await readTimerStatus(host.stateDir, host.name), after);
    assert.deepEqual(host.runs, [
      {
        schedule: { adjustForDST: true },
        scheduleStatus: { last: "0001-01-01T00:00:00", next: iso("2026-03-04T12:05:00"), lastUpdated: iso(noon) },
        isPastDue: false,
      },
    ]);

    for (const given of [{ schedule: "00:00:59" }, { schedule: "01:00:00", useMonitor: false }]) {
      const quick = await startTimerHost(t, { ...given, runOnStartup: true });
      await until("it ran", () => quick.successes() === 1);
      await quick.stop();
      assert.equal(await readTimerStatus(quick.stateDir, quick.name), undefined);
    }
  });

  it("29. a missed occurrence runs once at start, past due; a changed schedule forgets it; else runOnStartup decides", async (t) => {
    const clock = testClock(noon);
    const first = await startTimerHost(t, { schedule: "0 */5 * * * *" }, { now: clock.now });
    await until("the next run is known", async () => (await readTimerStatus(first.stateDir, first.name)) !== undefined);
    await first.stop();
    const restart = async (given: Partial<Given>) => {
      const timer = { schedule: "0 */5 * * * *", name: first.name, ...given };
      const host = await startTimerHost(t, timer, { now: clock.now, stateDir: first.stateDir });
      const noted = async () =>
        (await readTimerStatus(first.stateDir, first.name))?.LastUpdated === clock.now().toISOString();
      await until("the start is noted", noted);
      await host.stop();
      return host.runs.map(({ isPastDue }) => isPastDue);
    };
    clock.advance(17);
    assert.deepEqual(await restart({ runOnStartup: true }), [true]);
    clock.advance(17);
    assert.deepEqual(await restart({ schedule: "0 0 * * * *" }), []);
    clock.advance(1);
    assert.deepEqual(await restart({ runOnStartup: true, schedule: "0 0 * * * *" }), [false]);
  });

  it("30. runs never overlap, an error does not stop the schedule, and the next time counts from the end of a run", async (t) => {
    const clock = testClock(noon);
    const open = Promise.withResolvers<void>();
    const handler = async () => {
      await open.promise;
      throw new Error("a failed sweep");
    };
    const host = await startTimerHost(t, { schedule: "0 * * * * *", handler }, { now: clock.now });
    await until(
      "the first status is there",
      async () => (await readTimerStatus(host.stateDir, host.name)) !== undefined,
    );
    clock.advance(1);
    await until("it runs", () => host.runs.length === 1);
    clock.advance(5.5);
    open.resolve();
    await until("it failed", () => host.lines.some((line) => line.includes("a failed sweep")));
    await until(
      "its end is noted",
      async () => (await readTimerStatus(host.stateDir, host.name))?.Next === iso("2026-03-04T12:07:00"),
    );
    assert.equal(host.runs.length, 1);
    clock.advance(0.5);
    await until("it runs again", () => host.runs.length === 2);
  });

  it("30. of several hosts on one storage exactly one runs each occurrence", async (t) => {
    const clock = testClock(noon);
    const name = `timer-${randomUUID()}`;
    const hosts: Awaited<ReturnType<typeof startTimerHost>>[] = [];
    for (let count = 0; count < 3; count += 1)
      hosts.push(await startTimerHost(t, { name, schedule: "0 * * * * *" }, { now: clock.now }));
    const statuses = () => Promise.all(hosts.map(({ stateDir }) => readTimerStatus(stateDir, name)));
    await until("all wait", async () => (await statuses()).every((status) => status !== undefined));
    for (let minute = 1; minute <= 4; minute += 1) {
      clock.advance(1);
      await until("all have seen the minute", async () =>
        (await statuses()).every((status) => status?.Last === clock.now().toISOString()),
      );
    }
    assert.equal(hosts.flatMap(({ runs }) => runs).length, 4);
  });

  it("30. an occurrence whose host died in it is free again when the lease is over, and done once a run has ended", async () => {
    const name = `timer-${randomUUID()}`;
    const [dying, living] = [new AbortController(), new AbortController()];
    const claimDying = timerLeases(azurite.connectionString, dying.signal, 3_000);
    const claim = timerLeases(azurite.connectionString, living.signal, 3_000);
    assert.equal(typeof (await claimDying(name, local(noon))), "object");
    assert.equal(await claim(name, local(noon)), "busy");
    dying.abort();
    let held: Awaited<ReturnType<typeof claim>> = "busy";
    await until("it is free", async () => {
      held = await claim(name, local(noon));
      return held !== "busy";
    });
    await endOf(held);
    assert.equal(await claim(name, local(noon)), "done");
    await endOf(await claim(name, local("2026-03-04T12:01:00")));
  });

  it("31. a timer's retries run in memory and say which they are; other triggers only warn", async (t) => {
    const seen: unknown[] = [];
    const retry = { strategy: "fixedDelay", delayInterval: 0, maxRetryCount: 2 } as const;
    const handler: TimerFunctionOptions["handler"] = (_, { retryContext }) => {
      seen.push([retryContext?.retryCount, retryContext?.maxRetryCount, retryContext?.exception?.message]);
      throw new Error("again");
    };
    const timer = await startTimerHost(t, { schedule: "01:00:00", runOnStartup: true, retry, handler });
    await until(
      "all tries are over",
      async () => (await readTimerStatus(timer.stateDir, timer.name))?.Last !== undefined,
    );
    assert.deepEqual(seen, [
      [0, 2, undefined],
      [1, 2, "again"],
      [2, 2, "again"],
    ]);

    let runs = 0;
    const register = () =>
      app.generic("web", {
        trigger: { type: "httpTrigger", name: "request", authLevel: "anonymous", methods: ["GET"] },
        retry,
        handler: () => {
          runs += 1;
          throw new Error("once");
        },
      });
    const host = await startTestHost(t, register);
    assert.deepEqual(host.lines, [
      "warning: the retry policy of web is ignored: its trigger, httpTrigger, does not support retry",
    ]);
    assert.equal((await fetch(`${host.url}/api/web`)).status, 500);
    assert.equal(runs, 1);
  });

  it("31. waits are fixed, or grow at random between the two intervals; -1 retries for ever", async (t) => {
    const next = (delays: () => number) => [delays(), delays(), delays(), delays()];
    const fixed = { retryStrategy: "fixedDelay", maxRetryCount: 1, delayInterval: { seconds: 3 } } as const;
    const [minimumInterval, maximumInterval] = [{ seconds: 2 }, { seconds: 9 }];
    const growing = {
      retryStrategy: "exponentialBackoff",
      maxRetryCount: 1,
      minimumInterval,
      maximumInterval,
    } as const;
    assert.deepEqual(next(retryDelays(fixed)), [3_000, 3_000, 3_000, 3_000]);
    assert.deepEqual(next(retryDelays(growing, () => 0)), [2_000, 3_600, 5_200, 8_400]);
    assert.deepEqual(next(retryDelays(growing, () => 1)), [2_000, 4_400, 6_800, 9_000]);

    const handler = () => {
      throw new Error("for ever");
    };
    const retry = { strategy: "fixedDelay", delayInterval: 0, maxRetryCount: -1 } as const;
    const host = await startTimerHost(t, { schedule: "01:00:00", runOnStartup: true, retry, handler });
    await until("it was retried often", () => host.runs.length > 20);
    await host.stop();
  });
});

async function endOf(claim: Awaited<ReturnType<ReturnType<typeof timerLeases>>>): Promise<void> {
  assert.ok(typeof claim === "object", String(claim));
  await claim.end();
}
