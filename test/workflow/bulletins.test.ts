import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { robot } from "../../src/decision/decision.ts";
import type { OutboxEntry } from "../../src/ledger/commit.ts";
import type { Json, NewEvent } from "../../src/ledger/event.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { tellBulletin } from "../../src/workflow/bulletins.ts";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, noon } from "../builders.ts";
import { mortal } from "./mortal-host.ts";
import { reviewers, type Stage, stage } from "./stage.ts";

const chain = serviceKey(aServiceRef().id);
const [first, second] = ["19:approvals@thread.tacv2", "19:second@thread.tacv2"];

function news(what: string, detail: Json = {}, connectionId: string | null = null): NewEvent {
  return {
    ...{ kind: "drift-detected", time: noon, who: robot, door: "timer", what, why: null, detail, connectionId },
    ...{ serviceId: aServiceRef().id, requestId: null, consumerSubscriptionId: null, linkIdentifier: null },
    correlation: "c",
  };
}

async function told(ports: Stage, ...events: readonly NewEvent[]): Promise<OutboxEntry> {
  const noted = await ports.ledger.note({ key: "n", chain, after: null, events, tell: true });
  const entry = noted.kind === "noted" ? noted.outbox.find(({ kind }) => kind === "tell") : undefined;
  assert.ok(entry);
  return entry;
}

function said(ports: Stage): readonly string[] {
  return ports.notifier.bulletins.map(({ bulletin, place }) => `${place.id}: ${bulletin.what}`);
}

describe("A bulletin", () => {
  it("is told once in the fallback place, however often it is dispatched and by how many hosts", async () => {
    const ports = stage();
    const entry = await told(ports, news("One."));
    await Promise.all(Array.from({ length: 5 }, () => tellBulletin(entry, ports)));
    assert.equal(await tellBulletin(entry, ports), true);
    assert.deepEqual(said(ports), [`${first}: One.`]);
  });

  it("goes where the people are whom its event names", async () => {
    const ports = stage();
    ports.notifier.channels = [first, second];
    const groups = [{ group: reviewers, name: "network", approvals: 2, channels: [second] }];
    const entry = await told(ports, news("One.", { reviewers: groups }));
    assert.equal(await tellBulletin(entry, ports), true);
    assert.deepEqual(said(ports), [`${second}: One.`]);
  });

  it("is told in the fallback place where that of its people takes nothing", async () => {
    const ports = stage();
    ports.notifier.channels = [first, second];
    ports.notifier.closed.add(second);
    const groups = [{ group: reviewers, name: "network", approvals: 2, channels: [second] }];
    assert.equal(await tellBulletin(await told(ports, news("One.", { reviewers: groups })), ports), true);
    assert.deepEqual(said(ports), [`${first}: One.`]);
  });

  it("waits for nobody where there is no place at all, and says so in the log", async () => {
    const ports = stage();
    ports.notifier.mode = "nowhere";
    assert.equal(await tellBulletin(await told(ports, news("One.")), ports), true);
    assert.ok(ports.log.lines.some(({ message }) => message === "no channel is told of an event"));
  });

  it("stays in the outbox while Teams cannot be reached, and is told then", async () => {
    const ports = stage();
    ports.notifier.mode = "unreachable";
    await told(ports, news("One."));
    ports.clock.advance(60);
    await dispatchLeftOver(ports);
    assert.equal((await ports.outbox.waiting()).count, 1);
    ports.notifier.mode = "shown";
    ports.clock.advance(120);
    await dispatchLeftOver(ports);
    assert.deepEqual([said(ports), (await ports.outbox.waiting()).count], [[`${first}: One.`], 0]);
  });

  it("is told in each place that has missed it, and in no other again", async () => {
    const ports = stage();
    [ports.notifier.channels, ports.notifier.webhooks] = [[first], ["ops"]];
    const groups = [{ group: reviewers, name: "network", approvals: 1, channels: [first, "ops"] }];
    const entry = await told(ports, news("One.", { reviewers: groups }));
    const { bulletin } = ports.notifier;
    let isDown = true;
    ports.notifier.bulletin = async (shown, place) => {
      if (place.id === "ops" && isDown) throw new Error("the webhook does not answer");
      return bulletin.call(ports.notifier, shown, place);
    };
    assert.equal(await tellBulletin(entry, ports), false);
    isDown = false;
    ports.clock.advance(120);
    assert.equal(await tellBulletin(entry, ports), true);
    assert.deepEqual(said(ports), [`${first}: One.`, "ops: One."]);
  });

  it("tells what was found at several connections as one, and other events one by one", async () => {
    const several = stage();
    const [one, other] = [aConnectionRef("pe-1.1").id, aConnectionRef("pe-2.1").id];
    await tellBulletin(await told(several, news("Found.", {}, one), news("Found.", {}, other)), several);
    assert.deepEqual(said(several), [`${first}: 2 connections were found: Found.`]);
    const apart = stage();
    await tellBulletin(await told(apart, news("One."), news("Two.")), apart);
    assert.deepEqual(said(apart), [`${first}: One.`, `${first}: Two.`]);
  });

  it("is told once, and twice only by a host that died before it could keep that it was", async () => {
    for (const moment of ["before", "after"] as const) {
      for (let calls = 1; ; calls += 1) {
        const ports = stage();
        const entry = await told(ports, news("One."));
        const host = mortal<Ports>(ports, ["ledger", "cards", "notifier"], calls, moment);
        await tellBulletin(entry, host.ports).catch(() => undefined);
        if (!host.died()) break;
        ports.clock.advance(120);
        assert.equal(await tellBulletin(entry, ports), true, `killed ${moment} call ${calls}`);
        const times = said(ports).length;
        assert.ok(times === 1 || times === 2, `told ${times} times: killed ${moment} call ${calls}`);
      }
    }
  });
});
