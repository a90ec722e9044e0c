import type { HttpResponseInit } from "@azure/functions";
import type { Attempt, Chair } from "../console/answer-form.ts";
import { formToken } from "../console/anti-forgery.ts";
import type { Judged } from "../console/judgement-trace.ts";
import { requestPage } from "../console/request-page.ts";
import { readJudgement } from "../intake/judgement.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { Ballot, ManualOutcome } from "../workflow/decide-manually.ts";
import type { ShownRequest } from "../workflow/show-request.ts";
import { hasRole } from "./caller.ts";
import { frameFor, goTo, notice, page, type Visit } from "./page-route.ts";
import type { Person } from "./sign-in.ts";

/** What stands behind the page; the trigger hands it in. */
export type Desk = {
  readonly show: (request: string) => Promise<ShownRequest | undefined>;
  readonly decide: (ballot: Ballot) => Promise<ManualOutcome>;
  readonly now: () => Date;
};

export type Said = {
  readonly status?: number;
  /** What was sent and not taken. */
  readonly attempt?: Attempt;
  /** Whether the reader comes from an answer that was taken. */
  readonly answered?: boolean;
};

/** Where the browser was a moment ago, told by our own redirects; it decides nothing but what is said. */
const cameFrom = "from";

/** `GET /requests/{id}` for a browser: the page, or the way to sign in. */
export async function answerPage(visit: Visit, desk: Desk): Promise<HttpResponseInit> {
  const person = await personOrAnswer(visit);
  if (!("caller" in person)) return person;
  return requestOrNotice(visit, person, desk, { answered: visit.request.query.get(cameFrom) === "answer" });
}

/** The person of the session; without one, the answer that leads to it. */
async function personOrAnswer(visit: Visit): Promise<Person | HttpResponseInit> {
  const { signIn, request, frame, words } = visit;
  const session = await signIn.session(request.headers.get("cookie"));
  if (session.kind === "signed-in") return session.person;
  if (session.kind === "unknown") return keysAway(visit, session.why);
  // Whoever comes straight from a sign-in and has no session would be sent in circles.
  if (request.query.get(cameFrom) === "sign-in") {
    const links = [{ href: signInAddress(visit), text: words.signIn }];
    return notice(frame, 401, { ...words.notices.notKept, links });
  }
  return frame.request ? goTo(signInAddress(visit)) : unknownRequest(visit);
}

export function keysAway({ log, frame, words, correlation }: Visit, why: string): HttpResponseInit {
  log.error("a session cannot be checked", { why });
  return notice(frame, 503, { ...words.notices.notNow, trace: { name: words.correlation, value: correlation } });
}

export function signInAddress({ signIn, frame }: Visit): string {
  return `${signIn.publicUrl}/api/sign-in?return=${frame.request ?? ""}`;
}

/** The address of a request's page, with what was done last. */
export function pageAddress({ signIn }: Visit, path: string, from?: "sign-in" | "answer"): string {
  return `${signIn.publicUrl}${path}${from ? `?${cameFrom}=${from}` : ""}`;
}

function unknownRequest({ frame, words }: Visit): HttpResponseInit {
  return notice(frame, 404, words.notices.unknownRequest);
}

/** The page of the request for somebody who is signed in, or why there is none for them. */
export async function requestOrNotice(
  visit: Visit,
  person: Person,
  desk: Desk,
  { status = 200, attempt, answered = false }: Said,
): Promise<HttpResponseInit> {
  const frame = frameFor(person, visit);
  if (!hasRole(person.caller, "Reader")) return notice(frame, 403, visit.words.notices.noRole);
  const shown = frame.request ? await desk.show(frame.request) : undefined;
  if (!shown) return unknownRequest({ ...visit, frame });
  const { view, events, earlier } = shown;
  const chair = chairOf(person, view.request.id, desk.now());
  const content = requestPage({ frame, view, events, earlier, judged: judgedIn(events), chair, attempt, answered });
  return page(status, content);
}

function chairOf(person: Person, request: string, now: Date): Chair {
  const { caller, signedInAt, isGuest, session } = person;
  return {
    objectId: caller.objectId,
    tenantId: caller.tenantId,
    mayDecide: hasRole(caller, "Approver"),
    isGuest,
    signedInAt,
    formToken: formToken(session, answerPurpose(request)),
    now,
  };
}

/** What the token in the form of an answer is for. */
export function answerPurpose(request: string): string {
  return `answer|${request}`;
}

/** The latest judgement that is on record; a request may have been judged more than once. */
function judgedIn(events: readonly AuditEvent[]): Judged {
  const evaluated = events.findLast(({ kind }) => kind === "evaluated");
  if (!evaluated) return { kind: "none" };
  const read = readJudgement(evaluated.detail);
  if (!read.ok) return { kind: "unreadable" };
  const { trace, exemptions } = read.value.verdict;
  return { kind: "read", trace, exemptions };
}
