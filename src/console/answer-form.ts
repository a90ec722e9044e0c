import { sameVoter } from "../requests/quorum.ts";
import type { RefusalCode } from "../words/answers.ts";
import type { PageWords } from "../words/page.ts";
import { pageWordsFor } from "../words/page-live.ts";
import type { RequestView } from "../workflow/ports.ts";
import { freshMinutes, isFresh } from "./fresh-sign-in.ts";
import { type Fill, type Html, html } from "./html.ts";
import type { Frame } from "./layout.ts";
import { heldBack, openAnswers } from "./open-answers.ts";
import { section } from "./pieces.ts";

/** Whoever looks at the page, as far as the form depends on it. */
export type Chair = {
  readonly objectId: string;
  readonly tenantId: string;
  readonly mayDecide: boolean;
  readonly isGuest: boolean;
  /** When the person proved who they are; undefined when the sign-in does not say. */
  readonly signedInAt: Date | undefined;
  readonly formToken: string;
  readonly now: Date;
};

export type FieldFault = "no-justification" | "long-justification" | "no-choice" | "bad-duration";

/** What was sent and not taken: faults of the fields, or why the whole is refused: a sentence, or what the workflow said. */
export type Attempt = {
  readonly justification: string;
  readonly expiresAfter: string;
  readonly faults: readonly FieldFault[];
  readonly sentence: string;
  readonly refused?: RefusalCode;
};

type Given = {
  readonly frame: Frame;
  readonly view: RequestView;
  readonly chair: Chair;
  readonly attempt?: Attempt | undefined;
};

/** ARM shows 140 characters of it to the consumer. */
export const longestJustification = 140;
export const durations = ["P1D", "P7D", "P30D", "P90D", "P180D", "P365D"] as const;

/** The form; or why this person cannot answer here and now, and what they can do about it. */
export function answerForm(given: Given): Fill {
  const { frame, view, chair } = given;
  const words = pageWordsFor(view.request, frame.language);
  // Where it stands is said above; there is nothing to add.
  if (view.request.state !== "awaiting-decision") return undefined;
  const why = whyClosed(view, chair, words);
  if (why) return section("answer", words.closed.title, html`<p>${why}</p>`);
  if (view.request.via === "page" && !isFresh(chair.signedInAt, chair.now)) return signInAgain(given);
  return section("answer", words.form.title, form(given));
}

function whyClosed(view: RequestView, chair: Chair, { closed }: PageWords): string | undefined {
  if (heldBack(view)) return closed.held;
  if (openAnswers(view).length === 0) return closed.noReviewers;
  if (chair.isGuest) return closed.guest;
  return chair.mayDecide ? undefined : closed.noRole;
}

function signInAgain({ frame, view, chair }: Given): Html {
  const words = pageWordsFor(view.request, frame.language).fresh;
  return section(
    "answer",
    words.title,
    html`<p>${words.sentence(freshMinutes)}</p>`,
    !chair.signedInAt && html`<p>${words.missing}</p>`,
    html`<p><a class="button" href="${frame.origin}/api/sign-in?return=${view.request.id}&fresh=1">${words.link}</a></p>`,
  );
}

function form(given: Given): Html {
  const { frame, view, chair, attempt } = given;
  const words = pageWordsFor(view.request, frame.language).form;
  const answers = openAnswers(view);
  const answered = view.request.votes.some((vote) => sameVoter(vote, chair));
  return html`${attempt && faultSummary(attempt, words)}
<p>${words.oneOf}</p>${answered && html`<p>${words.changeHint}</p>`}
<form method="post" action="${frame.origin}/api/requests/${view.request.id}/answer" novalidate>
<input type="hidden" name="token" value="${chair.formToken}">
${justificationField(attempt, words)}
${durationField(attempt, words)}
<div class="buttons" id="answers">
<button class="approve" name="answer" value="approve">${words.approve}</button>
${answers.includes("reject") && html`<button class="reject" name="answer" value="reject" aria-describedby="reject-hint">${words.reject}</button>`}
</div>
${answers.includes("reject") && html`<p class="hint" id="reject-hint">${words.rejectHint}</p>`}
</form>`;
}

function justificationField(attempt: Attempt | undefined, words: PageWords["form"]): Html {
  const faults = (attempt?.faults ?? []).filter((one) => one === "no-justification" || one === "long-justification");
  return html`<label for="justification">${words.justification}</label>
<p class="hint" id="justification-hint">${words.justificationHint(longestJustification)}</p>
${faults.map((fault) => html`<p class="bad" id="justification-fault"><strong>${faultWords(fault, words)}</strong></p>`)}
<textarea id="justification" name="justification" rows="3" maxlength="${longestJustification}" required
 aria-describedby="justification-hint${faults.length > 0 && " justification-fault"}" aria-invalid="${faults.length > 0 ? "true" : "false"}">
${attempt?.justification ?? ""}</textarea>`;
}

function durationField(attempt: Attempt | undefined, words: PageWords["form"]): Html {
  const chosen = attempt?.expiresAfter ?? "";
  return html`<label for="expiresAfter">${words.lasts}</label>
<p class="hint" id="lasts-hint">${words.lastsHint}</p>
<select id="expiresAfter" name="expiresAfter" aria-describedby="lasts-hint">
<option value="">${words.lastsLong}</option>
${durations.map((one) => html`<option value="${one}"${one === chosen && selected}>${words.lastsDays(Number(one.slice(1, -1)))}</option>`)}
</select>`;
}

const selected = html` selected`;

/** Stands before the form and takes the focus, so that whoever cannot see the page hears it first. */
function faultSummary({ faults }: Attempt, words: PageWords["form"]): Fill {
  if (faults.length === 0) return undefined;
  const items = faults.map((fault) => html`<li><a href="#${fieldOf[fault]}">${faultWords(fault, words)}</a></li>`);
  return html`<div class="notice bad" role="alert" tabindex="-1" autofocus><p><strong>${words.faults}</strong></p><ul>${items}</ul></div>`;
}

const fieldOf: Readonly<Record<FieldFault, string>> = {
  "no-justification": "justification",
  "long-justification": "justification",
  "no-choice": "answers",
  "bad-duration": "expiresAfter",
};

function faultWords(fault: FieldFault, words: PageWords["form"]): string {
  switch (fault) {
    case "no-justification":
      return words.noJustification;
    case "long-justification":
      return words.longJustification(longestJustification);
    case "no-choice":
      return words.noChoice;
    case "bad-duration":
      return words.badDuration;
  }
}
