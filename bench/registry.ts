/**
 * Whether a large registry slows a decision, and how fast an import is: `find` among 1,000 and among 100,000 registered
 * consumers, in turns on the same storage (Azurite in memory), and the rows per second and memory of the command that
 * registers them. Run: node --expose-gc bench/registry.ts [ROWS]
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAzurite } from "../local/storage/azurite.ts";
import { ConsumerTable } from "../src/azure/consumer-table.ts";
import { openLedger } from "../src/azure/ledger.ts";
import { ensureTables, openStorage, type Storage } from "../src/azure/storage.ts";
import { consumersInCsv } from "../src/cli/consumer-rows.ts";
import { readPieces } from "../src/cli/files.ts";
import { importRows } from "../src/cli/import-rows.ts";
import { robot } from "../src/decision/decision.ts";

const many = Number(process.argv[2] ?? 100_000);
const few = 1_000;
const finds = 2_000;
const rounds = 4;
const clock = { now: () => new Date() };

function idAt(index: number): string {
  return `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`;
}

async function writeCsv(file: string, rows: number): Promise<void> {
  const handle = await open(file, "w");
  await handle.appendFile("subscriptionId,name,tier,tenantId,tags.team\r\n");
  for (let from = 0; from < rows; from += 1_000) {
    const lines = Array.from({ length: Math.min(1_000, rows - from) }, (_, at) => {
      return `${idAt(from + at)},"Customer ${from + at}, Inc.",gold,${idAt(1)},team-${at}\r\n`;
    });
    await handle.appendFile(lines.join(""));
  }
  await handle.close();
}

function heapInMiB(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Imports as the command does, ledger included. */
async function bringIn(
  file: string,
  storage: Storage,
): Promise<{ readonly perSecond: number; readonly grown: number }> {
  const office = {
    consumers: new ConsumerTable(storage.consumers),
    ledger: openLedger(storage.ledger, clock).ledger,
    follow: async () => undefined,
  };
  const hand = { who: robot, door: "cli", correlation: crypto.randomUUID(), clock } as const;
  const before = heapInMiB();
  const began = performance.now();
  let most = 0;
  const counts = await importRows(
    consumersInCsv(
      file,
      readPieces(file, () => undefined),
    ),
    hand,
    office,
    {
      ...{ replace: false, dryRun: false },
      refused: ({ line, faults }) => console.log("refused", line, faults),
      counted: ({ rows }) => {
        if (rows % 10_000 === 0) most = Math.max(most, heapInMiB());
      },
    },
  );
  const seconds = (performance.now() - began) / 1000;
  return { perSecond: counts.registered / seconds, grown: Math.max(most, heapInMiB()) - before };
}

/** One after the other, as a review asks; sorted milliseconds. */
async function timesOf(registry: ConsumerTable, registered: number): Promise<readonly number[]> {
  const times: number[] = [];
  for (let n = 0; n < finds / rounds; n += 1) {
    const id = idAt(Math.floor(Math.random() * registered));
    const began = performance.now();
    if (!(await registry.find(id))) throw new Error(`${id} is not registered`);
    times.push(performance.now() - began);
  }
  return times;
}

const azurite = await startAzurite({ inMemory: true });
const folder = await mkdtemp(join(tmpdir(), "plgate-bench-"));
try {
  const worlds = await Promise.all(
    [few, many].map(async (registered) => {
      const storage = openStorage(azurite, `r${registered}`);
      await ensureTables(storage);
      const file = join(folder, `${registered}.csv`);
      await writeCsv(file, registered);
      return { registered, storage, file, times: [] as number[], registry: new ConsumerTable(storage.consumers) };
    }),
  );
  for (const { registered, storage, file } of worlds) {
    const { perSecond, grown } = await bringIn(file, storage);
    console.log(
      `import  ${String(registered).padStart(7)} rows  ${Math.round(perSecond)} rows/s  heap +${grown.toFixed(1)} MiB`,
    );
  }
  for (const { registry, registered } of worlds) await timesOf(registry, registered);
  for (let round = 0; round < rounds; round += 1) {
    for (const world of worlds) world.times.push(...(await timesOf(world.registry, world.registered)));
  }
  const medians = worlds.map(({ registered, times }) => {
    const sorted = times.toSorted((one, other) => one - other);
    const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
    console.log(
      `find    ${String(registered).padStart(7)} registered  p50 ${at(0.5).toFixed(2)} ms  p99 ${at(0.99).toFixed(2)} ms`,
    );
    return at(0.5);
  });
  console.log(`ratio   p50 at ${many} : p50 at ${few} = ${((medians[1] ?? 0) / (medians[0] ?? 1)).toFixed(2)}`);
} finally {
  await azurite.stop();
  await rm(folder, { recursive: true });
}
