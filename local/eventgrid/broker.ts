import type { FinishedWrite } from "../arm/finished-write.ts";
import { seededRandom } from "../seeded-random.ts";
import type { Delivery } from "./carry.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import { startDelivery } from "./delivery.ts";
import { type EventSubscription, faultsOf } from "./event-subscription.ts";
import { eventsOfWrite } from "./events-of-write.ts";
import { fanOut, nothingSpecial } from "./fan-out.ts";
import type { PublishedEvent } from "./grid-event.ts";
import { shakeHands } from "./handshake.ts";
import { changedSettings, defaultSettings, type EventGridSettings } from "./settings.ts";
import { openWishes, type Wishes } from "./wishes.ts";

export type BrokerOptions = {
  readonly randomSeed?: number;
  readonly now?: () => Date;
  readonly settings?: Partial<EventGridSettings>;
  /** Needed by subscriptions with dead-lettering; a blob container fits. */
  readonly deadLetters?: DeadLetterStore;
  readonly log?: (line: string) => void;
};

export type Broker = Pick<Wishes, "loseNext" | "repeatNext"> & {
  /** Takes a finished ARM write and delivers what it causes. Returns at once. */
  publish(write: FinishedWrite): void;
  /** Delivers an event that came by the custom topic. */
  relay(published: PublishedEvent): void;
  /** Shakes hands and starts to deliver; a subscription of the same name is replaced. Rejects with the reason. */
  subscribe(subscription: EventSubscription): Promise<void>;
  /** Changes switches from the next event on. Throws on an unknown switch or a value out of range. */
  configure(change: Partial<EventGridSettings>): void;
  /** Resolves when nothing waits, is under way or is to be retried; rejects after the time. */
  idle(timeoutMs: number): Promise<void>;
  /** Who is subscribed now, in the order of subscribing. */
  subscriptions(): readonly EventSubscription[];
  /** The latest attempts and losses, oldest first. */
  deliveries(): readonly Delivery[];
  /** Drops what waits, cuts off what is under way. */
  stop(): Promise<void>;
};

/** Topics, event subscriptions and what passes between them, without the custom topic's HTTP side. */
export function openBroker(options: BrokerOptions): Broker {
  const random = seededRandom(options.randomSeed ?? 1);
  const { deadLetters, log = () => undefined, now = () => new Date() } = options;
  let settings = changedSettings(defaultSettings, options.settings ?? {});
  const subscriptions = new Map<string, EventSubscription>();
  const engine = startDelivery({ settings: () => settings, now, log, deadLetters });
  const wishes = openWishes(subscriptions);

  return {
    publish(write) {
      const events = eventsOfWrite(write, { settings, random });
      const specials = wishes.take(events);
      for (const [at, event] of events.entries()) {
        fanOut(event, specials[at] ?? nothingSpecial, subscriptions.values(), { settings, random, engine });
      }
    },
    relay: (published) => fanOut(published, nothingSpecial, subscriptions.values(), { settings, random, engine }),
    async subscribe(subscription) {
      refuseFaults(subscription, deadLetters);
      await shakeHands(subscription);
      subscriptions.set(subscription.name, subscription);
      log(`event grid: ${subscription.name} is subscribed to ${subscription.topic.type}`);
    },
    configure(change) {
      settings = changedSettings(settings, change);
    },
    loseNext: wishes.loseNext,
    repeatNext: wishes.repeatNext,
    idle: engine.idle,
    subscriptions: () => [...subscriptions.values()],
    deliveries: engine.deliveries,
    stop: engine.stop,
  };
}

function refuseFaults(subscription: EventSubscription, deadLetters: DeadLetterStore | undefined): void {
  const missing = subscription.deadLetter && !deadLetters ? ["dead-lettering needs a store for dead letters"] : [];
  const faults = [...faultsOf(subscription), ...missing];
  if (faults.length === 0) return;
  throw new Error(`The event subscription ${subscription.name} was not made: ${faults.join("; ")}.`);
}
