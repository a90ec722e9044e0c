import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { compose } from "../../src/compose.ts";
import { readConfig } from "../../src/runtime/config.ts";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import { tell } from "../azure/tell.ts";
import { FakeLog } from "../fakes/log.ts";
import type { CardJob, CardMark, CardOrder } from "./card-marks.ts";

/*
 * An app host in a process of its own, made to be killed: the app as it is composed from settings. It puts on record what it
 * is told to, does at once what follows from it, as a review does, and sweeps all the time.
 */
const standardOutput = 1;
const sweepEveryMs = 1_000;

function say(mark: CardMark): void {
  writeSync(standardOutput, `${JSON.stringify(mark)}\n`);
}

class LoudLog extends FakeLog {
  override warn(message: string, fields: object = {}): void {
    say({ is: "warns", what: `${message} ${JSON.stringify(fields)}` });
  }
}

/** Makes claims run out sooner: every host's clock goes this much faster from the same moment on. */
function hurry({ rate, since }: CardJob["clock"]): void {
  const RealDate = Date;
  const now = () => Math.round(since + (RealDate.now() - since) * rate);
  globalThis.Date = class extends RealDate {
    constructor(...given: readonly unknown[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]));
    }
    static override now(): number {
      return now();
    }
  } as DateConstructor;
}

// Whoever started this process holds the other end, so it ends with them, whatever ends them.
process.stdin.once("close", () => process.exit());
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
say({ is: "ready" });
const job: CardJob = JSON.parse((await lines.next()).value ?? "");
if (job.clock.rate !== 1) hurry(job.clock);
const ports = (await compose(readConfig(job.settings))).ports(new LoudLog());
await Promise.all([obey(), sweepForEver()]);

async function obey(): Promise<void> {
  for await (const line of { [Symbol.asyncIterator]: () => lines }) void carryOut(JSON.parse(line));
}

async function carryOut({ story }: CardOrder): Promise<void> {
  await tell(story, ports.ledger, {
    begins: () => undefined,
    answered: () => undefined,
    // The next step does not wait for the card: somebody may withdraw a request while its card is being posted.
    follow: async (entries) => void dispatch(entries, ports),
  });
  say({ is: "told", story });
}

async function sweepForEver(): Promise<void> {
  for (;;) {
    await dispatchLeftOver(ports);
    await pause(sweepEveryMs);
  }
}
