import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { tally } from "../requests/quorum.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { cardWords } from "../words/card.ts";
import { liveCardWords } from "../words/card-live.ts";
import type { Language } from "../words/language.ts";
import { type NoticeWords, noticeWords, type ReminderFacts } from "../words/notice.ts";
import { liveNoticeWords } from "../words/notice-live.ts";
import type { RequestView } from "../workflow/ports.ts";
import type { Fact, FactSet, TextBlock } from "./adaptive-card.ts";
import { atDeadline, stateWords } from "./card-status.ts";
import { wordsOf } from "./card-text.ts";
import { plainText } from "./plain-text.ts";

/** What a webhook is told; each at most once for a request. */
export type NoticeKind = "asked" | ReminderFacts["step"] | "ended";

/** The poor man's card: it says and links, and takes no answer, since nobody knows who presses a button there. */
export type NoticeCard = {
  readonly type: "AdaptiveCard";
  readonly version: "1.4";
  readonly body: readonly (TextBlock | FactSet)[];
  readonly actions: readonly { readonly type: "Action.OpenUrl"; readonly title: string; readonly url: string }[];
};

const nameLimit = 80;
const sentenceLimit = 200;
const groupsListed = 5;

/**
 * The notice of one request for a webhook. Pure: the same view gives the same notice.
 *
 * It holds no inputs and no buttons but the link to the request's page, which asks who one is. Everything that others wrote
 * went through `plainText`.
 */
export function noticeCard(shown: RequestView, kind: NoticeKind, language: Language): NoticeCard {
  const view = { ...shown, language };
  const words = noticeWordsOf(view);
  const { request } = view;
  return {
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      heading(headingOf(view, kind, words)),
      ...(kind === "half" || kind === "nine-tenths" ? [line(reminderText(view, kind))] : []),
      facts(kind === "ended" ? [...subject(request, words), ...end(view, words)] : about(view, words)),
      line(kind === "ended" ? words.nothingToDo : words.decideOnPage),
      { ...line(words.request(request.id)), isSubtle: true, size: "Small" },
    ],
    actions: linkTo(view.link, words),
  };
}

/** What a reminder says, in the language of the view; in a thread as well as in a notice. */
export function reminderText(view: RequestView, step: ReminderFacts["step"]): string {
  const { request, language } = view;
  const endsAt = readable(request.timetable?.dueAt);
  const missing = missingIn(request);
  const end = atDeadline(view);
  if (!end) return noticeWords[language].reminder({ step, endsAt, missing });
  return liveNoticeWords[language].reminder[end.kind]({ endsAt, missing, left: leftAt(step, view) });
}

/** How long it is from the reminder to the end, in words, to the two largest units: nobody knows when it is read. */
function leftAt(step: ReminderFacts["step"], { request: { timetable }, language }: RequestView): string | null {
  const reminder = timetable?.reminders.find((one) => one.step === step);
  const minutes = Math.round((Date.parse(timetable?.dueAt ?? "") - Date.parse(reminder?.at ?? "")) / 60_000);
  if (!(minutes > 0)) return null;
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  return cardWords[language].lasting({ weeks: 0, days, hours, minutes: days > 0 ? 0 : minutes % 60 });
}

function noticeWordsOf({ request, language }: RequestView): NoticeWords {
  return request.live ? { ...noticeWords[language], ...liveNoticeWords[language].instead } : noticeWords[language];
}

function headingOf(view: RequestView, kind: NoticeKind, { headings }: NoticeWords): string {
  if (kind === "asked" && atDeadline(view)?.kind === "goes") return liveNoticeWords[view.language].goes;
  if (kind === "asked" || kind === "ended") return headings[kind];
  return headings.reminded;
}

function about(view: RequestView, words: NoticeWords): readonly Fact[] {
  const { request } = view;
  const endsAt = readable(request.timetable?.dueAt);
  const missing = missingIn(request);
  const reason = whyAsked(view);
  return [
    ...subject(request, words),
    ...(reason ? [{ title: words.facts.reason, value: reason }] : []),
    ...(missing.length > 0 ? [{ title: words.facts.approvals, value: words.approvalsLeft(missing) }] : []),
    ...(endsAt ? [{ title: words.facts.endsAt, value: endsAt }] : []),
  ];
}

function whyAsked({ request: { live, verdict }, language }: RequestView): string {
  if (!live) return plainText(verdict?.reason ?? "", sentenceLimit);
  return `${liveCardWords[language].causes[live.cause]} ${plainText(live.why, sentenceLimit)}`.trim();
}

function subject(request: ApprovalRequest, words: NoticeWords): readonly Fact[] {
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId)?.name : undefined;
  const customer = plainText(request.consumer?.name ?? "", nameLimit);
  const subscription = plainText(request.consumerSubscriptionId ?? "", nameLimit);
  return [
    { title: words.facts.service, value: short(parseServiceId(request.serviceId)?.name ?? request.serviceId) },
    { title: words.facts.endpoint, value: short(endpoint ?? request.connectionName) },
    ...(customer ? [{ title: words.facts.customer, value: customer }] : []),
    ...(subscription ? [{ title: words.facts.subscription, value: subscription }] : []),
  ];
}

function end(view: RequestView, words: NoticeWords): readonly Fact[] {
  const { outcome, state, live } = view.request;
  const value = live ? stateWords(view, wordsOf(view)) : plainText(outcome ?? state, sentenceLimit);
  return [{ title: words.facts.outcome, value }];
}

function missingIn({ reviewers, votes }: ApprovalRequest): ReminderFacts["missing"] {
  const counted = tally(reviewers, votes);
  const missing = counted.kind === "waiting" ? counted.missing : [];
  return missing.slice(0, groupsListed).map(({ name, votes: left }) => ({ name: short(name), votes: left }));
}

/** Neither threads nor webhooks know the reader's clock, so times are told in UTC; null: it is no moment. */
export function readable(instant: string | null | undefined): string | null {
  const date = new Date(instant ?? "");
  return Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function short(text: string): string {
  return plainText(text, nameLimit) || "?";
}

export function heading(text: string): TextBlock {
  return { type: "TextBlock", text, wrap: true, size: "Large", weight: "Bolder" };
}

/** A paragraph, of words that are harmless already. */
export function line(text: string): TextBlock {
  return { type: "TextBlock", text, wrap: true };
}

export function facts(list: readonly Fact[]): FactSet {
  return { type: "FactSet", facts: list };
}

function linkTo(link: string | null, words: NoticeWords): NoticeCard["actions"] {
  if (link === null || !/^https?:$/.test(URL.parse(link)?.protocol ?? "")) return [];
  return [{ type: "Action.OpenUrl", title: words.openPage, url: link }];
}
