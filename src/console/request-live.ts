import type { ApprovalRequest } from "../requests/request.ts";
import { livePage } from "../words/page-live-words.ts";
import type { RequestView, StandingRequest } from "../workflow/ports.ts";
import { type Fill, foreign, html } from "./html.ts";
import type { Frame } from "./layout.ts";
import { type Fact, factList, moment, section } from "./pieces.ts";
import { actor } from "./request-outcome.ts";

const nameLimit = 160;
const sentenceLimit = 1_000;

/** Why an approved connection is looked at again, and by which decision it stands. */
export function whyLookedAt({ request, approval }: RequestView, frame: Frame): Fill {
  const { live } = request;
  if (!live) return undefined;
  const { why: words } = livePage[frame.language];
  return section(
    "why",
    words.title,
    html`<p>${words.causes[live.cause]}</p>`,
    live.approval === null && html`<p>${words.never}</p>`,
    factList([
      { name: words.found, value: foreign(live.why, sentenceLimit, words.causes[live.cause]) },
      ...(approval ? standing(approval, frame) : []),
      ...(live.approval ? [{ name: words.in, value: linkTo(live.approval, frame) }] : []),
      ...(live.run ? [{ name: words.run, value: foreign(live.run, nameLimit) }] : []),
    ]),
  );
}

function standing({ decided, updatedAt, expiresAt, live }: StandingRequest, { language }: Frame): readonly Fact[] {
  const { why: words } = livePage[language];
  return [
    { name: live ? words.kept : words.approved, value: moment(decided?.at ?? updatedAt, language) },
    ...(decided ? [{ name: words.by, value: actor(decided.by, language) }] : []),
    ...(expiresAt ? [{ name: words.ends, value: moment(expiresAt, language) }] : []),
  ];
}

function linkTo(id: NonNullable<ApprovalRequest["previous"]>, { origin }: Frame): Fill {
  return html`<a href="${origin}/api/requests/${id}">${id}</a>`;
}
