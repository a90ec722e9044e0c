import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { documentedLimits, slidingWindows } from "../../local/teams/connector-limits.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { type Pacer, pacer } from "../../src/teams/pace.ts";
import { PacedTime } from "./paced-time.ts";

const hour = 3_600_000;

/** Calls that take `tookMs` each; notes when each began. */
function sender(time: PacedTime, pace: Pacer, tookMs = 0) {
  const begun: { readonly name: string; readonly at: number }[] = [];
  const lost: { readonly name: string; readonly at: number }[] = [];
  const send = async (name: string, { place = "a", waitMs = 2 * hour } = {}) => {
    try {
      const end = await pace.turn(place, waitMs);
      begun.push({ name, at: time.now() });
      if (tookMs > 0) await time.sleep(tookMs);
      end({ kind: "answered" });
    } catch (error) {
      assert.ok(error instanceof PlgateError && error.retryable);
      lost.push({ name, at: time.now() });
    }
  };
  return { send, begun, lost };
}

function names(count: number, prefix = "") {
  return Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
}

/** The most calls that fell into any span of this length. */
function mostWithin(ms: number, times: readonly number[]): number {
  return Math.max(0, ...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));
}

describe("pacer", () => {
  it("lets calls pass at once that are within the limits", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time));
    for (const name of names(7)) void send(name);
    await time.go(0);
    assert.equal(begun.length, 7);
  });

  for (const tookMs of [0, 80, 900]) {
    it(`keeps every documented limit for two hours of calls that take ${tookMs} ms`, async () => {
      const time = new PacedTime();
      const { send, begun } = sender(time, pacer(time), tookMs);
      for (const name of names(2_000)) void send(name);
      await time.go(1.2 * hour);
      assert.equal(begun.length, 2_000);
      const times = begun.map(({ at }) => at);
      for (const { most, withinMs } of documentedLimits) {
        assert.ok(mostWithin(withinMs, times) <= most, `${mostWithin(withinMs, times)} within ${withinMs} ms`);
      }
    });
  }

  it("holds the limits wherever within a call the Bot Connector counts it", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time), 700);
    for (const name of names(60)) void send(name);
    await time.go(120_000);
    // Counted by turns at its beginning and at its end.
    const counted = begun.map(({ at }, index) => at + (index % 2) * 700);
    for (const { most, withinMs } of documentedLimits) assert.ok(mostWithin(withinMs, counted) <= most);
  });

  it("takes hardly longer than the limits demand", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time), 50);
    for (const name of names(100)) void send(name);
    await time.go(60_000);
    // 60 in the first half minute, 40 more in the second: eight every two seconds, from 30 s on.
    const last = begun.at(-1)?.at ?? 0;
    assert.ok(begun.length === 100 && last >= 38_000 && last < 45_000, `${begun.length} until ${last} ms`);
  });

  it("serves who came first", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time));
    for (const name of names(30)) void send(name);
    await time.go(hour);
    assert.deepEqual(
      begun.map(({ name }) => name),
      names(30),
    );
  });

  it("lets no channel wait for another", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time));
    for (const name of names(20)) void send(name);
    void send("elsewhere", { place: "b" });
    await time.go(0);
    assert.deepEqual(begun.at(-1), { name: "elsewhere", at: 0 });
  });

  it("keeps the limit of the whole app over many channels", async () => {
    const time = new PacedTime();
    const { send, begun } = sender(time, pacer(time), 20);
    for (const name of names(100)) void send(name, { place: `channel ${name}` });
    await time.go(10_000);
    assert.equal(begun.length, 100);
    assert.ok(
      mostWithin(
        1_000,
        begun.map(({ at }) => at),
      ) <= 30,
    );
  });

  it("tells who would wait too long to come back later, and serves the next one instead", async () => {
    const time = new PacedTime();
    const { send, begun, lost } = sender(time, pacer(time));
    for (const name of names(8)) void send(name);
    void send("a click", { waitMs: 500 });
    void send("a queue");
    await time.go(10_000);
    assert.deepEqual(lost, [{ name: "a click", at: 500 }]);
    assert.deepEqual(begun.at(-1)?.name, "a queue");
    assert.equal(begun.length, 9);
  });
});

describe("pacer after 429", () => {
  async function refused(retryAfterMs: number | undefined, times = 1) {
    const time = new PacedTime();
    const pace = pacer(time);
    for (let time_ = 0; time_ < times; time_ += 1) {
      const end = await pace.turn("a", 0).catch(() => undefined);
      end?.({ kind: "throttled", retryAfterMs });
    }
    return { time, pace, ...sender(time, pace) };
  }

  it("lets everybody in the channel rest for as long as the answer asks", async () => {
    const { time, send, begun } = await refused(4_000);
    for (const name of names(2)) void send(name);
    void send("elsewhere", { place: "b" });
    await time.go(10_000);
    assert.deepEqual(begun, [
      { name: "elsewhere", at: 0 },
      { name: "1", at: 4_250 },
      { name: "2", at: 4_250 },
    ]);
  });

  it("rests for a second when the answer does not say", async () => {
    const { time, send, begun } = await refused(undefined);
    void send("1");
    await time.go(10_000);
    assert.equal(begun[0]?.at, 1_250);
  });

  it("refuses at once who cannot wait that long", async () => {
    const { time, send, lost } = await refused(60_000);
    void send("1", { waitMs: 45_000 });
    await time.go(0);
    assert.deepEqual(lost, [{ name: "1", at: 0 }]);
  });

  it("plans for half afterwards, and for all again after minutes without a refusal", async () => {
    const { time, send, begun } = await refused(0);
    await time.go(1_500);
    for (const name of names(20)) void send(name);
    await time.go(500);
    assert.equal(begun.length, 3, "of seven in a second");
    await time.go(150_000);
    assert.equal(begun.length, 20);
    for (const name of names(7)) void send(name);
    await time.go(0);
    assert.equal(begun.length, 27);
  });

  it("counts refusals of calls that were under way together as one", async () => {
    const time = new PacedTime();
    const pace = pacer(time);
    const ends = await Promise.all(names(6).map(() => pace.turn("a", 0)));
    for (const end of ends) end({ kind: "throttled", retryAfterMs: 0 });
    await time.go(3_000);
    const { send, begun } = sender(time, pace);
    for (const name of names(7)) void send(name);
    await time.go(500);
    assert.equal(begun.length, 3);
  });

  it("never stops altogether, however often it was refused", async () => {
    const time = new PacedTime();
    const pace = pacer(time);
    for (let round = 0; round < 10; round += 1) {
      const turn = pace.turn("a", hour);
      await time.go(120_000);
      (await turn)({ kind: "throttled", retryAfterMs: undefined });
    }
    const { send, begun } = sender(time, pace);
    for (const name of names(10)) void send(name);
    await time.go(hour);
    assert.equal(begun.length, 10);
  });
});

describe("two pacers that do not know of each other", () => {
  it("bring all through one limited Bot Connector, with few refusals", async () => {
    const time = new PacedTime();
    const windows = slidingWindows(documentedLimits);
    const arrived: string[] = [];
    let refusals = 0;
    const host = (pace: Pacer) => async (name: string) => {
      for (;;) {
        const end = await pace.turn("a", hour);
        await time.sleep(40);
        const retryAfterMs = windows.ask("a", time.now());
        await time.sleep(40);
        if (retryAfterMs === undefined) {
          arrived.push(name);
          end({ kind: "answered" });
          return;
        }
        refusals += 1;
        end({ kind: "throttled", retryAfterMs: Math.ceil(retryAfterMs / 1000) * 1000 });
      }
    };
    const [one, other] = [host(pacer(time)), host(pacer(time))];
    const all = [...names(100, "one ").map(one), ...names(100, "other ").map(other)];
    let done = 0;
    void Promise.all(all).then(() => {
      done = time.now();
    });
    await time.go(300_000);
    assert.equal(new Set(arrived).size, 200);
    // Never more than 60 in half a minute means that the last one comes after 98 s at the earliest.
    assert.ok(done > 90_000 && done < 150_000, `all done after ${done} ms`);
    assert.ok(refusals <= 20, `${refusals} refusals`);
    // Neither is starved.
    const half = arrived.slice(0, 100).filter((name) => name.startsWith("one")).length;
    assert.ok(half > 25 && half < 75, `${half} of the first hundred`);
  });
});
