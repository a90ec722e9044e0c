import { seededRandom } from "../../local/seeded-random.ts";
import { drawPlan, type FaultKind, type Step } from "./acts.ts";
import type { Bed } from "./bed.ts";
import type { Sabotage } from "./host.ts";
import { type Finding, findings } from "./oracle.ts";
import { Simulation } from "./simulation.ts";

/** What was found after a round, with what had struck until then. */
export type Found = {
  readonly round: number;
  readonly findings: readonly Finding[];
  readonly struck: readonly string[];
};

export type Options = {
  readonly sabotage?: Sabotage;
  /** How many sweeps a round may take to come to rest. */
  readonly sweeps?: number;
  /** Asked after each round; ends the simulation as it stands. */
  readonly isOver?: () => boolean;
};

/** The plan that belongs to a seed. */
export function planOf(seed: number, rounds: number, faults: readonly FaultKind[]): readonly Step[] {
  return drawPlan(seededRandom(seed), rounds, faults);
}

/** Plays a plan from the beginning, and asks the oracle after each round. Ends at the first finding. */
export async function simulate(
  bed: Bed,
  seed: number,
  plan: readonly Step[],
  options: Options = {},
): Promise<Found | undefined> {
  const simulation = await Simulation.start(bed, seed, options.sabotage);
  try {
    for (const [round, steps] of Map.groupBy(plan, (step) => step.round)) {
      simulation.round = round;
      const unrest = await simulation.play(steps, options.sweeps);
      const rest: Finding[] = unrest === undefined ? [] : [{ check: "rest", what: unrest }];
      const found = [...rest, ...(await findings(simulation))];
      if (found.length > 0) return { round, findings: found, struck: simulation.struck };
      if (options.isOver?.()) return undefined;
    }
    return undefined;
  } finally {
    await simulation.stop();
  }
}
