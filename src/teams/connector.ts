import * as z from "zod";
import { PlgateError } from "../runtime/errors.ts";
import type { SentCard } from "../workflow/ports.ts";
import type { AdaptiveCard } from "./adaptive-card.ts";
import { channelPart, messagePart } from "./card-place.ts";
import { type CallMeans, type CallOutcome, callConnector } from "./connector-call.ts";
import type { ConversationReference } from "./conversations.ts";

/** What goes into a channel: a card, and the line that notifications show. */
export type CardMessage = { readonly summary: string; readonly card: AdaptiveCard };

export type Refused = Exclude<CallOutcome, { kind: "done" }>;
export type Posted = { readonly kind: "posted" } & Pick<SentCard, "conversationId" | "activityId">;
type Done = { readonly kind: "done" };
/** A team's own list. General comes without a name, because clients translate it. */
type Listed = {
  readonly kind: "listed";
  readonly channels: readonly { readonly id: string; readonly name: string | null }[];
};

/**
 * The calls of the Bot Connector that plgate makes. Faults are thrown, as `callConnector` says.
 *
 * Calls wait until the channel's limits allow them, up to 45 s; `waitMs` is for those who cannot wait so long. One whose turn
 * does not come throws a retryable PlgateError and has sent nothing.
 */
export type Connector = {
  /**
   * Starts a thread in a channel with a line of plain text, which `updateActivity` turns into a card.
   * Not idempotent: a call that fails on the way may have posted. Two lines do less harm than two cards with buttons.
   */
  announce(channel: ConversationReference, text: string, waitMs?: number): Promise<Posted | Refused>;
  /** Replaces the card for everybody (teams.md 2.5). */
  updateActivity(card: SentCard, message: CardMessage, waitMs?: number): Promise<Done | Refused>;
  /** Writes below the card (teams.md 2.6). The text is read as Markdown. */
  reply(card: SentCard, text: string, waitMs?: number): Promise<Done | Refused>;
  /** The channels of a team that the bot is in. Private ones are not in the list: a bot cannot be in them. */
  channelsOf(team: Pick<ConversationReference, "serviceUrl" | "teamId">): Promise<Listed | Refused>;
};

// Whoever adds the bot to a team waits for the answer to that event, and the list may come later.
const listWaitMs = 3_000;

export function connector(means: CallMeans): Connector {
  const open = async (channel: ConversationReference, activity: object, waitMs: number | undefined) => {
    const { serviceUrl, channelId: place } = channel;
    const body = newConversation(channel, activity);
    const call = { serviceUrl, method: "POST", path: "v3/conversations", body, place, ...waiting(waitMs) } as const;
    const outcome = await callConnector(call, means);
    return outcome.kind === "done" ? postedOf(outcome.body) : outcome;
  };
  const change = async (method: "POST" | "PUT", path: string, card: SentCard, body: object, waitMs?: number) => {
    const place = channelPart(card.conversationId);
    return doneOr(
      await callConnector({ serviceUrl: card.serviceUrl, method, path, body, place, ...waiting(waitMs) }, means),
    );
  };
  return {
    announce: (channel, text, waitMs) => open(channel, { type: "message", textFormat: "plain", text }, waitMs),
    updateActivity: (card, message, waitMs) => {
      const path = `${activitiesOf(card)}/${encodeURIComponent(card.activityId)}`;
      return change("PUT", path, card, { ...cardActivity(message), id: card.activityId }, waitMs);
    },
    reply: (card, text, waitMs) => change("POST", activitiesOf(card), card, { type: "message", text }, waitMs),
    channelsOf: async ({ serviceUrl, teamId }) => {
      const path = `v3/teams/${encodeURIComponent(teamId)}/conversations`;
      // Asking has limits of its own, twice as wide as those of writing.
      const place = `the channels of ${teamId}`;
      const outcome = await callConnector({ serviceUrl, method: "GET", path, place, waitMs: listWaitMs }, means);
      return outcome.kind === "done" ? listedOf(outcome.body) : outcome;
    },
  };
}

function waiting(waitMs: number | undefined): { readonly waitMs?: number } {
  return waitMs === undefined ? {} : { waitMs };
}

function newConversation(channel: ConversationReference, activity: object): object {
  return {
    isGroup: true,
    bot: { id: channel.botId },
    tenantId: channel.tenantId,
    channelData: { channel: { id: channel.channelId }, tenant: { id: channel.tenantId } },
    activity,
  };
}

function cardActivity({ summary, card }: CardMessage): object {
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", summary, attachments: [{ contentType, content: card }] };
}

function activitiesOf({ conversationId }: SentCard): string {
  return `v3/conversations/${encodeURIComponent(conversationId)}/activities`;
}

const created = z.object({ id: z.string().min(1).max(500), activityId: z.string().min(1).max(300).nullish() });

function postedOf(body: unknown): Posted {
  const { data } = created.safeParse(body);
  const activityId = data?.activityId ?? messagePart(data?.id ?? "");
  if (data && activityId) return { kind: "posted", conversationId: data.id, activityId };
  // The card stands there, but nobody can find it again: trying once more would only post another.
  throw new PlgateError("the Bot Connector took a card and did not say where it is", { retryable: false });
}

// A team has at most a thousand channels that are not private.
const listing = z.object({
  conversations: z.array(z.object({ id: z.string().min(1).max(300), name: z.string().max(1000).nullish() })).max(2000),
});

function listedOf(body: unknown): Listed {
  const { data } = listing.safeParse(body);
  if (!data) throw new PlgateError("the Bot Connector's list of channels cannot be read", { retryable: false });
  return { kind: "listed", channels: data.conversations.map(({ id, name }) => ({ id, name: name ?? null })) };
}

function doneOr(outcome: CallOutcome): Done | Refused {
  return outcome.kind === "done" ? { kind: "done" } : outcome;
}
