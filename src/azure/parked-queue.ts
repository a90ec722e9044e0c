import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { Parked, ParkedMessage } from "../workflow/ports.ts";
import { bounded } from "./storage.ts";
import { faultOf, storageError } from "./storage-errors.ts";

/** As many as storage gives at once. */
const batch = 32;
/** How long a taken message is hidden; whoever dies meanwhile has hidden it no longer than that. */
const hiddenSeconds = 120;

/** The queue into which the functions host puts wake-ups that failed five times. */
export class ParkedQueue implements Parked {
  readonly #queue: QueueClient;

  constructor(queue: QueueClient) {
    this.#queue = queue;
  }

  async waiting(): Promise<{ readonly count: number; readonly oldest: Date | null }> {
    const [properties, seen] = await Promise.all([
      this.#calling(() => bounded((call) => this.#queue.getProperties(call))),
      this.list(),
    ]);
    const oldest = Math.min(...seen.map(({ since }) => since.getTime()));
    const count = Math.max(seen.length, properties?.approximateMessagesCount ?? 0);
    return { count, oldest: Number.isFinite(oldest) ? new Date(oldest) : null };
  }

  async list(): Promise<readonly ParkedMessage[]> {
    const peeked = await this.#calling(() =>
      bounded((call) => this.#queue.peekMessages({ ...call, numberOfMessages: batch })),
    );
    return (peeked?.peekedMessageItems ?? []).map(parkedMessage);
  }

  async each(act: (message: ParkedMessage) => Promise<"remove" | "keep">): Promise<void> {
    const kept = new Map<string, DequeuedMessageItem>();
    try {
      for (
        let taken = await this.#take();
        taken.some(({ messageId }) => !kept.has(messageId));
        taken = await this.#take()
      ) {
        for (const message of taken) {
          const isNew = !kept.has(message.messageId);
          kept.set(message.messageId, message);
          if (!isNew || (await act(parkedMessage(message))) === "keep") continue;
          await this.#remove(message);
          kept.delete(message.messageId);
        }
      }
    } finally {
      for (const message of kept.values()) await this.#show(message);
    }
  }

  async #take(): Promise<readonly DequeuedMessageItem[]> {
    const wish = { numberOfMessages: batch, visibilityTimeout: hiddenSeconds };
    const taken = await this.#calling(() => bounded((call) => this.#queue.receiveMessages({ ...call, ...wish })));
    return taken?.receivedMessageItems ?? [];
  }

  async #remove({ messageId, popReceipt }: DequeuedMessageItem): Promise<void> {
    await this.#calling(() => bounded((call) => this.#queue.deleteMessage(messageId, popReceipt, call)));
  }

  async #show({ messageId, popReceipt, messageText }: DequeuedMessageItem): Promise<void> {
    await this.#calling(() =>
      bounded((call) => this.#queue.updateMessage(messageId, popReceipt, messageText, 0, call)),
    );
  }

  /** Undefined when what was asked for is not there: no queue yet, or a message that somebody else has by now. */
  async #calling<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      return await call();
    } catch (error) {
      if (["missing", "no-table"].includes(faultOf(error))) return undefined;
      throw storageError("the queue of parked messages cannot be used", error);
    }
  }
}

type Shown = { readonly messageId: string; readonly insertedOn: Date; readonly messageText: string };

function parkedMessage({ messageId, insertedOn, messageText }: Shown): ParkedMessage {
  return { id: messageId, since: insertedOn, text: decoded(messageText) };
}

/** The host writes base64; what is none is shown as it came. */
function decoded(text: string): string {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes.toString("utf8") : text;
}
