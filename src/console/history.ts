import type { AuditEvent } from "../ledger/event.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import type { Language } from "../words/language.ts";
import { eventKindsFor, requestWordsFor } from "../words/page-live.ts";
import { recordWords } from "../words/page-record.ts";
import { requestWords } from "../words/page-request.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import { moment, section, table } from "./pieces.ts";
import { actor } from "./request-outcome.ts";

const sentenceLimit = 1_000;

/** Everything on record about the request, oldest first. */
export function history(events: readonly AuditEvent[], request: ApprovalRequest, language: Language): Html {
  const { history: words } = recordWords[language];
  const rows = events.map((event) => [
    moment(event.time, language),
    what(event, request, language),
    actor(event.who, language),
    requestWords[language].doors[event.door],
    why(event),
  ]);
  const columns = [words.when, words.what, words.who, words.where, words.why];
  return section(
    "history",
    words.title,
    rows.length > 0 ? table(words.caption, columns, rows) : html`<p>${words.none}</p>`,
  );
}

/** The record is written in English; other readers get the kind of the event, and the answer that it holds. */
function what(event: AuditEvent, request: ApprovalRequest, language: Language): Fill {
  const kind = eventKindsFor(request, language)[event.kind];
  if (language === "en") return foreign(event.what, sentenceLimit, kind);
  const answer = answerIn(event.detail);
  return answer ? `${kind}: ${requestWordsFor(request, language).answers[answer]}` : kind;
}

function answerIn(detail: AuditEvent["detail"]): "approve" | "reject" | undefined {
  if (typeof detail !== "object" || detail === null || !("vote" in detail)) return undefined;
  return detail["vote"] === "approve" || detail["vote"] === "reject" ? detail["vote"] : undefined;
}

function why({ why: reasons }: AuditEvent): Fill {
  if (!reasons) return undefined;
  return foreign(reasons.justification ?? reasons.reason, sentenceLimit);
}
