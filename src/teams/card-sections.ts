import { parseEndpointId, parseServiceId } from "../connection/arm-id.ts";
import { type ApprovalRequest, isOpen } from "../requests/request.ts";
import type { CardWords } from "../words/card-words.ts";
import type { EarlierRequest, RequestView } from "../workflow/ports.ts";
import { type CardElement, type Fact, factSet, paragraph, title } from "./adaptive-card.ts";
import { decider } from "./card-ending.ts";
import { endpointName, namesOf } from "./card-status.ts";
import { brief, liveWordsOf, messageText, moment, shortName } from "./card-text.ts";

const earlierBesideApproval = 2;

/** Who wants to connect: the customer as the registry knows them, and what Azure says of their endpoint. */
export function consumerFacts({ request }: RequestView, words: CardWords): readonly CardElement[] {
  const { consumer } = request;
  const endpoint = request.endpointId ? parseEndpointId(request.endpointId) : undefined;
  const { labels } = words;
  const known = (label: string, value: string | null | undefined) =>
    value ? [{ title: label, value: shortName(value, words) }] : [];
  return [
    title(words.consumerTitle),
    ...factSet([
      { title: labels.customer, value: customerOf(request, words) },
      ...known(labels.tier, consumer?.tier),
      { title: labels.subscription, value: shortName(request.consumerSubscriptionId, words) },
      ...known(labels.tenant, consumer?.tenantId),
      { title: labels.endpoint, value: endpointName(request, words) },
      { title: labels.resourceGroup, value: shortName(endpoint?.resourceGroup, words) },
      { title: labels.endpointRegion, value: shortName(request.endpointRegion, words) },
      { title: labels.asked, value: moment(request.requestedAt, words) },
    ]),
  ];
}

/** What they want to connect to. */
export function serviceFacts({ request }: RequestView, words: CardWords): readonly CardElement[] {
  const service = parseServiceId(request.serviceId);
  const { labels } = words;
  return [
    title(words.serviceTitle),
    ...factSet([
      { title: labels.service, value: namesOf(request, words).service },
      { title: labels.subscription, value: shortName(service?.subscriptionId, words) },
      { title: labels.resourceGroup, value: shortName(service?.resourceGroup, words) },
      { title: labels.region, value: shortName(request.serviceRegion, words) },
    ]),
  ];
}

/** What the consumer wrote, marked as theirs: it proves nothing. */
export function consumerWords({ request }: RequestView, words: CardWords): readonly CardElement[] {
  const message = messageText(request.message);
  if (!message) return [paragraph(words.noMessage, { isSubtle: true, size: "Small" })];
  return [
    {
      type: "Container",
      style: "emphasis",
      spacing: "Medium",
      items: [paragraph(words.message, { isSubtle: true, size: "Small" }), paragraph(message, { spacing: "Small" })],
    },
  ];
}

/** How earlier requests of this consumer at this service ended. Of a consumer whom nobody knows there is nothing to say. */
export function earlierRequests(view: RequestView, words: CardWords): readonly CardElement[] {
  const { request, earlier, history } = view;
  if (request.consumerSubscriptionId === null) return [];
  const heading = title(words.earlierTitle);
  const rows = earlier === "unreadable" ? [] : shownOf(earlier, request).map((one) => earlierRow(one, view, words));
  if (rows.length > 0) return [heading, ...factSet(rows)];
  // The approval is told by itself, and was asked for: the list only lags behind.
  if (view.approval && earlier !== "unreadable") return [];
  // Once this request ended, what the ledger remembers of the consumer may be this very request.
  const isRemembered = isOpen(request) && (history.approvedBefore || history.rejectedBefore);
  const before = isRemembered ? [words.decidedBefore(history.approvedBefore, history.rejectedBefore)] : [];
  const list = earlier === "unreadable" ? [words.earlierUnreadable] : [];
  const said = [...list, ...before];
  return [
    heading,
    ...(said.length > 0 ? said : [words.noEarlier]).map((text) => paragraph(text, { spacing: "Small" })),
  ];
}

/** Of an approved connection the approval is told by itself already, so its card has room for one less. */
function shownOf(earlier: readonly EarlierRequest[], { live }: ApprovalRequest): readonly EarlierRequest[] {
  if (!live) return earlier;
  return earlier.filter(({ id }) => id !== live.approval).slice(0, earlierBesideApproval);
}

function earlierRow(one: EarlierRequest, view: RequestView, words: CardWords): Fact {
  const { state, decided, updatedAt } = one;
  const by = decided && (state === "approved" || state === "rejected") ? decider(decided, words) : null;
  const at = moment(by === null ? updatedAt : (decided?.at ?? updatedAt), words);
  const { earlier } = one.live ? liveWordsOf(view) : words;
  return { title: brief(endpointName(one, words), words), value: earlier(state, by, at) };
}

function customerOf({ consumer }: ApprovalRequest, words: CardWords): string {
  if (!consumer) return words.notRegistered;
  return consumer.name === null ? words.withoutName : shortName(consumer.name, words);
}
