import * as z from "zod";

const id = z.string().min(1).max(300);
const text = z.string().max(300);

/** What plgate reads of the activities that Teams sends, whatever else they hold (teams.md 2). */
export const envelope = z.object({
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
      team: z.object({ id, aadGroupId: id.nullish(), name: z.string().nullish() }).nullish(),
      channel: z.object({ id, name: z.string().nullish(), type: text.nullish() }).nullish(),
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

export type Envelope = z.infer<typeof envelope>;

/** The tenant of an activity in lower case, or null where it names none. */
export function tenantOf({ channelData, conversation }: Envelope): string | null {
  return (channelData?.tenant?.id ?? conversation.tenantId)?.toLowerCase() ?? null;
}

/** A name that somebody else chose, cut to a hundred characters. */
export function nameOf(name: string): string {
  return Array.from(name.slice(0, 1000)).slice(0, 100).join("").trim();
}
