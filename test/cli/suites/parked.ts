import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { openLedger } from "../../../src/azure/ledger.ts";
import { ParkedQueue } from "../../../src/azure/parked-queue.ts";
import { WatchTable } from "../../../src/azure/watch-table.ts";
import { parseWakeUp } from "../../../src/intake/wake-up.ts";
import { redrive } from "../../../src/workflow/redrive.ts";
import { aServiceRef, step } from "../../builders.ts";
import { FakeClock } from "../../fakes/clock.ts";
import type { LocalStack } from "../local-stack.ts";
import { run } from "../terminal.ts";

/** What was given up, shown and moved back to work: the queue that the functions host fills, and effects that keep failing. */
export function parkedSuite({ local, storage }: LocalStack): void {
  const park = (text: string) => storage().parked.sendMessage(Buffer.from(text, "utf8").toString("base64"));
  const wakeUp = (name: string) => JSON.stringify({ v: 1, serviceId: aServiceRef(name).id, door: "event" });
  const waiting = async () => {
    const { peekedMessageItems } = await storage().reviews.peekMessages({ numberOfMessages: 32 });
    return peekedMessageItems.map(({ messageText }) =>
      JSON.parse(Buffer.from(messageText, "base64").toString("utf8")).serviceId.split("/").at(-1),
    );
  };
  const parked = (...args: readonly string[]) => run(["ops", "parked", ...args, ...local()]);
  const drive = (...args: readonly string[]) => run(["ops", "redrive", ...args, ...local()]);

  describe("what was given up", () => {
    beforeEach(async () => {
      await Promise.all([storage().parked.clearMessages(), storage().reviews.clearMessages()]);
    });

    it("is nothing, as a rule", async () => {
      assert.deepEqual(await parked(), { code: 0, out: "nothing is parked at the local stack\n", err: "" });
    });

    it("is shown, moved back once for each service, and shown no more", async () => {
      await park(wakeUp("pls-parked"));
      await park(wakeUp("pls-parked"));
      await park(wakeUp("pls-other"));
      const shown = JSON.parse((await parked("--json")).out);
      assert.equal(shown.messages.count, 3);
      const dry = await drive("--dry-run");
      assert.match(dry.out, /2 service\(s\) would be woken, 0 effect\(s\) would be due again/);
      assert.deepEqual(await waiting(), []);
      const done = JSON.parse((await drive("--json")).out);
      assert.deepEqual(done.woken.length, 2);
      assert.deepEqual((await waiting()).sort(), ["pls-other", "pls-parked"]);
      assert.match((await parked()).out, /nothing is parked/);
    });

    it("stays and is shown where it is no wake-up, until somebody drops it by name", async () => {
      await park("no wake-up");
      await storage().parked.sendMessage("\u00fc not even base64");
      await park(wakeUp("pls-good"));
      const { code, out } = await drive();
      assert.equal(code, 1);
      assert.match(out, /2 message\(s\) are no wake-ups and stay:\n/);
      assert.deepEqual(await waiting(), ["pls-good"]);
      const [message] = JSON.parse((await parked("--json")).out).messages.value;
      const asked = await drive("--drop", message.id);
      assert.deepEqual([asked.code, /would be removed; add --yes/.test(asked.out)], [1, true]);
      assert.equal((await drive("--drop", message.id, "--yes")).code, 0);
      assert.equal(JSON.parse((await parked("--json")).out).messages.count, 1);
      assert.equal((await drive("--drop", message.id, "--yes")).code, 1);
    });

    it("is not lost by whoever is killed between the wake-up and the removal, nor by who cannot wake", async () => {
      await park(wakeUp("pls-killed"));
      const { services, reviews, parked: queue } = storage();
      const watch = new WatchTable(services, reviews, new FakeClock());
      const read = (text: string) => parseWakeUp(JSON.parse(text));
      const outbox = { stuck: async () => [], retry: async () => undefined };
      for (const [wakes, message] of [
        [false, "storage is down"],
        [true, "killed"],
      ] as const) {
        const wake: typeof watch.wake = async (...wish) => {
          if (wakes) await watch.wake(...wish);
          throw new Error(message);
        };
        await assert.rejects(redrive({ parked: new ParkedQueue(queue), watch: { wake }, outbox }, read, false), {
          message,
        });
        assert.equal((await new ParkedQueue(queue).waiting()).count, 1);
      }
      assert.equal((await drive()).code, 0);
      assert.deepEqual(new Set(await waiting()), new Set(["pls-killed"]));
    });

    it("is an effect that keeps failing, with its request and why", async () => {
      const clock = new FakeClock();
      const { ledger, outbox } = openLedger(storage().ledger, clock);
      const committed = await ledger.commit(step());
      assert.ok(committed.kind === "committed");
      const [entry] = committed.outbox;
      assert.ok(entry);
      for (let tries = 0; tries < 10; tries += 1) {
        await outbox.claim(entry, 30);
        clock.advance(901);
      }
      await outbox.claim(entry, 30);
      await outbox.failed(entry, "Teams says no");
      assert.match((await parked()).out, /1 effect\(s\) do not get done:\nindex of .* 11 tries: Teams says no/);
      assert.match((await drive()).out, /1 effect\(s\) are due again/);
      assert.equal(
        (await outbox.leftOver(clock.now(), 10)).length,
        1,
        "although it was claimed for a quarter of an hour",
      );
      await outbox.done(entry);
    });
  });
}
