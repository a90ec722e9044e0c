import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { tally } from "../requests/quorum.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { type NoticeWords, noticeWords, type ReminderFacts } from "../words/notice.ts";
import type { RequestView } from "../workflow/ports.ts";
import type { Fact, FactSet, TextBlock } from "./adaptive-card.ts";
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
export function noticeCard(view: RequestView, kind: NoticeKind, language: Language): NoticeCard {
  const words = noticeWords[language];
  const { request } = view;
  return {
    type: "AdaptiveCard",
    version: "1.4",
    body: [
      heading(headingOf(kind, words)),
      ...(kind === "half" || kind === "nine-tenths" ? [line(words.reminder(reminderFacts(request, kind)))] : []),
      facts(kind === "ended" ? [...subject(request, words), ...end(request, words)] : about(request, words)),
      line(kind === "ended" ? words.nothingToDo : words.decideOnPage),
      { ...line(words.request(request.id)), isSubtle: true, size: "Small" },
    ],
    actions: linkTo(view.link, words),
  };
}

/** What a reminder says; in a thread as well as in a notice. */
export function reminderFacts(request: ApprovalRequest, step: ReminderFacts["step"]): ReminderFacts {
  return { step, endsAt: readable(request.timetable?.dueAt), missing: missingIn(request) };
}

function headingOf(kind: NoticeKind, { headings }: NoticeWords): string {
  if (kind === "asked" || kind === "ended") return headings[kind];
  return headings.reminded;
}

function about(request: ApprovalRequest, words: NoticeWords): readonly Fact[] {
  const endsAt = readable(request.timetable?.dueAt);
  const missing = missingIn(request);
  const reason = plainText(request.verdict?.reason ?? "", sentenceLimit);
  return [
    ...subject(request, words),
    ...(reason ? [{ title: words.facts.reason, value: reason }] : []),
    ...(missing.length > 0 ? [{ title: words.facts.approvals, value: words.approvalsLeft(missing) }] : []),
    ...(endsAt ? [{ title: words.facts.endsAt, value: endsAt }] : []),
  ];
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

function end({ outcome, state }: ApprovalRequest, words: NoticeWords): readonly Fact[] {
  return [{ title: words.facts.outcome, value: plainText(outcome ?? state, sentenceLimit) }];
}

function missingIn({ reviewers, votes }: ApprovalRequest): ReminderFacts["missing"] {
  const counted = tally(reviewers, votes);
  const missing = counted.kind === "waiting" ? counted.missing : [];
  return missing.slice(0, groupsListed).map(({ name, votes: left }) => ({ name: short(name), votes: left }));
}

/** Neither threads nor webhooks know the reader's clock, so times are told in UTC. */
function readable(instant: string | null | undefined): string | null {
  const date = new Date(instant ?? "");
  return Number.isNaN(date.getTime()) ? null : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function short(text: string): string {
  return plainText(text, nameLimit) || "?";
}

function heading(text: string): TextBlock {
  return { type: "TextBlock", text, wrap: true, size: "Large", weight: "Bolder" };
}

function line(text: string): TextBlock {
  return { type: "TextBlock", text, wrap: true };
}

function facts(list: readonly Fact[]): FactSet {
  return { type: "FactSet", facts: list };
}

function linkTo(link: string | null, words: NoticeWords): NoticeCard["actions"] {
  if (link === null || !/^https?:$/.test(URL.parse(link)?.protocol ?? "")) return [];
  return [{ type: "Action.OpenUrl", title: words.openPage, url: link }];
}
