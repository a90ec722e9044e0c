import { writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { openStorage } from "../../src/azure/storage.ts";
import { dispatch, dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { auditHost, clockAhead } from "../azure/audit-host.ts";
import { tell } from "../azure/tell.ts";
import { FakeLog } from "../fakes/log.ts";
import type { Job, Mark, Order } from "./marks.ts";
import { watched } from "./watched-host.ts";

/*
 * A host in a process of its own, made to be killed. It loads, says that it is ready and waits; its first line makes it a
 * writer, which tells what the further lines say, or a dispatcher, which does what it finds left over, until somebody ends it.
 */
const lanes = ["lane 1", "lane 2", "lane 3"];
const standardOutput = 1;
/** Markers are set anew and removed within a run; the second exceeds what the longest commit takes. */
const markerTimes = { reliedOnMs: 1_000, removableMs: 45_000 };

function say(mark: Mark): void {
  writeSync(standardOutput, `${JSON.stringify(mark)}\n`);
}

class LoudLog extends FakeLog {
  override warn(message: string, fields: object = {}): void {
    say({ is: "warns", what: `${message} ${JSON.stringify(fields)}` });
  }
}

// Whoever started this process holds the other end, so it ends with them, whatever ends them.
process.stdin.once("close", () => process.exit());
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
say({ is: "ready" });
const job: Job = JSON.parse((await lines.next()).value ?? "");
const clock = clockAhead(() => job.aheadMs);
const { connectionString, prefix } = job;
const host: Ports = {
  ...auditHost(openStorage({ connectionString }, prefix), clock, markerTimes),
  log: new LoudLog(),
};
await (job.role === "writer" ? write() : dispatchForEver());

async function write(): Promise<void> {
  for (const lane of lanes) say({ is: "idle", lane });
  const telling: Promise<void>[] = [];
  for await (const line of { [Symbol.asyncIterator]: () => lines }) {
    const order: Order = JSON.parse(line);
    telling.push(tellIn(order));
  }
  await Promise.all(telling);
}

async function tellIn({ lane, story }: Order): Promise<void> {
  // A lane does one thing after the other, so wherever it is, it is nowhere else.
  const ports = watched(
    host,
    (phase) => say({ is: "at", place: lane, phase }),
    () => say({ is: "at", place: lane, phase: "after the tick-off" }),
  );
  await tell(story, ports.ledger, {
    begins: (key) => {
      say({ is: "begins", lane, key });
      say({ is: "at", place: lane, phase: "before a commit" });
    },
    answered: (key, answer) => {
      say({ is: "answered", lane, key, answer });
      say({ is: "at", place: lane, phase: "between commit and index" });
    },
    follow: (entries) => dispatch(entries, ports),
  });
  say({ is: "at rest", place: lane });
  say({ is: "idle", lane });
}

async function dispatchForEver(): Promise<void> {
  const ports = watched(
    host,
    (phase, place) => say({ is: "at", place, phase }),
    (place) => say({ is: "at rest", place }),
  );
  for (;;) {
    const { found } = await dispatchLeftOver(ports);
    // Storage is shared with those who write: where nothing is left over, a moment later will do.
    if (found === 0) await pause(10);
  }
}
