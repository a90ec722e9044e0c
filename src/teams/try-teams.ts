import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Language } from "../words/language.ts";
import { sampleWords } from "../words/sample.ts";
import type { SentCard } from "../workflow/ports.ts";
import type { TokenSource } from "./bot-token.ts";
import type { Connector, Refused } from "./connector.ts";
import type { ConversationReference, Conversations } from "./conversations.ts";
import { sampleCard, sampleLine, sampleSummary } from "./sample-card.ts";

/** One thing that the test did, what it found, and what to do where that was not good. */
export type TriedStep = {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly remedy: string | null;
};

/** How a test went; steps after the first that failed were not tried. */
export type TeamsTrial = {
  readonly ok: boolean;
  readonly channel: string | null;
  readonly steps: readonly TriedStep[];
};

export type TrialWish = {
  /** Id or name of a channel; undefined: the one that cards go to. */
  readonly channel: string | undefined;
  /** The name of whoever asks. */
  readonly sentBy: string;
};

export type TrialMeans = {
  /** Undefined when no bot is configured. */
  readonly bot: { readonly appId: string; readonly withSecret: boolean } | undefined;
  /** Id or name of the channel that is configured (PLGATE_TEAMS_CHANNEL). */
  readonly fallback: string | undefined;
  readonly tokens: Pick<TokenSource, "token">;
  readonly connector: Pick<Connector, "announce" | "updateActivity" | "reply">;
  readonly conversations: Pick<Conversations, "list">;
  readonly tenantId: string;
  readonly language: Language;
  readonly now: () => Date;
  readonly sleep: (ms: number) => Promise<void>;
};

type Bot = NonNullable<TrialMeans["bot"]>;

/** A step that did not do; ends the test. */
class Failed extends Error {
  readonly remedy: string;
  constructor(detail: string, remedy: string) {
    super(detail);
    this.remedy = remedy;
  }
}

/**
 * Posts a test card as the bot, step by step, and tells how far it came: the app alone has the bot's identity.
 *
 * Nothing of it enters the ledger or the cards of requests. A second test posts a second test card and changes nothing else.
 * Faults of Teams are answers, not exceptions: whoever sets plgate up shall read what to do.
 */
export async function tryTeams(wish: TrialWish, means: TrialMeans): Promise<TeamsTrial> {
  const steps: TriedStep[] = [];
  const step: Take = async (name, act, detailOf) => {
    const done = await act();
    steps.push({ step: name, ok: true, detail: detailOf(done), remedy: null });
    return done;
  };
  const names = ["bot configured", "token obtained", "channels known", "channel chosen", ...posting];
  let channel: string | null = null;
  try {
    const bot = await step("bot configured", async () => configured(means), describeBot);
    await step(
      "token obtained",
      () => withToken(means, bot),
      () => "the identity of the app has a token for the bot",
    );
    const known = await step("channels known", () => knownChannels(means), described);
    const chosen = await step("channel chosen", async () => choose(known, wish, means), nameOf);
    channel = nameOf(chosen);
    await post(chosen, wish, means, step);
    return { ok: true, channel, steps };
  } catch (error) {
    const name = names[steps.length] ?? "Teams";
    const { detail, remedy } = explain(error, name);
    return { ok: false, channel, steps: [...steps, { step: name, ok: false, detail, remedy }] };
  }
}

type Take = <T>(name: string, act: () => Promise<T>, detailOf: (done: T) => string) => Promise<T>;

const posting = ["line posted", "line turned into a card", "reply in its thread"] as const;
// Teams sometimes does not find a message that is there; it turns up within seconds (teams.md 5).
const waitsForLostActivity = [500, 1500];

async function post(channel: ConversationReference, wish: TrialWish, means: TrialMeans, step: Take): Promise<void> {
  const { connector, language } = means;
  const [first, second, third] = posting;
  const card = await step(
    first,
    async () => sentTo(channel, accepted(await connector.announce(channel, sampleLine(language)))),
    ({ activityId }) => `message ${activityId} stands in the channel`,
  );
  await step(
    second,
    () => turn(card, channel, wish, means),
    () => "the message shows the test card now",
  );
  const text = sampleWords[language].reply;
  await step(
    third,
    async () => accepted(await connector.reply(card, text)),
    () => "a reply stands below the card",
  );
}

async function turn(
  card: SentCard,
  channel: ConversationReference,
  { sentBy }: TrialWish,
  means: TrialMeans,
): Promise<void> {
  const { connector, language, now, sleep } = means;
  const sample = sampleCard({ language, sentBy, channel: nameOf(channel), at: now() });
  const message = { summary: sampleSummary(language), card: sample };
  for (const wait of waitsForLostActivity) {
    const outcome = await connector.updateActivity(card, message);
    if (outcome.kind !== "not-found" || outcome.what !== "activity") return void accepted(outcome);
    await sleep(wait);
  }
  accepted(await connector.updateActivity(card, message));
}

function sentTo(
  { serviceUrl, tenantId, channelId }: ConversationReference,
  posted: Pick<SentCard, "conversationId" | "activityId">,
): SentCard {
  return { serviceUrl, tenantId, channelId, conversationId: posted.conversationId, activityId: posted.activityId };
}

function configured({ bot }: TrialMeans): Bot {
  if (bot) return bot;
  throw new Failed(
    "no bot is configured",
    "Set PLGATE_BOT_APP_ID to the client id of the identity that the bot is registered with, and deploy again.",
  );
}

function describeBot({ appId, withSecret }: Bot): string {
  return `bot ${appId}, ${withSecret ? "with a client secret" : "as the managed identity of the app"}`;
}

async function withToken({ tokens }: TrialMeans, { withSecret }: Bot): Promise<void> {
  try {
    await tokens.token();
  } catch (error) {
    const identity = "PLGATE_IDENTITY_CLIENT_ID has to name an identity that is assigned to the function app.";
    const secret = "Check PLGATE_BOT_SECRET: it has to be a valid secret of PLGATE_BOT_APP_ID in PLGATE_TENANT_ID.";
    throw new Failed(messageOf(error), withSecret ? secret : identity);
  }
}

async function knownChannels({ conversations, tenantId }: TrialMeans): Promise<readonly ConversationReference[]> {
  const known = (await conversations.list()).filter(
    (one) => one.usable && one.tenantId.toLowerCase() === tenantId.toLowerCase(),
  );
  if (known.length > 0) return known.toSorted((one, other) => (one.channelId < other.channelId ? -1 : 1));
  throw new Failed(
    "no channel has told plgate that the app was added",
    "Add the Teams app to a team. If it is there already, the bot's messages do not arrive: its endpoint in Azure has to be <address of plgate>/api/messages, and PLGATE_BOT_APP_ID its app id.",
  );
}

function described(known: readonly ConversationReference[]): string {
  return known.map(nameOf).join(", ");
}

function nameOf({ channelName, channelId }: ConversationReference): string {
  return channelName ?? channelId;
}

function choose(
  known: readonly ConversationReference[],
  { channel }: TrialWish,
  { fallback }: TrialMeans,
): ConversationReference {
  const wanted = channel ?? fallback;
  // Where cards go when nobody names a channel: the first by id.
  if (wanted === undefined) return known[0] ?? never();
  const named = known.filter(
    (one) => one.channelId === wanted || one.channelName?.toLowerCase() === wanted.toLowerCase(),
  );
  const [one, other] = named;
  if (one && !other) return one;
  if (one) {
    const ids = named.map(({ channelId }) => channelId).join(", ");
    throw new Failed(`${named.length} channels are called ${wanted}`, `Name one by its id: ${ids}`);
  }
  const where = `Known are ${known.map(({ channelId, channelName }) => `${channelName ?? "(no name)"} (${channelId})`).join(", ")}`;
  if (channel === undefined) {
    const detail = `PLGATE_TEAMS_CHANNEL names ${wanted}, and the app is in no such channel`;
    throw new Failed(detail, `${where}. Set it to one of them, or leave it empty.`);
  }
  const remedy = `${where}. Add the app to the team of the channel, and choose that channel when Teams asks.`;
  throw new Failed(`the app is in no channel ${wanted}`, remedy);
}

function never(): never {
  throw new PlgateError("a list with channels is empty", { retryable: false });
}

function accepted<T extends { readonly kind: string }>(outcome: T | Refused): T {
  if (!isRefused(outcome)) return outcome;
  if (outcome.kind === "forbidden") {
    throw new Failed(
      `Teams does not let the bot into the channel (${outcome.why})`,
      "Add the Teams app to the team, or remove it there and add it again. An administrator may have blocked the app for this team.",
    );
  }
  throw new Failed(
    `Teams does not know the ${outcome.what === "activity" ? "message" : "channel"} any more`,
    "The channel may be deleted or archived. Add the app to another channel, or remove it from the team and add it again.",
  );
}

function isRefused(outcome: { readonly kind: string }): outcome is Refused {
  return outcome.kind === "forbidden" || outcome.kind === "not-found";
}

function explain(error: unknown, step: string): { readonly detail: string; readonly remedy: string } {
  if (error instanceof Failed) return { detail: error.message, remedy: error.remedy };
  // Only faults that say what they are: anything else is a fault of ours, and the caller has to hear that.
  if (!(error instanceof PlgateError)) throw error;
  const atTeams = posting.some((one) => one === step);
  return { detail: error.message, remedy: atTeams ? remedyFor(error) : logSaysMore };
}

const logSaysMore = "The log of the function app says more.";

function remedyFor({ message, retryable }: PlgateError): string {
  if (/\b401\b/.test(message)) {
    return "The bot is registered with another identity: app id, type (user-assigned managed identity, or single tenant) and tenant of the Azure Bot have to be those of PLGATE_BOT_APP_ID. A new registration takes some minutes until it counts.";
  }
  if (retryable) return "Try again in a minute. If it stays, the app cannot reach smba.trafficmanager.net over https.";
  return logSaysMore;
}
