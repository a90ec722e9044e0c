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
  const log = lineLog(context);
  const plgate = await openApp();
  const wakeUp = readWakeUp(message, plgate.config.subscriptions);
  if (!wakeUp) return log.error("a message of the queue is no wake-up and was dropped");
  const outcome = await reviewService(wakeUp.service, wakeUp.door, plgate.ports(log));
  log.info("reviewed", { service: wakeUp.service.id, door: wakeUp.door, outcome: outcome.kind });
};

app.storageQueue("review-service", { queueName: "reviews", connection: "PlgateStorage", handler: review });
