/**
 * A channel that the bot was installed in: all that is needed to post there later (teams.md 2.1).
 *
 * Everything but the tenant is what Teams said in the install event, and `serviceUrl` was allow-listed before it got here.
 */
export type ConversationReference = {
  readonly serviceUrl: string;
  readonly tenantId: string;
  readonly teamId: string;
  readonly aadGroupId: string | null;
  readonly channelId: string;
  readonly channelName: string | null;
  readonly botId: string;
};

/** The channels that cards can go to. Teams' own need, so the port lives here and not with the workflow's. */
export interface Conversations {
  /** Keeps the reference; the same channel told again replaces what was known of it. */
  keep(reference: ConversationReference): Promise<void>;
  /** The bot was removed from the channel. Forgetting an unknown channel is no fault. */
  forget(tenantId: string, channelId: string): Promise<void>;
  /** Every channel that the bot is in, in no order. */
  list(): Promise<readonly ConversationReference[]>;
}
