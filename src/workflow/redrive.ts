import type { ServiceRef } from "../connection/arm-id.ts";
import type { Door } from "../decision/decision.ts";
import type { Outbox, Parked, ParkedMessage, StuckEffect, Watch } from "./ports.ts";

/** Reads what stands in a message; undefined when it is no wake-up. */
export type ReadWakeUp = (text: string) => { readonly service: ServiceRef; readonly door: Door } | undefined;

export type Redriven = {
  /** Services that are looked at again. */
  readonly woken: readonly string[];
  /** What is no wake-up; it stays where it is, for somebody to look at. */
  readonly unreadable: readonly ParkedMessage[];
  /** Effects that are due again; the app's next sweep does them. */
  readonly effects: readonly StuckEffect[];
};

type RedrivePorts = {
  readonly parked: Parked;
  readonly watch: Pick<Watch, "wake">;
  readonly outbox: Pick<Outbox, "stuck" | "retry">;
};

/**
 * Moves what was given up back to work. A wake-up is sent before its parked message is removed: whoever dies in between leaves
 * both, and one look too many does no harm. Nothing is done when it is `dry`; then it tells of what can be seen now.
 */
export async function redrive(ports: RedrivePorts, read: ReadWakeUp, dry: boolean): Promise<Redriven> {
  const woken = new Set<string>();
  const unreadable: ParkedMessage[] = [];
  const take = async (message: ParkedMessage): Promise<"remove" | "keep"> => {
    const wakeUp = read(message.text);
    if (!wakeUp) {
      unreadable.push(message);
      return "keep";
    }
    if (!dry) await ports.watch.wake(wakeUp.service, wakeUp.door);
    woken.add(wakeUp.service.id);
    return "remove";
  };
  if (dry) for (const message of await ports.parked.list()) await take(message);
  else await ports.parked.each(take);
  const effects = await ports.outbox.stuck();
  if (!dry) for (const { entry } of effects) await ports.outbox.retry(entry);
  return { woken: [...woken], unreadable, effects };
}

/** Removes one parked message for good; gives what stood in it, or undefined when there is none of this id. */
export async function dropParked(id: string, parked: Pick<Parked, "each">): Promise<ParkedMessage | undefined> {
  let dropped: ParkedMessage | undefined;
  await parked.each(async (message) => {
    if (message.id !== id) return "keep";
    dropped = message;
    return "remove";
  });
  return dropped;
}
