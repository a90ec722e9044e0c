import { InputError, PlgateError } from "../../src/runtime/errors.ts";
import type { Consumer, ConsumerPage, Consumers } from "../../src/workflow/ports.ts";

/** The registry in memory; `breakDown` makes every question fail until `repair`. */
export class FakeConsumers implements Consumers {
  readonly #consumers = new Map<string, Consumer>();
  #broken = false;

  constructor(...consumers: readonly Consumer[]) {
    for (const consumer of consumers) this.#consumers.set(consumer.subscriptionId.toLowerCase(), consumer);
  }

  async put(consumer: Consumer): Promise<void> {
    this.#check();
    const subscriptionId = consumer.subscriptionId.toLowerCase();
    this.#consumers.set(subscriptionId, { ...consumer, subscriptionId });
  }

  async *list(): AsyncGenerator<Consumer> {
    this.#check();
    yield* this.#sorted();
  }

  async page({ top, after }: { readonly top: number; readonly after?: string }): Promise<ConsumerPage> {
    this.#check();
    if (after !== undefined && !/^after [0-9a-f-]{36}$/.test(after)) {
      throw new InputError("after: is not a continuation that plgate gave");
    }
    const rest = this.#sorted().filter(
      ({ subscriptionId }) => after === undefined || `after ${subscriptionId}` > after,
    );
    const consumers = rest.slice(0, top);
    return { consumers, next: rest.length > top ? `after ${consumers.at(-1)?.subscriptionId}` : null };
  }

  async remove(subscriptionId: string): Promise<boolean> {
    this.#check();
    return this.#consumers.delete(subscriptionId.toLowerCase());
  }

  breakDown(): void {
    this.#broken = true;
  }

  repair(): void {
    this.#broken = false;
  }

  async find(subscriptionId: string): Promise<Consumer | undefined> {
    this.#check();
    return this.#consumers.get(subscriptionId.toLowerCase());
  }

  #check(): void {
    if (this.#broken) throw new PlgateError("the registry does not answer", { retryable: true });
  }

  #sorted(): Consumer[] {
    return [...this.#consumers.values()].sort((one, other) => (one.subscriptionId < other.subscriptionId ? -1 : 1));
  }
}
