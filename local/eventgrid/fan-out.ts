import type { Random } from "../seeded-random.ts";
import type { DeliveryEngine } from "./delivery.ts";
import { type EventSubscription, wants } from "./event-subscription.ts";
import type { PublishedEvent } from "./grid-event.ts";
import type { EventGridSettings } from "./settings.ts";

/** What is special about an event beyond the switches; each can be asked for one event by the demo. */
export type Special = { readonly lost: boolean; readonly times: number };

export const nothingSpecial: Special = { lost: false, times: 1 };

type Context = {
  readonly settings: EventGridSettings;
  readonly random: Random;
  readonly engine: DeliveryEngine;
};

/** Repeated copies are mixed with other events over at least this time, or they would come one after another. */
const repeatWindowMs = 250;

/** Hands one event to every subscription that wants it, as often and as late as the switches say. */
export function fanOut(
  published: PublishedEvent,
  special: Special,
  subscriptions: Iterable<EventSubscription>,
  context: Context,
): void {
  for (const subscription of subscriptions) {
    if (!wants(subscription, published)) continue;
    if (special.lost || context.random() < context.settings.lose.probability) {
      context.engine.lose(subscription, published);
    } else {
      deliverCopies(published, special, subscription, context);
    }
  }
}

function deliverCopies(
  published: PublishedEvent,
  special: Special,
  subscription: EventSubscription,
  { settings, random, engine }: Context,
): void {
  for (const asName of namesOf(subscription, settings)) {
    for (const waitMs of waitsOf(special, settings, random))
      engine.deliver(subscription, published, { asName, waitMs });
  }
}

function namesOf({ name }: EventSubscription, settings: EventGridSettings): readonly string[] {
  return settings.multiTopic ? [name, `${name}-2`] : [name];
}

/** One wait for each copy of the event. */
function waitsOf(special: Special, settings: EventGridSettings, random: Random): readonly number[] {
  const isRepeated = special.times > 1;
  const windowMs = Math.max(settings.shuffle.windowMs, isRepeated ? repeatWindowMs : 0);
  const waits = Array.from({ length: special.times }, () => settings.delayMs + random() * windowMs);
  const [first = settings.delayMs] = waits;
  const isDoubled = random() < settings.duplicate.probability;
  return isDoubled ? [...waits, first + settings.duplicate.delayMs] : waits;
}
