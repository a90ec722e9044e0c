import type { SentCard } from "../workflow/ports.ts";

/** Where a card was when its button was pressed, as the activity says. */
export type CardPlace = {
  readonly tenantId: string | null;
  readonly channelId: string;
  /** With `;messageid=` when the client sends it. */
  readonly conversationId: string;
  readonly replyToId: string | null;
};

type Belonging = "same-card" | "stale-copy" | "foreign";

/**
 * Whether a click came from the very card that was sent for the request (teams.md 4.5), or from one of them.
 *
 * `stale-copy`: the right channel, but not the message that we remember, as after a doubled post: it shows the present
 * state and takes no vote. `foreign`: another channel or tenant, which our card was never sent to.
 */
export function belongsTo(click: { readonly conversation: CardPlace }, sent: readonly SentCard[]): Belonging {
  const found = sent.map((card) => belongingTo(click, card));
  return found.find((one) => one === "same-card") ?? found.find((one) => one === "stale-copy") ?? "foreign";
}

function belongingTo(click: { readonly conversation: CardPlace }, sent: SentCard): Belonging {
  const { tenantId, channelId, conversationId, replyToId } = click.conversation;
  if (tenantId?.toLowerCase() !== sent.tenantId.toLowerCase()) return "foreign";
  const channels = [channelPart(conversationId), channelPart(channelId)];
  if (channels.some((channel) => channel !== sent.channelId)) return "foreign";
  return (replyToId ?? messagePart(conversationId)) === sent.activityId ? "same-card" : "stale-copy";
}

const messageMark = ";messageid=";

/** The channel of a conversation: a thread in it has the same id with `;messageid=` behind. */
export function channelPart(conversationId: string): string {
  const at = conversationId.indexOf(messageMark);
  return at < 0 ? conversationId : conversationId.slice(0, at);
}

/** The message that a thread hangs on; null when the id names none. */
export function messagePart(conversationId: string): string | null {
  const at = conversationId.indexOf(messageMark);
  return at < 0 ? null : conversationId.slice(at + messageMark.length);
}
