import { app, type StorageQueueHandler } from "@azure/functions";
import { isNewerMessage, readWakeUp } from "../src/intake/wake-up.ts";
import { openApp } from "../src/open-app.ts";
import { messageOf, NotNow } from "../src/runtime/errors.ts";
import { lineLog } from "../src/runtime/log.ts";
import { reviewService } from "../src/workflow/review-service.ts";

const newerHostsMs = 15_000;

/**
 * Reviews the service that a wake-up names. A message that is no wake-up will never become one: it is dropped and said. One that
 * only a newer version of plgate can answer goes back into the queue. Any other fault is thrown, so that the queue delivers again.
 */
export const review: StorageQueueHandler = async (message, context) => {
  const plgate = await openApp();
  const putBack = async (why: string, waitMs: number) => {
    lineLog(context).info("a wake-up goes back into the queue", { why });
    await plgate.putBack(message, Math.ceil(waitMs / 1000));
    plgate.tellNewer(lineLog(context));
  };
  if (isNewerMessage(message)) return putBack("a newer version of plgate sent it", newerHostsMs);
  const wakeUp = readWakeUp(message, plgate.config.subscriptions);
  if (!wakeUp) return lineLog(context).error("a message of the queue is no wake-up and was dropped");
  const { service, door, correlation = context.invocationId } = wakeUp;
  const log = lineLog(context, { correlation });
  await plgate.telemetry.trace(correlation, "review", { service: service.id, door }, async () => {
    try {
      const outcome = await reviewService(service, door, plgate.ports(log), correlation);
      log.info("reviewed", { service: service.id, door, outcome: outcome.kind });
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      await putBack(messageOf(error), error.retryAfterMs);
    }
  });
};

app.storageQueue("review-service", { queueName: "reviews", connection: "PlgateStorage", handler: review });
