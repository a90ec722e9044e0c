import type { DecisionEvent } from "../../src/ledger/decision-event.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Publisher } from "../../src/workflow/ports.ts";

/** A topic in memory; off, as in most deployments, until a test switches it on. */
export class FakePublisher implements Publisher {
  isOn = false;
  /** It takes nothing while this is set. */
  isDown = false;
  /** It takes no batch with this event in it. */
  refuses: string | undefined;
  /** All that was taken, batch by batch. */
  readonly batches: (readonly DecisionEvent[])[] = [];

  async publish(events: readonly DecisionEvent[]): Promise<void> {
    if (this.isDown) throw new PlgateError("the topic does not answer", { retryable: true });
    if (events.some(({ id }) => id === this.refuses)) throw new PlgateError("not this one", { retryable: false });
    this.batches.push(events);
  }

  get events(): readonly DecisionEvent[] {
    return this.batches.flat();
  }
}
