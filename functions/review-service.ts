import { app, type StorageQueueHandler } from "@azure/functions";
import { openApp } from "../src/compose.ts";
import { readWakeUp } from "../src/intake/wake-up.ts";
import { lineLog } from "../src/runtime/log.ts";
import { reviewService } from "../src/workflow/review-service.ts";

/**
 * Reviews the service that a wake-up names. A message that is no wake-up will never become one: it is dropped and said.
 * Any other fault is thrown, so that the queue delivers again.
 */
export const review: StorageQueueHandler = async (message, context) => {
  const plgate = await openApp();
  const wakeUp = readWakeUp(message, plgate.config.subscriptions);
  if (!wakeUp) return lineLog(context).error("a message of the queue is no wake-up and was dropped");
  const { service, door, correlation = context.invocationId } = wakeUp;
  const log = lineLog(context, { correlation });
  await plgate.telemetry.trace(correlation, "review", { service: service.id, door }, async () => {
    const outcome = await reviewService(service, door, plgate.ports(log), correlation);
    log.info("reviewed", { service: service.id, door, outcome: outcome.kind });
  });
};

app.storageQueue("review-service", { queueName: "reviews", connection: "PlgateStorage", handler: review });
