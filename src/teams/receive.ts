import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import { refusalText, unreadableText } from "../words/answers.ts";
import { type Language, languageOf } from "../words/language.ts";
import type { Cards, Ledger, RequestView, StoredRequest } from "../workflow/ports.ts";
import { type Click, parseActivity } from "./activity.ts";
import {
  answerTo,
  badRequest,
  type ClickOutcome,
  cardAnswer,
  type InvokeAnswer,
  messageAnswer,
} from "./answer-click.ts";
import { approvalCard, copyOfCard } from "./approval-card.ts";
import type { BotVerifier } from "./bot-auth.ts";
import { belongsTo } from "./card-place.ts";
import type { Conversations } from "./conversations.ts";
import { followTeam, type TeamMeans } from "./follow-team.ts";
import { sentCards } from "./sent-cards.ts";

/** A vote that came by a card, for the workflow. */
export type CardVote = {
  readonly requestId: string;
  readonly vote: "approve" | "reject";
  readonly justification: string;
  readonly person: {
    readonly objectId: string | undefined;
    readonly tenantId: string;
    readonly name: string;
    readonly groups: undefined;
  };
  readonly door: "teams";
};

/** What the door needs of the house; the vote itself is taken by the workflow. */
export type TeamsDoor = {
  readonly verify: BotVerifier;
  readonly conversations: Conversations;
  readonly channelsOf: TeamMeans["channelsOf"];
  readonly cards: Pick<Cards, "all">;
  readonly ledger: Pick<Ledger, "request">;
  readonly tenantId: string;
  /** Of clickers whose own language we do not speak. */
  readonly language: Language;
  /** `seen` is the request as it was just read. */
  readonly takeVote: (vote: CardVote, seen: StoredRequest) => Promise<ClickOutcome>;
  /** Puts on record that somebody pressed a button where no card of the request stands. */
  readonly refuseForeign: (vote: CardVote, seen: StoredRequest) => Promise<void>;
  readonly viewOf: (request: ApprovalRequest) => Promise<RequestView>;
  /** Called when a channel became known: requests that found no channel before are shown there. */
  readonly channelKnown: () => Promise<unknown>;
  readonly log: Log;
};

export type TeamsAnswer = { readonly status: number; readonly body?: InvokeAnswer | Record<string, never> };

/**
 * Takes what Teams sends (teams.md 2 and 4). Nothing of the body is believed before the Bot Connector's token was checked,
 * and a click counts only from the very card that was sent for its request.
 */
export async function receive(authorization: string | null, text: string, door: TeamsDoor): Promise<TeamsAnswer> {
  const verdict = await door.verify(authorization, text);
  if (verdict.kind === "refused") {
    door.log.warn("a message to the bot was refused", { check: verdict.check, status: verdict.status });
    return { status: verdict.status };
  }
  const activity = parseActivity(verdict.body);
  switch (activity.kind) {
    case "installed":
    case "channel-opened":
    case "removed":
    case "team-renamed":
      if (await followTeam(activity, door)) await door.channelKnown();
      return done;
    case "click":
      return { status: 200, body: await takeClick(activity, door) };
    case "ignored":
      door.log.info("a message to the bot was ignored", { why: activity.why });
      return done;
    case "invalid":
      door.log.warn("a message to the bot cannot be read", { why: activity.why });
      return activity.via === "execute"
        ? { status: 200, body: badRequest(`${unreadableText(door.language)} (${activity.why})`) }
        : done;
  }
}

const done: TeamsAnswer = { status: 200, body: {} };

async function takeClick(click: Click, door: TeamsDoor): Promise<InvokeAnswer> {
  const language = languageOf(click.locale, door.language);
  const id = parseRequestId(click.requestId)?.id;
  const [known, stored] = id ? await Promise.all([door.cards.all(id), door.ledger.request(id)]) : [];
  const place = belongsTo(click, sentCards(known ?? []));
  if (!stored || place === "foreign") {
    door.log.warn("a click from a place where no card of its request stands was refused", { request: id ?? null });
    if (stored && click.verb !== "refresh") await door.refuseForeign(voteOf(click, click.verb, door), stored);
    return messageAnswer(refusalText("foreign-place", language));
  }
  // A copy that nobody remembers shows how things stand and takes no vote, not even in a next click.
  if (place === "stale-copy") return cardAnswer(copyOfCard(await door.viewOf(stored.request)));
  const { verb } = click;
  if (verb === "refresh") return cardAnswer(approvalCard(await door.viewOf(stored.request)));
  // What a card shows beside the request is the same before the vote and after it, so it is read meanwhile.
  const [view, outcome] = await Promise.all([
    door.viewOf(stored.request),
    vote(voteOf(click, verb, door), stored, door),
  ]);
  return answerTo(outcome, (request) => approvalCard({ ...view, request }), language, stored.request);
}

function voteOf(click: Click, verb: CardVote["vote"], door: TeamsDoor): CardVote {
  const person = click.person ?? { objectId: undefined, tenantId: door.tenantId, name: "somebody" };
  const { requestId, justification } = click;
  return { requestId, vote: verb, justification, person: { ...person, groups: undefined }, door: "teams" };
}

async function vote(cardVote: CardVote, seen: StoredRequest, door: TeamsDoor): Promise<ClickOutcome> {
  try {
    return await door.takeVote(cardVote, seen);
  } catch (error) {
    // The clicker has to hear that nothing was recorded; Teams would only say that the app cannot be reached.
    door.log.error("a vote could not be taken", { request: cardVote.requestId, error: messageOf(error) });
    return { kind: "refused", why: "not-recorded" };
  }
}
