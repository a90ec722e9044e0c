import { PlgateError } from "../../src/runtime/errors.ts";
import type { Consumer, Consumers } from "../../src/workflow/ports.ts";

/** The registry in memory; `breakDown` makes every question fail until `repair`. */
export class FakeConsumers implements Consumers {
  readonly #consumers = new Map<string, Consumer>();
  #broken = false;

  constructor(...consumers: readonly Consumer[]) {
    for (const consumer of consumers) this.#consumers.set(consumer.subscriptionId.toLowerCase(), consumer);
  }

  async put(consumer: Consumer): Promise<void> {
    const subscriptionId = consumer.subscriptionId.toLowerCase();
    this.#consumers.set(subscriptionId, { ...consumer, subscriptionId });
  }

  async *list(): AsyncGenerator<Consumer> {
    yield* [...this.#consumers.values()].sort((one, other) => (one.subscriptionId < other.subscriptionId ? -1 : 1));
  }

  async remove(subscriptionId: string): Promise<boolean> {
    return this.#consumers.delete(subscriptionId.toLowerCase());
  }

  breakDown(): void {
    this.#broken = true;
  }

  repair(): void {
    this.#broken = false;
  }

  async find(subscriptionId: string): Promise<Consumer | undefined> {
    if (this.#broken) throw new PlgateError("the registry does not answer", { retryable: true });
    return this.#consumers.get(subscriptionId.toLowerCase());
  }
}
