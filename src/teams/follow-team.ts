import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { Connector } from "./connector.ts";
import type { ConversationReference, Conversations } from "./conversations.ts";
import { channelNameOf, type TeamEvent } from "./team-event.ts";

export type TeamMeans = {
  readonly conversations: Conversations;
  readonly channelsOf: Connector["channelsOf"];
  readonly log: Log;
};

type Team = Pick<ConversationReference, "tenantId" | "teamId">;

const writesAtOnce = 10;

/**
 * Keeps what is known of a team's channels in step with what happens to them. True when cards may go to a channel that was
 * closed or unknown before.
 *
 * The channel that the event names is kept first: when the list of the others cannot be read, a later event or
 * `listNamelessTeams` gets it, and nothing of the event is lost. A channel that may come back is kept as not usable.
 */
export async function followTeam(event: TeamEvent, means: TeamMeans): Promise<boolean> {
  switch (event.kind) {
    case "installed":
      await keep([event.reference], means);
      // Without a list, what was known before counts again.
      if (!(await listTeam(event.reference, means))) await reopen(event.reference, means);
      return true;
    case "channel-opened":
      await keep([event.reference], means);
      return true;
    case "removed":
      await close(event, means);
      return false;
    case "team-renamed": {
      const known = await channelsIn(event, means);
      await keep(
        known.map((one) => ({ ...one, teamName: event.teamName })),
        means,
      );
      return false;
    }
  }
}

/**
 * Asks for the channels of those teams whose list never came, which shows by a channel without a name. Never throws: the
 * sweep has more to do than this.
 */
export async function listNamelessTeams(means: TeamMeans): Promise<void> {
  try {
    const nameless = (await means.conversations.list()).filter(({ usable, channelName }) => usable && !channelName);
    const teams = new Map(nameless.map((one) => [`${one.tenantId} ${one.teamId}`, one]));
    for (const one of teams.values()) await listTeam(one, means);
  } catch (error) {
    means.log.warn("the teams that the bot is in cannot be looked through", { error: messageOf(error) });
  }
}

/** The list is the truth: what is on it can be used, what is not cannot. False when there is none. */
async function listTeam(base: ConversationReference, means: TeamMeans): Promise<boolean> {
  const listed = await askFor(base, means);
  if (!listed) return false;
  const ids = new Set(listed.map(({ id }) => id));
  const open = listed.map(({ id, name }) => ({
    ...base,
    channelId: id,
    channelName: channelNameOf(base.teamId, id, name),
    usable: true,
  }));
  const gone = (await channelsIn(base, means)).filter(({ channelId }) => !ids.has(channelId));
  await keep([...open, ...gone.map((one) => ({ ...one, usable: false }))], means);
  return true;
}

async function reopen(team: Team, means: TeamMeans): Promise<void> {
  const known = await channelsIn(team, means);
  await keep(
    known.map((one) => ({ ...one, usable: true })),
    means,
  );
}

async function askFor(base: ConversationReference, { channelsOf, log }: TeamMeans) {
  try {
    const outcome = await channelsOf(base);
    // A team without channels does not exist.
    if (outcome.kind === "listed" && outcome.channels.length > 0) return outcome.channels;
    const why = outcome.kind === "listed" ? "an empty list" : outcome.kind;
    log.warn("a team's channels were not listed; only the known ones are used", { team: base.teamId, why });
  } catch (error) {
    log.warn("a team's channels cannot be listed now; only the known ones are used", {
      team: base.teamId,
      error: messageOf(error),
    });
  }
  return undefined;
}

async function close(event: Extract<TeamEvent, { kind: "removed" }>, means: TeamMeans): Promise<void> {
  const closed = (await channelsIn(event, means)).filter(
    ({ channelId }) => event.channelId === null || event.channelId === channelId,
  );
  if (!event.forGood) {
    await keep(
      closed.map((one) => ({ ...one, usable: false })),
      means,
    );
    return;
  }
  for (const { tenantId, channelId } of closed) await means.conversations.forget(tenantId, channelId);
}

async function channelsIn(team: Team, { conversations }: TeamMeans): Promise<readonly ConversationReference[]> {
  return (await conversations.list()).filter(
    ({ tenantId, teamId }) => tenantId === team.tenantId && teamId === team.teamId,
  );
}

/** Writes what changed. A name that an event leaves out is not forgotten. */
async function keep(references: readonly ConversationReference[], { conversations }: TeamMeans): Promise<void> {
  const known = new Map((await conversations.list()).map((one) => [keyOf(one), one]));
  const changed = references.flatMap((reference) => {
    const before = known.get(keyOf(reference));
    const after = {
      ...reference,
      channelName: reference.channelName ?? before?.channelName ?? null,
      teamName: reference.teamName ?? before?.teamName ?? null,
      aadGroupId: reference.aadGroupId ?? before?.aadGroupId ?? null,
    };
    return before && isSame(before, after) ? [] : [after];
  });
  for (let at = 0; at < changed.length; at += writesAtOnce) {
    await Promise.all(changed.slice(at, at + writesAtOnce).map((one) => conversations.keep(one)));
  }
}

function keyOf({ tenantId, channelId }: ConversationReference): string {
  return `${tenantId} ${channelId}`;
}

function isSame(one: ConversationReference, other: ConversationReference): boolean {
  const flat = (reference: ConversationReference) => JSON.stringify(Object.entries(reference).sort());
  return flat(one) === flat(other);
}
