import type { OutboxEntry } from "../ledger/commit.ts";
import { dispatch } from "./dispatch-outbox.ts";
import type { Ports } from "./ports.ts";

/**
 * What commits left to do, for somebody who waits for an answer: they wait until the review is woken and the lists tell
 * of it, not for a card in a channel. That is brought up to date meanwhile; should this host end first, the timer does it.
 */
export async function dispatchMeanwhile(entries: readonly OutboxEntry[], ports: Ports): Promise<void> {
  const soon = entries.filter(({ kind }) => kind === "wake" || kind === "index");
  // `dispatch` never throws, so nobody has to hear of its end.
  void dispatch(
    entries.filter((entry) => !soon.includes(entry)),
    ports,
  );
  await Promise.all(soon.map((entry) => dispatch([entry], ports)));
}
