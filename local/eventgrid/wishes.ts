import { type EventSubscription, wants } from "./event-subscription.ts";
import type { Special } from "./fan-out.ts";
import type { GridEvent, PublishedEvent } from "./grid-event.ts";

/** Picks events by their content. Ids and types come in changing case: compare without. */
type EventMatch = (event: GridEvent) => boolean;

export type Wishes = {
  /** Loses, once, all events of the next write of which one matches. */
  loseNext(match: EventMatch): void;
  /** Delivers, once, the next matching event that somebody subscribed to this many times, mixed with others. */
  repeatNext(match: EventMatch, times: number): void;
  /** What is special about each event of one write; a wish that this fulfils is gone. */
  take(events: readonly PublishedEvent[]): readonly Special[];
};

/** Wishes for single events, beyond the switches: the demo and tests lose or repeat exactly one. The oldest goes first. */
export function openWishes(subscriptions: ReadonlyMap<string, EventSubscription>): Wishes {
  const losses: EventMatch[] = [];
  const repetitions: { readonly match: EventMatch; readonly times: number }[] = [];

  const takeLoss = (events: readonly PublishedEvent[]): boolean => {
    const at = losses.findIndex((match) => events.some((each) => isSystem(each) && match(each.event)));
    return at >= 0 && losses.splice(at, 1).length > 0;
  };
  const takeRepetition = (published: PublishedEvent): number => {
    if (!isSystem(published) || ![...subscriptions.values()].some((each) => wants(each, published))) return 1;
    const at = repetitions.findIndex(({ match }) => match(published.event));
    return repetitions.splice(at, at < 0 ? 0 : 1)[0]?.times ?? 1;
  };

  return {
    loseNext: (match) => void losses.push(match),
    repeatNext(match, times) {
      if (!Number.isInteger(times) || times < 1) throw new RangeError("An event is delivered one or more times.");
      repetitions.push({ match, times });
    },
    take(events) {
      if (takeLoss(events)) return events.map(() => ({ lost: true, times: 1 }));
      return events.map((each) => ({ lost: false, times: takeRepetition(each) }));
    },
  };
}

type SystemEvent = Extract<PublishedEvent, { readonly form: "EventGridSchema" }>;

function isSystem(published: PublishedEvent): published is SystemEvent {
  return published.form === "EventGridSchema" && published.topicType !== "custom";
}
