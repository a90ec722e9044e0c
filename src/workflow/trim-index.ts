import type { IndexCare } from "./audit-ports.ts";
import type { Clock } from "./ports.ts";

export type Trimmed = {
  /** What is older is in no list any more, but for the list by LinkID. */
  readonly floor: string;
  /** Events that were taken out of the lists. */
  readonly removed: number;
  /** False when time ran out: the next run goes on. */
  readonly done: boolean;
};

const dayMs = 24 * 3600_000;

/**
 * Takes what is older than `days` out of the lists; chains and requests keep everything. The floor is raised first, so
 * that at no moment a search gives a part and calls it the whole.
 */
export async function trimIndex(
  days: number,
  { indexCare, clock }: { readonly indexCare: IndexCare; readonly clock: Clock },
  mayGoOn: (removed: number) => boolean = () => true,
): Promise<Trimmed> {
  const floor = await indexCare.raiseFloor(new Date(clock.now().getTime() - days * dayMs));
  return { floor: floor.toISOString(), ...(await indexCare.removeBelowFloor(mayGoOn)) };
}
