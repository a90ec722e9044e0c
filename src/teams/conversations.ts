/**
 * A channel of a team that the bot was installed in: all that is needed to post there (teams.md 2.1).
 *
 * What it says comes from Teams' events and from its list of channels; `serviceUrl` was allow-listed before it got here.
 */
export type ConversationReference = {
  readonly serviceUrl: string;
  readonly tenantId: string;
  readonly teamId: string;
  readonly teamName: string | null;
  readonly aadGroupId: string | null;
  readonly channelId: string;
  readonly channelName: string | null;
  readonly botId: string;
  /** False while nothing can be posted there: the bot is out, the team is archived, or the channel is deleted. */
  readonly usable: boolean;
};

/** The channels that cards can go to. Teams' own need, so the port lives here and not with the workflow's. */
export interface Conversations {
  /** Keeps the reference; the same channel told again replaces what was known of it. */
  keep(reference: ConversationReference): Promise<void>;
  /** The channel is gone for good. Forgetting an unknown channel is no fault. */
  forget(tenantId: string, channelId: string): Promise<void>;
  /** Every channel that the bot was ever let into, usable or not, in no order. */
  list(): Promise<readonly ConversationReference[]>;
}
