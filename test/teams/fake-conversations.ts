import type { ConversationReference, Conversations } from "../../src/teams/conversations.ts";

/** The channels that the bot is in, in memory. */
export class FakeConversations implements Conversations {
  readonly #known = new Map<string, ConversationReference>();

  constructor(...known: readonly ConversationReference[]) {
    for (const reference of known) this.#known.set(keyOf(reference.tenantId, reference.channelId), reference);
  }

  async keep(reference: ConversationReference): Promise<void> {
    this.#known.set(keyOf(reference.tenantId, reference.channelId), reference);
  }

  async forget(tenantId: string, channelId: string): Promise<void> {
    this.#known.delete(keyOf(tenantId, channelId));
  }

  async list(): Promise<readonly ConversationReference[]> {
    return [...this.#known.values()];
  }
}

function keyOf(tenantId: string, channelId: string): string {
  return `${tenantId.toLowerCase()}|${channelId}`;
}
