import type { Language } from "./language.ts";
import { type PageWords, pageWords } from "./page.ts";
import { livePage } from "./page-live-words.ts";
import { type RecordWords, recordWords } from "./page-record.ts";
import { type RequestWords, requestWords } from "./page-request.ts";

/** Whether the page is about a connection that is approved already. */
type About = { readonly live?: unknown };

/** What the page says of a request; of an approved connection it asks and tells in other words. */
export function requestWordsFor({ live }: About, language: Language): RequestWords {
  const words = requestWords[language];
  if (!live) return words;
  const { request } = livePage[language];
  return {
    ...words,
    ...request,
    sections: { ...words.sections, ...request.sections },
    approvals: { ...words.approvals, ...request.approvals },
    message: { ...words.message, ...request.message },
  };
}

/** The words around the request: the form, and what its sender is told. */
export function pageWordsFor({ live }: About, language: Language): PageWords {
  const words = pageWords[language];
  if (!live) return words;
  const { form, closed, recorded, fresh } = livePage[language];
  return {
    ...words,
    form: { ...words.form, ...form },
    closed: { ...words.closed, ...closed },
    recorded: { ...words.recorded, ...recorded },
    fresh: { ...words.fresh, ...fresh },
  };
}

/** What happened, by the kinds of events. */
export function eventKindsFor({ live }: About, language: Language): RecordWords["kinds"] {
  const { kinds } = recordWords[language];
  return live ? { ...kinds, ...livePage[language].kinds } : kinds;
}
