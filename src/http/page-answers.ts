import type { HttpResponseInit } from "@azure/functions";
import { durations, type FieldFault, longestJustification } from "../console/answer-form.ts";
import { isFormToken, isOwnForm } from "../console/anti-forgery.ts";
import { returnPath } from "../console/return-path.ts";
import type { Ballot, ManualOutcome, RefusalReason } from "../workflow/decide-manually.ts";
import type { StoredRequest } from "../workflow/ports.ts";
import { hasRole } from "./caller.ts";
import { goTo, notice, readForm, type Visit } from "./page-route.ts";
import { statusOf } from "./request-answers.ts";
import { answerPurpose, type Desk, keysAway, pageAddress, requestOrNotice, signInAddress } from "./request-page.ts";
import type { Person } from "./sign-in.ts";

type Typed = {
  readonly answer: string;
  readonly justification: string;
  readonly expiresAfter: string;
  readonly token: string;
};

/** An answer that can be put to the vote. */
type Ready = { readonly vote: "approve" | "reject"; readonly justification: string; readonly expiresAfter?: string };

/** `POST /requests/{id}/answer`: takes the decision from the page. Nothing of the form is believed before its origin is. */
export async function takeAnswer(visit: Visit, desk: Desk): Promise<HttpResponseInit> {
  const { request, signIn, frame, words } = visit;
  if (!isFromOurPage(visit)) return notice(frame, 403, words.notices.foreign);
  const form = await readForm(request);
  if (!form) return notice(frame, 400, words.notices.fault);
  const typed = typedIn(form);
  const session = await signIn.session(request.headers.get("cookie"));
  if (session.kind === "unknown") return keysAway(visit, session.why);
  if (session.kind === "nobody") {
    const links = [{ href: signInAddress(visit), text: words.signIn }];
    const said = {
      title: words.notices.notKept.title,
      sentence: words.refused.ended,
      kept: typed.justification,
      links,
    };
    return notice(frame, 401, said);
  }
  return takeFrom(session.person, typed, visit, desk);
}

/** Whether the browser says that this form came from a page of ours. */
export function isFromOurPage({ request: { headers }, signIn }: Visit): boolean {
  return isOwnForm({ origin: headers.get("origin"), fetchSite: headers.get("sec-fetch-site") }, signIn.origin);
}

function typedIn(form: URLSearchParams): Typed {
  const field = (name: string) => form.get(name) ?? "";
  return {
    answer: field("answer"),
    // A form sends line breaks as two characters; nobody typed the first.
    justification: field("justification").replace(/\r\n?/g, "\n").trim(),
    expiresAfter: field("expiresAfter"),
    token: field("token"),
  };
}

async function takeFrom(person: Person, typed: Typed, visit: Visit, desk: Desk): Promise<HttpResponseInit> {
  const { words } = visit;
  const id = visit.frame.request ?? "";
  const again = (status: number, sentence: string, faults: readonly FieldFault[] = []) =>
    requestOrNotice(visit, person, desk, { status, attempt: { ...typed, faults, sentence } });
  const refused = (why: RefusalReason) =>
    requestOrNotice(visit, person, desk, {
      status: statusOf[why],
      attempt: { ...typed, faults: [], sentence: "", refused: why },
    });
  if (!hasRole(person.caller, "Approver")) return again(403, words.closed.noRole);
  if (!isFormToken(typed.token, person.session, answerPurpose(id))) return again(403, words.refused.otherTab);
  const ready = readyIn(typed);
  if ("faults" in ready) return again(400, "", ready.faults);
  const outcome = await desk.decide(ballotOf(person, ready, id, visit.correlation));
  if (isTaken(outcome, person, ready)) return goTo(pageAddress(visit, returnPath(id) ?? "", "answer"));
  return outcome.kind === "refused" ? refused(outcome.why) : again(409, words.refused.tooLate);
}

function readyIn({ answer, justification, expiresAfter }: Typed): Ready | { readonly faults: readonly FieldFault[] } {
  const duration = durations.find((one) => one === expiresAfter);
  const faults: FieldFault[] = [];
  if (justification === "") faults.push("no-justification");
  if (Array.from(justification).length > longestJustification) faults.push("long-justification");
  if (expiresAfter !== "" && !duration) faults.push("bad-duration");
  if (answer !== "approve" && answer !== "reject") return { faults: [...faults, "no-choice"] };
  if (faults.length > 0) return { faults };
  return { vote: answer, justification, ...(duration ? { expiresAfter: duration } : {}) };
}

function ballotOf({ caller, signedInAt }: Person, ready: Ready, requestId: string, correlation: string): Ballot {
  const { objectId, tenantId, name } = caller;
  return {
    ...ready,
    requestId,
    // A session lasts an hour, and who is in a group may change within: the directory is asked, not the token.
    person: { objectId, tenantId, name, groups: undefined },
    door: "console",
    correlation,
    ...(signedInAt ? { signedInAt } : {}),
  };
}

/** Recorded now, or by the same form a moment ago: sent twice, an answer is one answer. */
function isTaken(outcome: ManualOutcome, person: Person, ready: Ready): boolean {
  if (outcome.kind === "recorded") return true;
  return outcome.kind === "ended" && hasVote(outcome.stored, person, ready);
}

function hasVote({ request: { votes } }: StoredRequest, { caller }: Person, ready: Ready): boolean {
  return votes.some(
    ({ objectId, tenantId, vote, justification }) =>
      objectId.toLowerCase() === caller.objectId &&
      tenantId.toLowerCase() === caller.tenantId &&
      vote === ready.vote &&
      justification === ready.justification,
  );
}
