import { QueueServiceClient, RestError } from "@azure/storage-queue";
import type { InvocationResponse, TypedData } from "./core-module.ts";
import type { QueueSettings } from "./host-json.ts";

/** A client of a storage account's queues. The SDK's own first retry comes after four seconds, too late for a host that polls anyway. */
export function queueService(connectionString: string): QueueServiceClient {
  return QueueServiceClient.fromConnectionString(connectionString, {
    retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
  });
}

/** Undefined if the text is not what `messageEncoding` says. */
export function decodeMessage(text: string, encoding: QueueSettings["messageEncoding"]): string | undefined {
  if (encoding === "none") return text;
  const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
  return isBase64 ? Buffer.from(text, "base64").toString("utf8") : undefined;
}

function encodeMessage(text: string, encoding: QueueSettings["messageEncoding"]): string {
  return encoding === "none" ? text : Buffer.from(text).toString("base64");
}

/** A queue of an account; it need not exist. */
export type QueueTarget = { readonly service: QueueServiceClient; readonly queueName: string };

/** Sends what an invocation put into its queue outputs; an array is one message per element [K]. A missing queue is created (A.3 no. 26). */
export async function writeQueueOutputs(
  response: InvocationResponse,
  targets: ReadonlyMap<string, QueueTarget>,
  encoding: QueueSettings["messageEncoding"],
): Promise<void> {
  const outputs = [...(response.outputData ?? []), { name: "$return", data: response.returnValue }];
  for (const { name, data } of outputs) {
    const target = targets.get(name);
    if (target === undefined || data === undefined || data === null) continue;
    for (const text of messagesOf(data)) await sendCreating(target, encodeMessage(text, encoding));
  }
}

/** Sends a message as it is, creating the queue if there is none. */
export async function sendCreating({ service, queueName }: QueueTarget, text: string): Promise<void> {
  const queue = service.getQueueClient(queueName);
  try {
    await queue.sendMessage(text);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await queue.createIfNotExists();
    await queue.sendMessage(text);
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

/** Whether somebody else took, changed or deleted the message meanwhile: nothing is left to do (no. 26). */
export function isLost(error: unknown): boolean {
  return (
    isNotFound(error) || (error instanceof RestError && error.statusCode === 400 && error.code === "PopReceiptMismatch")
  );
}

function messagesOf(data: TypedData): string[] {
  if (data.json) {
    const value: unknown = JSON.parse(data.json);
    return Array.isArray(value)
      ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item)))
      : [data.json];
  }
  if (data.bytes) return [Buffer.from(data.bytes).toString("utf8")];
  return [String(data.string ?? data.int ?? data.double ?? "")];
}
