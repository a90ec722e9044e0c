import type { SentCard } from "../workflow/ports.ts";

/** Where a card was when its button was pressed, as the activity says. */
export type CardPlace = {
  readonly tenantId: string | null;
  readonly channelId: string;
  /** With `;messageid=` when the client sends it. */
  readonly conversationId: string;
  readonly replyToId: string | null;
};

/**
 * Whether a click came from the very card that was sent for the request (teams.md 4.5).
 *
 * `stale-copy`: the right channel, but not the message that we remember, as after a doubled post: it shows the present
 * state and takes no vote. `foreign`: another channel or tenant, which our card was never sent to.
 */
export function belongsTo(
  click: { readonly conversation: CardPlace },
  sent: SentCard,
): "same-card" | "stale-copy" | "foreign" {
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
