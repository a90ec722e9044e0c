/**
 * Whether anything is lost, done twice or forgotten: random people, policies and faults against the real workflow over the
 * local Azure, and an oracle after each round.
 * Run: npm run test:chaos [-- --seed 1 --rounds 100 --minutes 180 --each 20 --faults all|none|kill,arm,... --shrink --go-on]
 * Ends with 1 when anything was found. `--minutes` goes on until they are over, with the memory in use once a minute.
 */
import { parseArgs } from "node:util";
import { type FaultKind, faultKinds, type Step, wordOf } from "./acts.ts";
import { type Bed, makeBed } from "./bed.ts";
import { type Found, planOf, simulate } from "./run.ts";
import { shrink } from "./shrink.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    /** A simulation ends after so many rounds and the next begins with an empty house: what is found stays short. */
    each: { type: "string", default: "20" },
    faults: { type: "string", default: "all" },
    shrink: { type: "boolean", default: false },
    /** Findings do not end the run. */
    "go-on": { type: "boolean", default: false },
  },
});
const realTime = performance.now.bind(performance);
const first = whole("seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 30)));
const each = whole("each", values.each);
const untilMs = values.minutes === undefined ? undefined : realTime() + whole("minutes", values.minutes) * 60_000;
const rounds = untilMs === undefined ? whole("rounds", values.rounds ?? "100") : Number.POSITIVE_INFINITY;
const faults = kindsIn(values.faults);
const began = realTime();
const bed = await makeBed();
let [done, found] = [0, 0];
try {
  const memory = setInterval(tellMemory, 60_000);
  memory.unref();
  for (let seed = first; done < rounds && !isOver() && (found === 0 || values["go-on"]); seed += 1) {
    const size = Math.min(each, rounds - done);
    const plan = planOf(seed, size, faults);
    const finding = await simulate(bed, seed, plan, { isOver });
    done += size;
    if (finding) {
      found += 1;
      await tell(bed, seed, size, plan, finding);
    }
  }
  clearInterval(memory);
} finally {
  await bed.stop();
}
const minutes = (realTime() - began) / 60_000;
console.log(
  `${done} rounds in ${minutes.toFixed(1)} min, ${Math.round(done / minutes)} a minute; ${found || "no"} findings`,
);
if (found > 0) process.exitCode = 1;

function isOver(): boolean {
  return untilMs !== undefined && realTime() > untilMs;
}

async function tell(at: Bed, seed: number, size: number, plan: readonly Step[], finding: Found): Promise<void> {
  const upTo = plan.filter(({ round }) => round <= finding.round);
  console.log(`seed ${seed}, round ${finding.round}:`);
  for (const { check, what } of finding.findings) console.log(`  [${check}] ${what}`);
  const least = values.shrink ? await shortest(at, seed, upTo, finding) : upTo;
  console.log(`${least.length} acts${values.shrink ? `, of ${upTo.length}` : ""}:`);
  for (const step of least) console.log(`  ${wordOf(step)}`);
  console.log(`struck: ${finding.struck.join("; ")}`);
  console.log(
    `again: npm run test:chaos -- --seed ${seed} --rounds ${size} --each ${size} --faults ${values.faults} --shrink`,
  );
}

/** The order in which hosts come to things is not the seed's alone, so each part gets two chances to show it again. */
function shortest(at: Bed, seed: number, plan: readonly Step[], { findings }: Found): Promise<readonly Step[]> {
  const checks = new Set(findings.map(({ check }) => check));
  const again = async (part: readonly Step[]) => {
    for (let tries = 0; tries < 2; tries += 1) {
      const found = await simulate(at, seed, part);
      if (found?.findings.some(({ check }) => checks.has(check))) return true;
    }
    return false;
  };
  return shrink(plan, again, 200);
}

function tellMemory(): void {
  const { rss, heapUsed } = process.memoryUsage();
  const mib = (bytes: number) => Math.round(bytes / 2 ** 20);
  console.log(`${new Date().toISOString()} ${done} rounds, ${mib(heapUsed)} MiB heap, ${mib(rss)} MiB resident`);
}

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} has to be a whole number, and is ${text}`);
  return Number(text);
}

function kindsIn(text: string): readonly FaultKind[] {
  if (text === "all") return faultKinds;
  if (text === "none") return [];
  const asked = text.split(",");
  const unknown = asked.filter((kind) => !faultKinds.some((known) => known === kind));
  if (unknown.length > 0) throw new Error(`--faults knows ${faultKinds.join(", ")}, and not ${unknown.join(", ")}`);
  return faultKinds.filter((kind) => asked.includes(kind));
}
