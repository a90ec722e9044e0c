import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkHealth, type HostSight } from "../../src/workflow/check-health.ts";
import { eventCount } from "../../src/workflow/event-count.ts";
import { parkedAlarm } from "../../src/workflow/parked-alarm.ts";
import { step } from "../builders.ts";
import { FakeLog } from "../fakes/log.ts";
import { fakePorts } from "../fakes/ports.ts";

const since = new Date("2026-11-24T09:00:00Z");

async function look(name: string, sight: Partial<HostSight> = {}, ports = fakePorts()) {
  const parked = { waiting: async () => ({ count: 0, oldest: null }) };
  const events = () => ({ since, lastAt: null, taken: 0, ignored: 0 });
  const quiet = { parked, arm: () => ({ resting: [], least: undefined }), events, newer: () => [] };
  const { checks } = await checkHealth(ports, undefined, { ...quiet, ...sight });
  const check = checks.find((one) => one.name === name);
  return [check?.status, check?.detail] as const;
}

describe("Health of a host", () => {
  it("says what ARM is not asked for, why and for how long, and what is left of the tightest bucket", async () => {
    const least = { subscriptionId: "sub-1", kind: "writes", remaining: 12 };
    assert.deepEqual(await look("arm", { arm: () => ({ resting: [], least }) }), [
      "healthy",
      "this host reads every service; 12 writes left in sub-1",
    ]);
    const resting = Array.from({ length: 7 }, (_, n) => ({ what: `sub-${n}`, why: "403", seconds: 60 }));
    const [status, detail] = await look("arm", { arm: () => ({ resting, least: undefined }) });
    assert.equal(status, "degraded");
    assert.match(detail ?? "", /^not read by this host: sub-0 for 60 s: 403; .*sub-4 for 60 s: 403; and 2 more$/);
  });

  it("says when the last event came to it, and takes silence for no fault", async () => {
    const of = "this host, which runs since 2026-11-24T09:00:00.000Z";
    assert.deepEqual(await look("events"), ["healthy", `no event that asks for a look has come to ${of}`]);
    const ports = fakePorts();
    const count = eventCount(ports.clock);
    for (const kind of ["taken", "taken", "ignored"] as const) count.take(kind);
    ports.clock.advance(5 * 60);
    count.take("ignored");
    assert.deepEqual(await look("events", { events: () => ({ ...count.sight(), since }) }, ports), [
      "healthy",
      `the last event came 5 minute(s) ago, one of 2 on ${of}, and 2 that concern nobody here`,
    ]);
  });

  it("counts the wake-ups that were given up", async () => {
    assert.deepEqual(await look("queue"), ["healthy", "no wake-up was given up"]);
    const parked = { waiting: async () => ({ count: 2, oldest: since }) };
    assert.deepEqual(await look("queue", { parked }), [
      "degraded",
      '2 wake-up(s) failed too often and are parked, the oldest since 2026-11-24T09:00:00.000Z: see "plgate ops parked"',
    ]);
  });

  it("names effects that do not get done", async () => {
    const ports = fakePorts();
    const committed = await ports.ledger.commit(step());
    assert.ok(committed.kind === "committed" && committed.outbox[0]);
    ports.clock.advance(24 * 3600);
    await ports.outbox.failed(committed.outbox[0], "its request cannot be found");
    const [status, detail] = await look("outbox", {}, ports);
    assert.equal(status, "degraded");
    assert.match(
      detail ?? "",
      /stuck, see "plgate ops parked": index of request .* \(0 tries\): its request cannot be found$/,
    );
  });

  it("is told in the log once for each wake-up that is given up", async () => {
    const log = new FakeLog();
    let count = 0;
    const tell = parkedAlarm({ waiting: async () => ({ count, oldest: count > 0 ? since : null }) });
    for (const next of [0, 2, 2, 3, 0, 1]) {
      count = next;
      await tell(log);
    }
    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields["count"]]),
      [2, 3, 1].map((n) => ["error", n]),
    );
  });
});
