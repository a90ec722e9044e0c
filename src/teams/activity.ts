import * as z from "zod";
import { isGuid } from "../connection/arm-id.ts";
import { justificationLimit } from "./approval-card.ts";
import { type CardPlace, channelPart } from "./card-place.ts";
import { type Envelope, envelope, nameOf, tenantOf } from "./envelope.ts";
import { installation, membership, type ReadEvent, type TeamEvent } from "./team-event.ts";

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
  | TeamEvent
  | Click
  | { readonly kind: "ignored"; readonly why: string }
  /** `via` says how a person has to be answered; null when nobody waits for an answer. */
  | { readonly kind: "invalid"; readonly why: string; readonly via: Click["via"] | null };

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
      return told(installation(activity));
    case "conversationUpdate":
      return told(membership(activity));
    case "invoke":
      return execute(activity);
    case "message":
      return submit(activity);
    default:
      return ignored(`an activity of type ${activity.type}`);
  }
}

function told(event: ReadEvent): TeamsActivity {
  if (typeof event === "string") return ignored(event);
  return "invalid" in event ? invalidBecause(event.invalid, null) : event;
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
