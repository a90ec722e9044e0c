import { z } from "zod";
import { isGuid } from "../connection/arm-id.ts";
import { justificationLimit } from "./approval-card.ts";
import { type CardPlace, channelPart } from "./card-place.ts";
import type { ConversationReference } from "./conversations.ts";

/** Who pressed a button: known by object id and tenant; the name is only for people to read (teams.md 4.2). */
type Clicker = { readonly objectId: string; readonly tenantId: string; readonly name: string };

/** A button of a card. Of its data only request, verb and justification are taken; the rest is the ledger's business. */
export type Click = {
  readonly kind: "click";
  readonly requestId: string;
  readonly verb: "approve" | "reject" | "refresh";
  readonly justification: string;
  /** Null for a guest, a bot or an odd client that brings no object id: nobody is let through by name (teams.md 4.2). */
  readonly person: Clicker | null;
  readonly conversation: CardPlace;
  /** What the clicker reads, as their client says it: `ja-JP`. */
  readonly locale: string | null;
  /** `submit` is an old client's way: it has no answer in place (teams.md 2.8). */
  readonly via: "execute" | "submit";
};

export type TeamsActivity =
  | { readonly kind: "installed"; readonly reference: ConversationReference }
  /** The bot left a team, or (with a channel) the channel is gone. */
  | { readonly kind: "removed"; readonly tenantId: string; readonly teamId: string; readonly channelId: string | null }
  | Click
  | { readonly kind: "ignored"; readonly why: string }
  /** `via` says how a person has to be answered; null when nobody waits for an answer. */
  | { readonly kind: "invalid"; readonly why: string; readonly via: Click["via"] | null };

const id = z.string().min(1).max(300);
const text = z.string().max(300);

const envelope = z.object({
  type: text,
  name: text.nullish(),
  action: text.nullish(),
  serviceUrl: z.string().max(1000),
  from: z
    .object({ id, name: z.string().nullish(), aadObjectId: z.string().nullish(), tenantId: id.nullish() })
    .nullish(),
  recipient: z.object({ id }).nullish(),
  conversation: z.object({ id, tenantId: id.nullish(), conversationType: text.nullish(), name: z.string().nullish() }),
  channelData: z
    .object({
      tenant: z.object({ id }).nullish(),
      team: z.object({ id, aadGroupId: id.nullish() }).nullish(),
      channel: z.object({ id, name: z.string().nullish() }).nullish(),
      settings: z.object({ selectedChannel: z.object({ id: id.nullish() }).nullish() }).nullish(),
      eventType: text.nullish(),
    })
    .nullish(),
  membersAdded: z.array(z.object({ id })).max(1000).nullish(),
  membersRemoved: z.array(z.object({ id })).max(1000).nullish(),
  replyToId: id.nullish(),
  // A client that says it oddly shall not lose its click for it.
  locale: z.string().max(100).nullish().catch(null),
  value: z.unknown().optional(),
});

type Envelope = z.infer<typeof envelope>;

const pressed = z.object({
  requestId: z.string().min(1).max(100),
  justification: z.string().default(""),
});
const verb = z.enum(["approve", "reject", "refresh"]);
const executed = z.object({ action: z.object({ verb, data: pressed }) });
const submitted = pressed.extend({ verb });

/**
 * What Teams said, in our words. Only called with a body whose sender the verifier accepted.
 *
 * Never throws: what we do not need is ignored with a reason, what we cannot read is invalid with a reason. The same event
 * may come any number of times; each time it gives the same.
 */
export function parseActivity(body: unknown): TeamsActivity {
  const parsed = envelope.safeParse(body);
  if (!parsed.success) return invalid(parsed.error, null);
  const activity = parsed.data;
  switch (activity.type) {
    case "installationUpdate":
      return installation(activity);
    case "conversationUpdate":
      return membership(activity);
    case "invoke":
      return execute(activity);
    case "message":
      return submit(activity);
    default:
      return ignored(`an activity of type ${activity.type}`);
  }
}

function installation(activity: Envelope): TeamsActivity {
  if (activity.action?.startsWith("add")) return installed(activity);
  if (activity.action?.startsWith("remove")) return removed(activity, null);
  return ignored("an installation update that neither adds nor removes");
}

function membership(activity: Envelope): TeamsActivity {
  const bot = activity.recipient?.id;
  const hasBot = (members: Envelope["membersAdded"]) => members?.some((member) => member.id === bot) ?? false;
  if (hasBot(activity.membersAdded)) return installed(activity);
  if (hasBot(activity.membersRemoved)) return removed(activity, null);
  const { eventType, channel } = activity.channelData ?? {};
  if (eventType === "channelDeleted" && channel) return removed(activity, channel.id);
  if (eventType === "teamDeleted" || eventType === "teamHardDeleted") return removed(activity, null);
  return ignored("a change that is not about the bot");
}

function installed(activity: Envelope): TeamsActivity {
  const { channelData, conversation, recipient } = activity;
  const { team, channel, settings } = channelData ?? {};
  const tenantId = tenantOf(activity);
  if (!team || conversation.conversationType === "personal") return ignored("an installation outside a team");
  if (!tenantId || !recipient) return invalidBecause("an installation without tenant or bot", null);
  const channelId = channelPart(channel?.id ?? settings?.selectedChannel?.id ?? conversation.id);
  const name = channel?.name ?? (channelId === channelPart(conversation.id) ? conversation.name : null);
  return {
    kind: "installed",
    reference: {
      serviceUrl: activity.serviceUrl,
      tenantId,
      teamId: team.id,
      aadGroupId: team.aadGroupId ?? null,
      channelId,
      channelName: name ? nameOf(name) : null,
      botId: recipient.id,
    },
  };
}

function removed(activity: Envelope, channelId: string | null): TeamsActivity {
  const teamId = activity.channelData?.team?.id;
  const tenantId = tenantOf(activity);
  if (!teamId) return ignored("a removal outside a team");
  if (!tenantId) return invalidBecause("a removal without tenant", null);
  return { kind: "removed", tenantId, teamId, channelId };
}

function execute(activity: Envelope): TeamsActivity {
  if (activity.name !== "adaptiveCard/action") return ignored(`an invoke called ${activity.name ?? "nothing"}`);
  const parsed = executed.safeParse(activity.value);
  if (!parsed.success) return invalid(parsed.error, "execute");
  const { verb, data } = parsed.data.action;
  return click(activity, { ...data, verb }, "execute");
}

function submit(activity: Envelope): TeamsActivity {
  if (typeof activity.value !== "object" || activity.value === null) return ignored("a message, not a button");
  const parsed = submitted.safeParse(activity.value);
  if (!parsed.success) return invalid(parsed.error, "submit");
  return click(activity, parsed.data, "submit");
}

function click(
  activity: Envelope,
  { requestId, verb, ...said }: z.infer<typeof submitted>,
  via: Click["via"],
): TeamsActivity {
  const justification = said.justification.trim();
  if (Array.from(justification).length > justificationLimit) {
    return invalidBecause(`A justification has at most ${justificationLimit} characters.`, via);
  }
  const { conversation, channelData, replyToId } = activity;
  return {
    kind: "click",
    requestId,
    verb,
    justification,
    person: personOf(activity),
    conversation: {
      tenantId: tenantOf(activity),
      channelId: channelData?.channel?.id ?? channelPart(conversation.id),
      conversationId: conversation.id,
      replyToId: replyToId ?? null,
    },
    locale: activity.locale ?? null,
    via,
  };
}

function personOf(activity: Envelope): Clicker | null {
  const { from } = activity;
  // Somebody from outside in a shared channel says so; whoever says nothing is of the conversation's tenant.
  const tenantId = from?.tenantId?.toLowerCase() ?? tenantOf(activity);
  const objectId = from?.aadObjectId;
  // Bots have ids that begin with 28.
  if (!from || !objectId || !tenantId || !isGuid(objectId) || from.id.startsWith("28:")) return null;
  return { objectId: objectId.toLowerCase(), tenantId, name: nameOf(from.name ?? "") || "a person without a name" };
}

function tenantOf({ channelData, conversation }: Envelope): string | null {
  return (channelData?.tenant?.id ?? conversation.tenantId)?.toLowerCase() ?? null;
}

function nameOf(name: string): string {
  return Array.from(name.slice(0, 1000)).slice(0, 100).join("").trim();
}

function ignored(why: string): TeamsActivity {
  return { kind: "ignored", why };
}

function invalidBecause(why: string, via: Click["via"] | null): TeamsActivity {
  return { kind: "invalid", why, via };
}

/** Names what is wrong by its path, never by its content. */
function invalid(error: z.ZodError, via: Click["via"] | null): TeamsActivity {
  const [issue] = error.issues;
  return invalidBecause(
    `${issue?.path.join(".") || "the body"}: ${issue?.message ?? "cannot be read"}`.slice(0, 300),
    via,
  );
}
