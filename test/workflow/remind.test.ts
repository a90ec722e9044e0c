import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatch } from "../../src/workflow/dispatch-outbox.ts";
import { change, channelStage, commit, everybody, network, recover, security, shownIn } from "./shown.ts";

const waiting = "awaiting-decision";

describe("A reminder", () => {
  it("is given once below each card and in each webhook, for each step", async () => {
    const ports = channelStage();
    await change({}, ports);
    for (const step of ["half", "nine-tenths"] as const) {
      const entries = await commit({}, ports, { remind: step });
      await Promise.all([dispatch(entries, ports), dispatch(entries, ports), dispatch(entries, ports)]);
      await recover(ports);
    }
    const given = ports.notifier.reminded.map(({ place, step }) => `${place.id} ${step}`).sort();
    assert.deepEqual(
      given,
      [network, security, "ops"].flatMap((place) => [`${place} half`, `${place} nine-tenths`]).sort(),
    );
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("is given to nobody once the request is decided", async () => {
    const ports = channelStage();
    await change({}, ports);
    await change({ state: "approving" }, ports, { remind: "half" });
    assert.deepEqual(ports.notifier.reminded, []);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("makes a card stand elsewhere whose thread is gone", async () => {
    const ports = channelStage();
    await change({}, ports);
    const entries = await commit({}, ports, { remind: "half" });
    await dispatch(
      entries.filter(({ kind }) => kind !== "remind"),
      ports,
    );
    ports.notifier.closed.add(security);
    await dispatch(
      entries.filter(({ kind }) => kind === "remind"),
      ports,
    );
    assert.deepEqual(await shownIn(ports), { [network]: waiting, [everybody]: waiting, ops: "told" });
  });

  it("stays in the outbox where it cannot be given now, and is given elsewhere", async () => {
    const ports = channelStage();
    await change({}, ports);
    const { remind } = ports.notifier;
    ports.notifier.remind = async (view, standing, step) => {
      if (standing.place.id === network) throw new Error("429");
      return remind.call(ports.notifier, view, standing, step);
    };
    await change({}, ports, { remind: "half" });
    assert.deepEqual(ports.notifier.reminded.map(({ place }) => place.id).sort(), [security, "ops"].sort());
    ports.notifier.remind = remind;
    await recover(ports);
    assert.equal(ports.notifier.reminded.length, 3);
    assert.equal((await ports.outbox.waiting()).count, 0);
  });

  it("that nobody can read from its event stays where it can be seen", async () => {
    const ports = channelStage();
    await change({}, ports);
    const entries = await commit({}, ports);
    const [entry] = entries;
    assert.ok(entry);
    await dispatch([{ ...entry, kind: "remind" }], ports);
    assert.match(JSON.stringify(ports.log.lines), /which reminder it is cannot be found/);
  });
});
