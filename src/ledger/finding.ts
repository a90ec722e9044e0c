/**
 * What is wrong, and where. `chain`: an event was altered, lost, doubled or moved. `state`: a request is not what its
 * events left. `anchor`: the chain is not the one that was anchored. `index`: a list does not show what happened.
 */
export type Finding = {
  readonly about: "chain" | "state" | "anchor" | "index";
  /** The event that it concerns; null when it concerns none. */
  readonly seq: number | null;
  readonly problem: string;
};
