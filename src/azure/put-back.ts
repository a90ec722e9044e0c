import type { QueueClient } from "@azure/storage-queue";
import { bounded } from "./storage.ts";
import { storageError } from "./storage-errors.ts";

/**
 * Puts a message that is not for this version of plgate into the queue again, as it came and for later: the host took it out,
 * and would put it among those that failed. Meanwhile a host of the newer version may have it.
 */
export async function putBack(queue: QueueClient, message: unknown, seconds: number): Promise<void> {
  const text = Buffer.from(typeof message === "string" ? message : JSON.stringify(message), "utf8").toString("base64");
  try {
    await bounded((call) => queue.sendMessage(text, { ...call, visibilityTimeout: seconds }));
  } catch (error) {
    throw storageError("a message cannot be put back into the queue", error);
  }
}
