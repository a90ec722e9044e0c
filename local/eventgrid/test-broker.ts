import type { TestContext } from "node:test";
import { type Broker, type BrokerOptions, openBroker } from "./broker.ts";
import type { EventSubscription } from "./event-subscription.ts";
import { startWebhook, type Webhook } from "./test-webhook.ts";
import { provider } from "./test-writes.ts";

export type Setup = { readonly broker: Broker; readonly webhook: Webhook; readonly log: readonly string[] };

/** Generous: a delivery takes milliseconds, and only a broken one takes longer. */
export const patienceMs = 30_000;

/** Retries fast enough for a test: ten seconds become ten milliseconds. */
export const fastRetries = { timeScale: 0.001 } as const;

/** A broker and a webhook that hears the whole subscription topic of the provider. */
export async function setUp(
  t: TestContext,
  options: {
    readonly broker?: BrokerOptions;
    readonly subscription?: Partial<EventSubscription>;
    readonly notification?: NonNullable<Parameters<typeof startWebhook>[0]>["notification"];
  } = {},
): Promise<Setup> {
  const log: string[] = [];
  const webhook = await startWebhook(options.notification ? { notification: options.notification } : {});
  const broker = openBroker({ log: (line) => log.push(line), ...options.broker });
  t.after(async () => {
    await broker.stop();
    await webhook.close();
  });
  await broker.subscribe({ ...subscriptionTo(webhook), ...options.subscription });
  return { broker, webhook, log };
}

export function subscriptionTo(webhook: Pick<Webhook, "url">): EventSubscription {
  return {
    name: "to-webhook",
    topic: { type: "Microsoft.Resources.Subscriptions", subscriptionId: provider.subscriptionId },
    destination: { kind: "webhook", url: `${webhook.url}/events?code=secret-key` },
    schema: "EventGridSchema",
  };
}

/** The events of all POSTs that reached the webhook, in the order of their arrival. */
export function arrived(webhook: Webhook): readonly Readonly<Record<string, unknown>>[] {
  return webhook.notifications.flatMap(({ body }) => body as Readonly<Record<string, unknown>>[]);
}
