import type { OutboxEntry } from "../ledger/commit.ts";
import { dispatch } from "./dispatch-outbox.ts";
import type { Ports } from "./ports.ts";

/** Whether somebody who waits for an answer also waits until the review is woken and the lists tell of it. */
export type Patience = "patient" | "hurried";

/**
 * What commits left to do, for somebody who waits for an answer. Nobody waits for a card in a channel, and who is in a hurry
 * waits for nothing at all: it is done meanwhile, and should this host end first, the timer does it.
 */
export async function dispatchMeanwhile(
  entries: readonly OutboxEntry[],
  ports: Ports,
  patience: Patience,
): Promise<void> {
  const lists = entries.filter(({ kind }) => kind === "wake" || kind === "index");
  const others = entries.filter((entry) => !lists.includes(entry));
  // `dispatch` never throws, so nobody has to hear of its end.
  const told = Promise.all(lists.map((entry) => dispatch([entry], ports)));
  void told.then(() => dispatch(others, ports));
  if (patience === "patient") await told;
}
