import type { TransactionAction } from "@azure/data-tables";
import { columnsOf, freshRow } from "../src/azure/service-row.ts";
import { openStorage } from "../src/azure/storage.ts";
import { compose } from "../src/compose.ts";
import { readWakeUp } from "../src/intake/wake-up.ts";
import { serviceKey } from "../src/requests/request-id.ts";
import { readConfig } from "../src/runtime/config.ts";
import { currentPolicies, policyFingerprint } from "../src/workflow/judge.ts";
import { reconcile } from "../src/workflow/reconcile.ts";
import { reviewService } from "../src/workflow/review-service.ts";
import { markOf } from "../src/workflow/sweep-plan.ts";
import { costOf } from "./process-cost.ts";

/*
 * The app of bench/sweep.ts in a process of its own: it does what it is told by messages and answers with what it took. In a functions
 * host the sweep and the reviews are the same code; here no host is in the way of what is measured.
 */
const silent = {
  info: () => {},
  warn: () => {},
  error: (message: string, fields?: object) => console.error(message, fields),
};
const app = await compose(readConfig(process.env));
const ports = app.ports(silent);
const storage = openStorage({ connectionString: process.env["PLGATE_STORAGE_CONNECTION"] ?? "" });
// As many reviews at once as host.json lets one host do.
const lanes = 12;

const acts: Readonly<Record<string, () => Promise<object>>> = {
  "look at all": remember,
  sweep: async () => {
    const { measures, ...sweep } = await reconcile(ports);
    return { ...sweep, undecided: measures.undecided };
  },
  review: reviewAll,
};

process.on("message", (what: string) => {
  const began = Date.now();
  const before = costOf(process.pid);
  const act = acts[what];
  if (!act) throw new Error(`nobody knows how to ${what}`);
  act().then(
    (answer) => {
      const after = costOf(process.pid);
      const cpuSeconds = (after?.cpuSeconds ?? 0) - (before?.cpuSeconds ?? 0);
      process.send?.({ ...answer, seconds: (Date.now() - began) / 1000, cpuSeconds, peakMiB: after?.peakMiB ?? 0 });
    },
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.({ ready: true });

/** Leaves at every service what a review leaves that found nothing to do. */
async function remember(): Promise<object> {
  const [{ items }, policies] = await Promise.all([ports.finder.list(), currentPolicies(ports)]);
  const now = { mode: ports.settings.mode, policies: policyFingerprint(policies) };
  const bySubscription = Map.groupBy(items, ({ ref }) => ref.subscriptionId);
  for (const [partitionKey, own] of bySubscription) {
    const actions: TransactionAction[] = own.map((item) => {
      const row = { ...freshRow(item.ref), digest: markOf(item, now), lastReviewedAt: new Date() };
      return ["upsert", { partitionKey, rowKey: serviceKey(item.ref.id), ...columnsOf(row) }, "Replace"];
    });
    for (let at = 0; at < actions.length; at += 100)
      await storage.services.submitTransaction(actions.slice(at, at + 100));
  }
  return { services: items.length };
}

/** Takes wake-ups until there are none, as the queue trigger does. */
async function reviewAll(): Promise<object> {
  let reviews = 0;
  const lane = async () => {
    for (;;) {
      const { receivedMessageItems } = await storage.reviews.receiveMessages({
        numberOfMessages: 1,
        visibilityTimeout: 600,
      });
      const [message] = receivedMessageItems;
      if (!message) return;
      const text: unknown = JSON.parse(Buffer.from(message.messageText, "base64").toString("utf8"));
      const wakeUp = readWakeUp(text, app.config.subscriptions);
      if (wakeUp) await reviewService(wakeUp.service, wakeUp.door, ports);
      await storage.reviews.deleteMessage(message.messageId, message.popReceipt);
      reviews += 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return { reviews };
}
