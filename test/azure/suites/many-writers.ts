import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { dispatch, dispatchLeftOver } from "../../../src/workflow/dispatch-outbox.ts";
import type { Ports } from "../../../src/workflow/ports.ts";
import { auditHost, clockAhead, sweepAll } from "../audit-host.ts";
import { lookThrough } from "../look-through.ts";
import type { StorageOfTest, StorageWorld } from "../storage-world.ts";
import { eventsOf, type Story, type Telling, tellingsOf } from "../stories.ts";
import { type Listener, tell } from "../tell.ts";

const writers = 16;
const dispatchers = 2;
const hourMs = 3_600_000;

/** Sixteen writers at once, each with clients of its own, and dispatchers beside them: nothing is lost, nothing is there twice. */
export function manyWritersSuite(world: StorageWorld): void {
  describe("sixteen writers and the dispatchers beside them", () => {
    const cases: Readonly<Record<string, readonly Story[]>> = {
      "on one service": storiesOn(1, writers),
      "on many services": storiesOn(6, writers * 1.5),
    };
    for (const [where, stories] of Object.entries(cases)) {
      it(`${where} leave chains without gap or double, and lists that are complete`, async () => {
        const place = await world.storage("ledger", "index");
        const told = await tellAll(place, stories);
        await sweepAll((clock) => auditHost(place.again(), clock), hourMs);

        const { events, findings } = await lookThrough(place.again(), told);

        assert.deepEqual(findings, []);
        const steps = [...told.begun.values()];
        assert.equal(events, steps.flatMap((telling) => eventsOf(telling)).length);
        assert.equal(told.answered.size, steps.length);
        assert.deepEqual(told.writtenByTwo, []);
        assert.ok(told.alreadyThere > 0, "no step was told by two");
      });
    }
  });
}

function storiesOn(services: number, count: number): readonly Story[] {
  return Array.from({ length: count }, (_, number): Story => {
    if (number % 8 === 7) return { kind: "note", number };
    return { kind: "request", service: `pls-${number % services}`, number };
  });
}

/** Each story has its writer, and every third a second one who tells it at the same time. */
async function tellAll(place: StorageOfTest, stories: readonly Story[]) {
  const begun = new Map<string, Telling>(stories.flatMap(tellingsOf).map((telling) => [telling.key, telling]));
  const answered = new Set<string>();
  const written = new Set<string>();
  const writtenByTwo: string[] = [];
  let alreadyThere = 0;
  const clock = clockAhead(() => 0);
  const write = async (writer: number): Promise<void> => {
    const host = auditHost(place.again(), clock);
    const listener: Listener = {
      begins: () => undefined,
      answered: (key, answer) => {
        answered.add(key);
        if (answer === "already-there") alreadyThere += 1;
        else if (written.has(key)) writtenByTwo.push(key);
        else written.add(key);
      },
      // Every fourth writer leaves all that follows to the dispatchers, as one does that dies right after its commits.
      follow: async (entries) => (writer % 4 === 3 ? undefined : dispatch(entries, host)),
    };
    const mine = stories.filter((_, n) => n % writers === writer || (n % 3 === 0 && (n + 1) % writers === writer));
    for (const story of mine) await tell(story, host.ledger, listener);
  };
  await beside(
    Array.from({ length: dispatchers }, () =>
      auditHost(
        place.again(),
        clockAhead(() => hourMs),
      ),
    ),
    Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))),
  );
  return { begun, answered, writtenByTwo, alreadyThere };
}

/** Dispatchers that look for what is left as long as the work goes on; what fails in them fails the test. */
async function beside(hosts: readonly Ports[], work: Promise<unknown>): Promise<void> {
  let over = false;
  const end = work.finally(() => {
    over = true;
  });
  const look = async (host: Ports): Promise<void> => {
    while (!over) await dispatchLeftOver(host);
  };
  await Promise.all([end, ...hosts.map(look)]);
}
