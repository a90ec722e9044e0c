import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import { createBackoff } from "./backoff.ts";
import type { TypedData } from "./core-module.ts";
import type { QueueSettings } from "./host-json.ts";
import type { Invoke } from "./invoke.ts";
import type { FunctionOf } from "./load-app.ts";
import { pause } from "./pause.ts";
import { decodeMessage, isLost, isNotFound, type QueueTarget, sendCreating } from "./queue-message.ts";

export type QueueTriggerOptions = QueueTarget & {
  readonly fn: FunctionOf<"queueTrigger">;
  readonly invoke: Invoke;
  readonly settings: QueueSettings;
  /** How long a received message stays invisible to others; renewed at half while the function runs. Seconds. */
  readonly leaseSeconds: number;
  /** Aborted when the host has given up what still runs: its leases are renewed no more. */
  readonly gone: AbortSignal;
  readonly log: (line: string) => void;
};
export type Listener = { readonly stop: () => Promise<void> };
type Lease = { readonly receipt: () => string; readonly end: () => Promise<void> };
type Context = QueueTriggerOptions & { readonly queue: QueueClient; readonly isPoisonQueue: boolean };

const FASTEST_POLL = 100;

/** Polls a queue and runs its function per message (A.3 nos. 21-26). `stop` takes no more messages and waits for those taken. */
export function startQueueTrigger(options: QueueTriggerOptions): Listener {
  const queue = options.service.getQueueClient(options.queueName);
  const context = { ...options, queue, isPoisonQueue: options.queueName.endsWith("-poison") };
  const stopping = new AbortController();
  const polling = poll(context, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await polling;
    },
  };
}

async function poll(context: Context, signal: AbortSignal): Promise<void> {
  const { batchSize, newBatchThreshold, maxPollingInterval } = context.settings;
  const backoff = createBackoff(FASTEST_POLL, maxPollingInterval);
  const receive = createReceiver(context, batchSize);
  const running = new Set<Promise<void>>();
  while (!signal.aborted) {
    const messages = await receive();
    for (const message of messages) {
      const work = handle(context, message).finally(() => running.delete(work));
      running.add(work);
    }
    const wait = backoff.next(messages.length > 0);
    if (messages.length === 0) await pause(wait, signal);
    while (running.size > newBatchThreshold) await Promise.race(running);
  }
  await Promise.all(running);
}

/** A missing queue is empty, not an error (no. 26). Of a row of failures only the first is logged. */
function createReceiver(
  { queue, leaseSeconds, log, fn }: Context,
  batchSize: number,
): () => Promise<readonly DequeuedMessageItem[]> {
  let isFailing = false;
  return async () => {
    try {
      const { receivedMessageItems } = await queue.receiveMessages({
        numberOfMessages: batchSize,
        visibilityTimeout: leaseSeconds,
      });
      isFailing = false;
      return receivedMessageItems;
    } catch (error) {
      if (!isNotFound(error) && !isFailing)
        log(`error: ${fn.name} cannot read queue ${queue.name}, trying on: ${String(error)}`);
      isFailing = !isNotFound(error);
      return [];
    }
  };
}

async function handle(context: Context, message: DequeuedMessageItem): Promise<void> {
  try {
    if (message.dequeueCount > context.settings.maxDequeueCount && !context.isPoisonQueue)
      return await toPoison(context, message, message.popReceipt);
    const lease = keepLease(context, message);
    const succeeded = await runOn(context, message);
    await lease.end();
    await (succeeded ? remove(context, message, lease.receipt()) : giveBack(context, message, lease.receipt()));
  } catch (error) {
    // The message stays leased and comes again later: nothing is lost, and the listener must not end.
    context.log(`error: ${context.fn.name} could not settle message ${message.messageId}: ${String(error)}`);
  }
}

async function runOn({ fn, invoke, settings, log }: Context, message: DequeuedMessageItem): Promise<boolean> {
  const text = decodeMessage(message.messageText, settings.messageEncoding);
  if (text === undefined) {
    log(`error: message ${message.messageId} for ${fn.name} is not in ${settings.messageEncoding}`);
    return false;
  }
  try {
    await invoke(fn, { input: { string: text }, metadata: metadataOf(message, text) });
    return true;
  } catch {
    // Logged by the invocation; what follows is the queue's business.
    return false;
  }
}

/** No. 24. In a poison queue a failed message is left leased, so that it does not spin [S]. */
async function giveBack(context: Context, message: DequeuedMessageItem, receipt: string): Promise<void> {
  if (context.isPoisonQueue) return;
  const { maxDequeueCount, visibilityTimeout } = context.settings;
  if (message.dequeueCount >= maxDequeueCount) return toPoison(context, message, receipt);
  await unlessLost(
    context.queue.updateMessage(message.messageId, receipt, undefined, Math.round(visibilityTimeout / 1000)),
  );
}

async function toPoison(context: Context, message: DequeuedMessageItem, receipt: string): Promise<void> {
  const queueName = `${context.queueName}-poison`;
  await sendCreating({ service: context.service, queueName }, message.messageText);
  context.log(
    `warning: message ${message.messageId} for ${context.fn.name} moved to ${queueName} after ${message.dequeueCount} tries`,
  );
  await remove(context, message, receipt);
}

async function remove({ queue }: Context, message: DequeuedMessageItem, receipt: string): Promise<void> {
  await unlessLost(queue.deleteMessage(message.messageId, receipt));
}

function keepLease({ queue, leaseSeconds, gone, log }: Context, message: DequeuedMessageItem): Lease {
  let receipt = message.popReceipt;
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, gone]);
  const renew = async (): Promise<void> => {
    while (await pause((leaseSeconds * 1000) / 2, signal)) {
      try {
        receipt =
          (await queue.updateMessage(message.messageId, receipt, undefined, leaseSeconds)).popReceipt ?? receipt;
      } catch (error) {
        log(`warning: the lease of message ${message.messageId} could not be renewed: ${String(error)}`);
        if (isLost(error)) return;
      }
    }
  };
  const renewing = renew();
  return {
    receipt: () => receipt,
    end: () => {
      ended.abort();
      return renewing;
    },
  };
}

async function unlessLost(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isLost(error)) throw error;
  }
}

function metadataOf(message: DequeuedMessageItem, text: string): Record<string, TypedData> {
  return {
    QueueTrigger: { string: text },
    DequeueCount: { int: message.dequeueCount },
    Id: { string: message.messageId },
    PopReceipt: { string: message.popReceipt },
    InsertionTime: { string: message.insertedOn.toISOString() },
    ExpirationTime: { string: message.expiresOn.toISOString() },
    NextVisibleTime: { string: message.nextVisibleOn.toISOString() },
  };
}
