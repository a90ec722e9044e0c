import { type Answer, json } from "../exchange.ts";
import { botNotInstalled, conversationNotFound, notEnoughPermissions } from "./connector-answers.ts";

/** A team that the bot is in. As in Teams, its first channel has the team's id and no name. */
export type FakeTeam = {
  readonly id: string;
  readonly channels: readonly { readonly id: string; readonly name: string }[];
};

/** Why nothing can be posted in a channel. */
export type Closed = "archived" | "deleted" | "bot-removed";

/** The answer of a closed channel. That of an archived one is not documented: it is the nearest code that is. */
const answers: Readonly<Record<Closed, () => Answer>> = {
  archived: notEnoughPermissions,
  deleted: conversationNotFound,
  "bot-removed": botNotInstalled,
};

/** The teams and channels of a fake connector. A channel that it was not told of is open, too. */
export function teamChannels(teams: readonly FakeTeam[]) {
  const closed = new Map<string, Closed>();
  return {
    close(channelId: string, how: Closed): void {
      closed.set(channelId, how);
    },
    open(channelId: string): void {
      closed.delete(channelId);
    },
    /** What a call gets instead of its effect; undefined where the channel is open. */
    refusal(channelId: string): Answer | undefined {
      const how = closed.get(channelId);
      return how && answers[how]();
    },
    /** `GET v3/teams/{id}/conversations`. What an unknown team answers is not documented. */
    list(teamId: string): Answer {
      const team = teams.find(({ id }) => id === teamId);
      if (!team || closed.get(teamId) === "bot-removed") return botNotInstalled();
      const others = team.channels.filter(({ id }) => id !== teamId && closed.get(id) !== "deleted");
      return json(200, { conversations: [{ id: teamId }, ...others.map(({ id, name }) => ({ id, name }))] });
    },
  };
}

export type TeamChannels = ReturnType<typeof teamChannels>;
