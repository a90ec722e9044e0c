import type { AuditEvent } from "../ledger/event.ts";
import type { Language } from "../words/language.ts";
import { recordWords } from "../words/page-record.ts";
import { requestWords } from "../words/page-request.ts";
import { type Fill, foreign, type Html, html } from "./html.ts";
import { moment, section, table } from "./pieces.ts";
import { actor } from "./request-outcome.ts";

const sentenceLimit = 1_000;

/** Everything on record about the request, oldest first. */
export function history(events: readonly AuditEvent[], language: Language): Html {
  const { history: words, kinds } = recordWords[language];
  const rows = events.map((event) => [
    moment(event.time, language),
    html`${kinds[event.kind]}${language === "en" && html`: <span class="quiet">${foreign(event.what, sentenceLimit)}</span>`}`,
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

function why({ why: reasons }: AuditEvent): Fill {
  if (!reasons) return undefined;
  return foreign(reasons.justification ?? reasons.reason, sentenceLimit);
}
