import { createServer } from "node:http";
import { type Answer, type Call, isObject, listen, objectIn, type Route } from "../exchange.ts";

/** A card as it stands in a channel now. */
export type StandingCard = {
  readonly conversationId: string;
  readonly activityId: string;
  readonly card: Readonly<Record<string, unknown>>;
};

export type ConnectorTap = {
  /** The `serviceUrl` that the app is told. */
  readonly serviceUrl: string;
  /** Every card that was posted through here, in its latest form, the oldest first. */
  readonly cards: () => readonly StandingCard[];
  /** Keeps updates of cards back until the release is called: a client that has not heard yet. Posts and replies go on. */
  holdUpdates(): () => void;
  stop(): Promise<void>;
};

type Cards = Map<string, StandingCard>;

/**
 * Stands between the app and the Playground's Bot Connector and passes every call on unchanged. It only remembers which card
 * stands where, so that the demo can show in a terminal what people see in the channel.
 */
export async function startConnectorTap(target: () => string): Promise<ConnectorTap> {
  const cards: Cards = new Map();
  let held: Promise<void> | undefined;
  const { port, stop } = await listen(createServer(), 0, [passOn(target, cards, () => held)]);
  return {
    serviceUrl: `http://127.0.0.1:${port}/`,
    cards: () => [...cards.values()],
    holdUpdates: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
      };
    },
    stop,
  };
}

function passOn(target: () => string, cards: Cards, held: () => Promise<void> | undefined): Route {
  return async (call) => {
    if (call.method === "PUT") await held();
    const answer = await fetch(`${target().replace(/\/$/, "")}${call.path}`, {
      method: call.method,
      headers: { "content-type": "application/json", authorization: call.headers.authorization ?? "" },
      ...(call.body ? { body: call.body } : {}),
      signal: AbortSignal.timeout(30_000),
    });
    const body = await answer.text();
    if (answer.ok) remember(call, body, cards);
    return { status: answer.status, headers: { "content-type": "application/json" }, body } satisfies Answer;
  };
}

function remember(call: Call, answer: string, cards: Cards): void {
  const sent = objectIn(call.body);
  const activity = isObject(sent?.["activity"]) ? sent["activity"] : sent;
  const [attachment] = Array.isArray(activity?.["attachments"]) ? activity["attachments"] : [];
  const card = isObject(attachment) && isObject(attachment["content"]) ? attachment["content"] : undefined;
  if (!card) return;
  const [, conversation, updated] = /\/v3\/conversations\/([^/]+)\/activities\/([^/]+)$/.exec(call.path) ?? [];
  if (!conversation || !updated) {
    rememberPost(objectIn(answer), card, cards);
    return;
  }
  // The first update makes the card of what was announced as a line of text.
  const [conversationId, activityId] = [decodeURIComponent(conversation), decodeURIComponent(updated)];
  cards.set(activityId, { conversationId, activityId, card });
}

function rememberPost(answer: ReturnType<typeof objectIn>, card: StandingCard["card"], cards: Cards): void {
  const { id, activityId } = answer ?? {};
  if (typeof id === "string" && typeof activityId === "string")
    cards.set(activityId, { conversationId: id, activityId, card });
}
