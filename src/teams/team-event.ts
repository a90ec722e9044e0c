import { channelPart } from "./card-place.ts";
import type { ConversationReference } from "./conversations.ts";
import { type Envelope, nameOf, tenantOf } from "./envelope.ts";

/** What happened to a team or a channel, as far as it matters for posting there. */
export type TeamEvent =
  /** The bot came into a team, or the team came back: all its channels may be used. The reference is for one of them. */
  | { readonly kind: "installed"; readonly reference: ConversationReference }
  /** A channel came into being, came back or has another name. */
  | { readonly kind: "channel-opened"; readonly reference: ConversationReference }
  /** The bot left the team or the team was closed; with a channel, that channel alone. */
  | {
      readonly kind: "removed";
      readonly tenantId: string;
      readonly teamId: string;
      readonly channelId: string | null;
      /** False where it may come back: an archived team, a deleted channel. */
      readonly forGood: boolean;
    }
  | { readonly kind: "team-renamed"; readonly tenantId: string; readonly teamId: string; readonly teamName: string };

/** A text is why the activity does not matter; `invalid` is why it cannot be read. */
export type ReadEvent = TeamEvent | string | { readonly invalid: string };

/** An `installationUpdate`: `add` and `remove`, and the `-upgrade` of both when the app's version changes. */
export function installation(activity: Envelope): ReadEvent {
  if (activity.action?.startsWith("add")) return installed(activity);
  if (activity.action?.startsWith("remove")) return removed(activity, { forGood: false });
  return "an installation update that neither adds nor removes";
}

/**
 * A `conversationUpdate`: members, or one of Teams' own event types. New types may come at any time; they are passed over.
 */
export function membership(activity: Envelope): ReadEvent {
  const bot = activity.recipient?.id;
  const hasBot = (members: Envelope["membersAdded"]) => members?.some((member) => member.id === bot) ?? false;
  if (hasBot(activity.membersAdded)) return installed(activity);
  if (hasBot(activity.membersRemoved)) return removed(activity, { forGood: false });
  const read = readers.get(activity.channelData?.eventType ?? "");
  return read?.(activity) ?? "a change that is not about the bot";
}

const readers: ReadonlyMap<string, (activity: Envelope) => ReadEvent> = new Map([
  ["channelCreated", channelOpened],
  ["channelRenamed", channelOpened],
  ["channelRestored", channelOpened],
  ["channelDeleted", channelDeleted],
  ["teamArchived", (activity) => removed(activity, { forGood: false })],
  ["teamUnarchived", installed],
  ["teamRestored", installed],
  ["teamDeleted", (activity) => removed(activity, { forGood: false })],
  ["teamHardDeleted", (activity) => removed(activity, { forGood: true })],
  ["teamRenamed", teamRenamed],
]);

function installed(activity: Envelope): ReadEvent {
  if (!activity.channelData?.team || activity.conversation.conversationType === "personal") {
    return "an installation outside a team";
  }
  const reference = referenceOf(activity);
  return reference ? { kind: "installed", reference } : { invalid: "an installation without tenant or bot" };
}

function channelOpened(activity: Envelope): ReadEvent {
  const { team, channel } = activity.channelData ?? {};
  if (!team || !channel) return "a channel event without team or channel";
  // A bot of a team is not in its private and shared channels; where it is added to one, an installation tells.
  if (channel.type === "private" || channel.type === "shared") return "a channel that the bot is not in";
  const reference = referenceOf(activity);
  return reference ? { kind: "channel-opened", reference } : { invalid: "a channel event without tenant or bot" };
}

function channelDeleted(activity: Envelope): ReadEvent {
  const channelId = activity.channelData?.channel?.id;
  return channelId ? removed(activity, { channelId, forGood: false }) : "a deleted channel without its id";
}

function teamRenamed(activity: Envelope): ReadEvent {
  const team = activity.channelData?.team;
  const tenantId = tenantOf(activity);
  const teamName = nameOf(team?.name ?? "");
  if (!team || !teamName) return "a renamed team without its name";
  if (!tenantId) return { invalid: "a renamed team without tenant" };
  return { kind: "team-renamed", tenantId, teamId: team.id, teamName };
}

function referenceOf(activity: Envelope): ConversationReference | undefined {
  const { channelData, conversation, recipient } = activity;
  const { team, channel, settings } = channelData ?? {};
  const tenantId = tenantOf(activity);
  if (!team || !tenantId || !recipient) return undefined;
  const channelId = channelPart(channel?.id ?? settings?.selectedChannel?.id ?? conversation.id);
  const name = channel?.name ?? (channelId === channelPart(conversation.id) ? conversation.name : null);
  return {
    serviceUrl: activity.serviceUrl,
    tenantId,
    teamId: team.id,
    teamName: nameOf(team.name ?? "") || null,
    aadGroupId: team.aadGroupId ?? null,
    channelId,
    channelName: channelNameOf(team.id, channelId, name ?? null),
    botId: recipient.id,
    usable: true,
  };
}

/**
 * The name of a channel as people write it. Teams leaves out the first one's, because every client shows it in its own
 * language; that channel has the id of its team.
 */
export function channelNameOf(teamId: string, channelId: string, name: string | null): string | null {
  return nameOf(name ?? "") || (channelId === teamId ? "General" : null);
}

function removed(
  activity: Envelope,
  { channelId, forGood }: { readonly channelId?: string; readonly forGood: boolean },
): ReadEvent {
  const teamId = activity.channelData?.team?.id;
  const tenantId = tenantOf(activity);
  if (!teamId) return "a removal outside a team";
  if (!tenantId) return { invalid: "a removal without tenant" };
  return { kind: "removed", tenantId, teamId, channelId: channelId ?? null, forGood };
}
