import type { SweepJournal, SweepMeasures } from "../../src/workflow/ports.ts";

/** What the last sweep did, in memory. */
export class FakeSweeps implements SweepJournal {
  kept: SweepMeasures | undefined;

  async last(): Promise<SweepMeasures | undefined> {
    return this.kept;
  }

  async keep(measures: SweepMeasures): Promise<void> {
    this.kept = structuredClone(measures);
  }
}
