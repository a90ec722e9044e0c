import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { pick, type Random, seededRandom } from "../../local/seeded-random.ts";
import { startAzurite } from "../../local/storage/azurite.ts";
import { openStorage } from "../../src/azure/storage.ts";
import { auditHost, sweepAll } from "../azure/audit-host.ts";
import { type LookedThrough, lookThrough } from "../azure/look-through.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { Desk } from "./desk.ts";
import { House, type Place } from "./house.ts";
import type { Phase, Role } from "./marks.ts";

export type SoakOptions = {
  readonly rounds: number;
  readonly seed: number;
  /** After so many rounds everything is killed, swept and looked through. */
  readonly checkEvery: number;
  readonly say: (line: string) => void;
};

export type SoakReport = Omit<LookedThrough, "findings"> & {
  readonly rounds: number;
  readonly kills: Readonly<Record<Role, number>>;
  /** What the kills struck: lanes of writers and entries of dispatchers, by where they were. */
  readonly struck: ReadonlyMap<Phase, number>;
  readonly told: Desk["counts"];
  /** Steps that were begun and whose teller never heard that they are on record. */
  readonly unanswered: number;
  readonly swept: number;
  readonly seconds: number;
  /** Empty, or what the first look through found that found anything. */
  readonly findings: readonly string[];
  readonly warnings: readonly string[];
};

type Soak = {
  readonly random: Random;
  readonly desk: Desk;
  readonly house: House;
  readonly place: Place;
  readonly kills: Record<Role, number>;
  readonly struck: Map<Phase, number>;
  swept: number;
};

const prefix = "soak";
const longestDelayMs = 40;
const targets: Readonly<Record<Role, readonly [Phase, ...Phase[]]>> = {
  writer: ["before a commit", "in a commit", "between commit and index", "in the index", "in the tick-off"],
  dispatcher: ["in a search of the outbox", "between claim and index", "in the index", "in the tick-off"],
};

/**
 * Kills writers and dispatchers of the audit with SIGKILL, round after round, on one storage, and looks at what is left.
 *
 * The draws follow from the seed; what a kill then strikes depends on the machine as well. Storage itself is not killed: it
 * is in memory, and what a storage that dies keeps is Azure's matter.
 */
export async function soakAudit({ rounds, seed, checkEvery, say }: SoakOptions): Promise<SoakReport> {
  const began = performance.now();
  const dir = await mkdtemp(join(tmpdir(), "plgate-soak-"));
  const program = await bundleWorker(dir);
  const azurite = await startAzurite({ inMemory: true });
  const place = { connectionString: azurite.connectionString, prefix };
  const random = seededRandom(seed);
  const desk = new Desk(random);
  const soak: Soak = {
    ...{ random, desk, house: new House(program, place, desk), place },
    ...{ kills: { writer: 0, dispatcher: 0 }, struck: new Map(), swept: 0 },
  };
  try {
    const { ledger, index } = openStorage(place, prefix);
    await Promise.all([ledger.createTable(), index.createTable()]);
    let looked: LookedThrough = { events: 0, indexRows: 0, findings: [] };
    let round = 0;
    while (round < rounds && looked.findings.length === 0) {
      round += 1;
      await soak.house.fill();
      await soak.house.guard(killSomebody(soak));
      if (round % checkEvery !== 0 && round !== rounds) continue;
      if (round === rounds) await tellTheRest(soak);
      looked = await sweepAndLook(soak);
      say(
        `round ${round}: ${looked.events} events, ${looked.indexRows} rows in the index, ${looked.findings.length} findings`,
      );
    }
    return {
      ...{ ...looked, rounds: round, kills: soak.kills, struck: soak.struck, told: desk.counts },
      unanswered: [...desk.begun.keys()].filter((key) => !desk.answered.has(key)).length,
      ...{ swept: soak.swept, seconds: (performance.now() - began) / 1000, warnings: soak.house.warnings },
    };
  } finally {
    await soak.house.close();
    await azurite.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

/** At a moment of somebody's work: that one, both kinds at the same moment, or all. */
async function killSomebody({ random, house, kills, struck }: Soak): Promise<void> {
  const role = pick<Role>(random, ["writer", "writer", "dispatcher"]);
  const extent = pick(random, ["one", "one", "both kinds", "all"]);
  const phase = pick(random, targets[role]);
  // Mostly right after the moment; sometimes late enough to strike whatever comes next.
  const delayMs = random() ** 2 * longestDelayMs;
  const [victim] = house.of(role);
  if (!victim) throw new Error(`there is no ${role} to be killed`);
  await victim.worker.comesTo(phase);
  await pause(delayMs);
  const others = [...house.of("dispatcher"), ...house.of("writer")].filter((one) => one !== victim);
  const other = others.filter((one) => one.role !== role).slice(0, 1);
  const victims = [victim, ...(extent === "all" ? others : extent === "both kinds" ? other : [])];
  for (const one of victims) kills[one.role] += 1;
  count(struck, await house.kill(victims));
}

async function tellTheRest({ desk, house }: Soak): Promise<void> {
  desk.close();
  await house.finish();
}

/**
 * What a killed process had sent may still arrive while the sweep runs. So what is found counts when another sweep and
 * another look find something, too.
 */
async function sweepAndLook(soak: Soak): Promise<LookedThrough> {
  const { house, desk, place, struck, kills } = soak;
  for (const role of ["writer", "dispatcher"] as const) kills[role] += house.of(role).length;
  count(struck, await house.killAll());
  const look = async () => {
    const storage = openStorage(place, prefix);
    soak.swept += await sweepAll((clock) => auditHost(storage, clock), house.aheadMs);
    return lookThrough(storage, desk);
  };
  const first = await look();
  const looked = first.findings.length > 0 ? await look() : first;
  return { ...looked, findings: [...desk.faults, ...looked.findings] };
}

function count(struck: Map<Phase, number>, phases: readonly Phase[]): void {
  for (const phase of phases) struck.set(phase, (struck.get(phase) ?? 0) + 1);
}
