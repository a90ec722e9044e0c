import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { requestWordsFor } from "../words/page-live.ts";
import { livePage } from "../words/page-live-words.ts";
import { requestWords } from "../words/page-request.ts";
import type { RequestLine, RequestView } from "../workflow/ports.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import type { Frame } from "./layout.ts";
import { atDeadline, heldBack } from "./open-answers.ts";
import { type Fact, factList, moment, section, table } from "./pieces.ts";

const nameLimit = 160;
const sentenceLimit = 1_000;

/** Service and endpoint by their names alone. */
export function namesOf(request: ApprovalRequest, language: Language) {
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId)?.name : undefined;
  return {
    service: parseServiceId(request.serviceId)?.name ?? requestWords[language].notKnown,
    endpoint: endpoint ?? request.connectionName,
  };
}

/** Who wants to connect to what. */
export function connection(view: RequestView, language: Language): Html {
  const { request } = view;
  const words = requestWordsFor(request, language);
  const service = parseServiceId(request.serviceId);
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId) : undefined;
  const names = namesOf(request, language);
  const named = (name: string, text: string | null | undefined): Fact => ({
    name,
    value: foreign(text, nameLimit, words.notKnown),
  });
  const { consumer } = request;
  const facts = [
    named(words.service, names.service),
    named(words.subscription, service?.subscriptionId),
    named(words.resourceGroup, service?.resourceGroup),
    named(words.region, request.serviceRegion),
    { name: words.customer, value: customer(request, language) },
    ...(consumer?.tier ? [named(words.tier, consumer.tier)] : []),
    named(words.consumerSubscription, request.consumerSubscriptionId),
    ...(consumer?.tenantId ? [named(words.consumerTenant, consumer.tenantId)] : []),
    named(words.endpoint, names.endpoint),
    named(words.endpointGroup, endpoint?.resourceGroup),
    named(words.endpointRegion, request.endpointRegion),
    ...(request.linkIdentifier ? [named(words.linkId, request.linkIdentifier)] : []),
    { name: words.asked, value: moment(request.requestedAt, language) },
    { name: words.due, value: due(view, language) },
    named(words.requestId, request.id),
  ];
  return section("connection", words.sections.connection, factList(facts));
}

function customer({ consumer }: ApprovalRequest, language: Language): Fill {
  const words = requestWords[language];
  if (!consumer) return words.notRegistered;
  return consumer.name === null ? words.registeredUnnamed : foreign(consumer.name, nameLimit, words.notKnown);
}

function due(view: RequestView, language: Language): Fill {
  const words = requestWordsFor(view.request, language);
  const { timetable } = view.request;
  if (!timetable?.dueAt) return words.noDeadline;
  const usual = timetable.expiry === "reject" ? words.dueReject : words.dueLeave;
  const follows = atDeadline(view) === "held" ? livePage[language].dueHeld : usual;
  return html`${moment(timetable.dueAt, language)} <span class="quiet">${follows}</span>`;
}

/** What the consumer wrote, marked as theirs: it proves nothing. */
export function consumerWords(request: ApprovalRequest, language: Language): Html {
  const { message } = request;
  const words = requestWordsFor(request, language);
  const said = foreign(message, sentenceLimit);
  return section(
    "message",
    words.sections.message,
    said.toString() === ""
      ? html`<p>${words.message.none}</p>`
      : html`<p class="quiet">${words.message.warning}</p><blockquote><p>${said}</p></blockquote>`,
  );
}

/** Why policy left it to people, or what it said. */
export function policyWords(view: RequestView, language: Language): Fill {
  const { verdict, state, live } = view.request;
  if (!verdict) return undefined;
  const words = requestWordsFor(view.request, language);
  const asked = state === "awaiting-decision" && !live && !heldBack(view);
  const listed = (texts: readonly string[]) =>
    html`<ul>${texts.map((text) => html`<li>${foreign(text, nameLimit)}</li>`)}</ul>`;
  const policies = verdict.policies.map(({ name, version }) => `${name}, ${words.policy.version(version)}`);
  const overruled = { approve: words.policy.wouldApprove, reject: words.policy.wouldReject, review: undefined };
  return section(
    "policy",
    asked ? words.sections.why : words.sections.said,
    asked && overruled[verdict.effect] && html`<p>${overruled[verdict.effect]}</p>`,
    factList([
      ...(live ? [{ name: livePage[language].would, value: livePage[language].effects[verdict.effect] }] : []),
      { name: words.policy.reason, value: foreign(verdict.reason, sentenceLimit, words.policy.noReason) },
      ...(verdict.decidedBy.length > 0 ? [{ name: words.policy.rules, value: listed(verdict.decidedBy) }] : []),
      ...(verdict.unavailable.length > 0 ? [{ name: words.policy.unread, value: listed(verdict.unavailable) }] : []),
      ...(policies.length > 0 ? [{ name: words.policy.by, value: listed(policies) }] : []),
    ]),
  );
}

/** How earlier requests of this consumer went. */
export function earlierRequests(
  request: ApprovalRequest,
  { approvedBefore, rejectedBefore }: RequestView["history"],
  lines: readonly RequestLine[] | undefined,
  { language, origin }: Frame,
): Html {
  const words = requestWordsFor(request, language);
  const { earlier } = words;
  // Once it ended, "before" would count this very request.
  const open = isOpen(request);
  const others = lines?.filter(({ id }) => id !== request.id);
  const rows = (others ?? []).map(({ id, requestedAt, serviceId, state, outcome, live }) => [
    html`<a href="${origin}/api/requests/${id}">${moment(requestedAt, language)}</a>`,
    foreign(parseServiceId(serviceId)?.name, nameLimit, words.notKnown),
    requestWordsFor({ live }, language).states[state],
    foreign(outcome, sentenceLimit),
  ]);
  return section(
    "earlier",
    words.sections.earlier,
    open && approvedBefore && html`<p>${earlier.approvedBefore}</p>`,
    open && rejectedBefore && html`<p>${earlier.rejectedBefore}</p>`,
    request.round > 1 && html`<p>${words.round(request.round)}</p>`,
    !others && html`<p>${earlier.unread}</p>`,
    others?.length === 0 && html`<p>${earlier.none}</p>`,
    rows.length > 0 && table(earlier.caption, [earlier.asked, earlier.service, earlier.state, earlier.outcome], rows),
  );
}
