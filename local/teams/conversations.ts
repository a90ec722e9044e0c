/** A message as the bot sent it. */
export type SentActivity = Readonly<Record<string, unknown>>;

/** A conversation in a channel: what a card opened, with what was said under it. */
export type Thread = {
  /** With `;messageid=`. */
  readonly conversationId: string;
  readonly channelId: string;
  readonly activityId: string;
  /** Whether people see a card there now, or a line of text. */
  readonly shows: "card" | "text";
  /** As last updated. */
  readonly activity: SentActivity;
  /** Every version, the first one included. */
  readonly versions: readonly SentActivity[];
  readonly replies: readonly SentActivity[];
};

type Post = { readonly id: string; readonly versions: SentActivity[] };
type OpenThread = { readonly channelId: string; readonly posts: Post[] };

/** The conversations of a fake connector, in memory. Message ids grow like Teams' own: digits of a time. */
export function createConversations(now: () => Date) {
  const threads = new Map<string, OpenThread>();
  let lastId = 0;

  function nextId(): string {
    lastId = Math.max(lastId + 1, now().getTime());
    return String(lastId);
  }

  return {
    open(channelId: string, activity: SentActivity): { readonly conversationId: string; readonly activityId: string } {
      const activityId = nextId();
      const conversationId = `${channelId};messageid=${activityId}`;
      threads.set(conversationId, { channelId, posts: [{ id: activityId, versions: [activity] }] });
      return { conversationId, activityId };
    },
    /** The id of the reply, or undefined when there is no such conversation. */
    reply(conversationId: string, activity: SentActivity): string | undefined {
      const id = nextId();
      const posts = threads.get(conversationId)?.posts;
      posts?.push({ id, versions: [activity] });
      return posts && id;
    },
    update(conversationId: string, activityId: string, activity: SentActivity) {
      const thread = threads.get(conversationId);
      if (!thread) return "no-conversation";
      const post = thread.posts.find((one) => one.id === activityId);
      post?.versions.push(activity);
      return post ? "updated" : "no-activity";
    },
    /** In the order in which they were opened. */
    threads(): readonly Thread[] {
      return [...threads].flatMap(([conversationId, { channelId, posts }]) => {
        const [first, ...replies] = posts;
        if (!first) return [];
        return [
          {
            conversationId,
            channelId,
            activityId: first.id,
            shows: hasCard(latest(first)) ? "card" : "text",
            activity: latest(first),
            versions: [...first.versions],
            replies: replies.map(latest),
          },
        ];
      });
    },
  };
}

export type Conversations = ReturnType<typeof createConversations>;

function hasCard({ attachments }: SentActivity): boolean {
  return Array.isArray(attachments) && attachments.length > 0;
}

function latest(post: Post): SentActivity {
  return post.versions.at(-1) ?? {};
}
