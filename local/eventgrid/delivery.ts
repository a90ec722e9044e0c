import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Consignment, carry, type Delivery, deliveryLine, describe } from "./carry.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import type { EventSubscription } from "./event-subscription.ts";
import { type CloudEvent, type GridEvent, inSchema, type PublishedEvent } from "./grid-event.ts";
import { defaultRetryPolicy } from "./retry-schedule.ts";
import type { EventGridSettings } from "./settings.ts";

export type DeliveryEngine = {
  /** Queues one copy of an event; `asName` is the subscription name that the endpoint is told. */
  deliver(subscription: EventSubscription, published: PublishedEvent, copy: { asName: string; waitMs: number }): void;
  /** Remembers that the subscription would have got the event, and sends nothing. */
  lose(subscription: EventSubscription, published: PublishedEvent): void;
  deliveries(): readonly Delivery[];
  idle(timeoutMs: number): Promise<void>;
  stop(): Promise<void>;
};

type Options = {
  readonly settings: () => EventGridSettings;
  readonly now: () => Date;
  readonly log: (line: string) => void;
  readonly deadLetters: DeadLetterStore | undefined;
};

type Waiting = {
  readonly subscription: EventSubscription;
  readonly asName: string;
  readonly event: GridEvent | CloudEvent;
  readonly publishTime: Date;
};

const keptDeliveries = 50_000;

/** Delivers at least once, in no order, by the retry schedule; everything that waits is in memory only. */
export function startDelivery(options: Options): DeliveryEngine {
  const stopping = new AbortController();
  // Every wait and every request under way listens to it.
  setMaxListeners(0, stopping.signal);
  const deliveries: Delivery[] = [];
  const running = new Set<Promise<void>>();
  let ready: Waiting[] = [];

  const record = (delivery: Delivery) => {
    deliveries.push(delivery);
    if (deliveries.length > keptDeliveries) deliveries.splice(0, keptDeliveries / 10);
  };
  const run = (work: Promise<void>) => {
    const settled = work.catch(unlessAborted(stopping.signal)).finally(() => running.delete(settled));
    running.add(settled);
  };
  const flush = () => {
    const consignments = intoConsignments(ready, options.deadLetters);
    ready = [];
    for (const each of consignments) run(carry(each, { ...options, record, stopped: stopping.signal }));
  };
  // Events that become ready in the same turn of the event loop may share a POST.
  const makeReady = (waiting: Waiting) => {
    if (stopping.signal.aborted) return;
    ready.push(waiting);
    if (ready.length === 1) setImmediate(flush);
  };
  const skip = (subscription: EventSubscription, { event }: PublishedEvent, outcome: "lost" | "not-possible") => {
    const at = options.now();
    const delivery = { ...describe(subscription.name, event), attempt: 0, at, answer: "not-sent", outcome } as const;
    record(delivery);
    options.log(deliveryLine(delivery));
  };

  return {
    deliver(subscription, published, { asName, waitMs }) {
      const event = inSchema(published, subscription.schema);
      if (event === "not-possible") return skip(subscription, published, "not-possible");
      const waiting = { subscription, asName, event, publishTime: options.now() };
      if (waitMs === 0) return makeReady(waiting);
      run(sleep(waitMs, undefined, { signal: stopping.signal }).then(() => makeReady(waiting)));
    },
    lose: (subscription, published) => skip(subscription, published, "lost"),
    deliveries: () => [...deliveries],
    async idle(timeoutMs) {
      const deadline = Date.now() + timeoutMs;
      while (running.size + ready.length > 0) {
        if (Date.now() >= deadline) throw new Error(`Event Grid: ${running.size + ready.length} deliveries under way.`);
        await Promise.race([...running, sleep(Math.min(20, timeoutMs))]);
      }
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
      ready = [];
    },
  };
}

function unlessAborted(signal: AbortSignal): (error: unknown) => void {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}

function intoConsignments(waiting: readonly Waiting[], deadLetters: DeadLetterStore | undefined): Consignment[] {
  const groups = Map.groupBy(waiting, ({ asName, subscription }) => `${subscription.name}/${asName}`);
  return [...groups.values()].flatMap((group) => chunks(group).map((chunk) => consignment(chunk, deadLetters)));
}

function chunks(group: readonly Waiting[]): (readonly [Waiting, ...Waiting[]])[] {
  const [first, ...rest] = group;
  if (first === undefined) return [];
  const size = first.subscription.maxEventsPerBatch ?? 1;
  return [[first, ...rest.slice(0, size - 1)], ...chunks(rest.slice(size - 1))];
}

function consignment(
  [first, ...rest]: readonly [Waiting, ...Waiting[]],
  deadLetters: DeadLetterStore | undefined,
): Consignment {
  const { subscription, asName, publishTime } = first;
  return {
    parcel: {
      subscriptionName: asName,
      destination: subscription.destination,
      schema: subscription.schema,
      events: [first.event, ...rest.map(({ event }) => event)],
      batched: (subscription.maxEventsPerBatch ?? 1) > 1,
    },
    publishTime,
    retryPolicy: subscription.retryPolicy ?? defaultRetryPolicy,
    deadLetters: subscription.deadLetter ? deadLetters : undefined,
  };
}
