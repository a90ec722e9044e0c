import { randomUUID } from "node:crypto";
import { type Broker, type BrokerOptions, openBroker } from "./broker.ts";
import type { CloudEvent, GridEvent } from "./grid-event.ts";
import { startTopicServer } from "./topic-server.ts";

export type EventGridOptions = BrokerOptions & {
  /** PEM, from the local authority. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** A free one unless said. */
  readonly port?: number;
  /** Opens the custom topic to bearer tokens that it resolves for; without it only the key opens it. */
  readonly verifyToken?: (jwt: string) => Promise<unknown>;
};

export type EventGrid = Omit<Broker, "relay"> & {
  /** The custom topic is at `<url>/api/events`. */
  readonly url: string;
  /** Opens the custom topic (`aeg-sas-key`); made at each start. */
  readonly topicKey: string;
  /** What was published on the custom topic, oldest first. */
  received(): readonly (GridEvent | CloudEvent)[];
};

/**
 * An Event Grid for one laptop (local-azure.md section C): system topics fed by the local ARM, one custom topic over
 * https, event subscriptions with handshake, filters, retries and dead letters. In memory; on loopback only.
 */
export async function startEventGrid(options: EventGridOptions): Promise<EventGrid> {
  const { relay, ...broker } = openBroker(options);
  const topicKey = randomUUID();
  const received: (GridEvent | CloudEvent)[] = [];
  const access = { key: topicKey, verifyToken: options.verifyToken };
  const topic = await startTopicServer({ tls: options.tls, port: options.port ?? 0, access }, (published) => {
    received.push(published.event);
    relay(published);
  });
  return {
    ...broker,
    url: topic.url,
    topicKey,
    received: () => [...received],
    async stop() {
      await Promise.all([topic.close(), broker.stop()]);
    },
  };
}
