import type { HttpResponseInit } from "@azure/functions";
import { isFormToken } from "../console/anti-forgery.ts";
import { returnPath } from "../console/return-path.ts";
import type { PageWords } from "../words/page.ts";
import { isFromOurPage } from "./page-answers.ts";
import { goTo, notice, readForm, signOutPurpose, type Visit } from "./page-route.ts";
import { pageAddress } from "./request-page.ts";
import { noSession } from "./session.ts";
import type { Finished } from "./sign-in.ts";

/** `GET /sign-in?return=…&fresh=1`: sends the browser to Entra. */
export async function beginSignIn({ request, signIn, frame, words }: Visit): Promise<HttpResponseInit> {
  const { query, headers } = request;
  const begun = signIn.begin(query.get("return"), query.get("fresh") === "1", headers.get("cookie"));
  return begun ? goTo(begun.to, [begun.cookie]) : notice(frame, 400, words.notices.home);
}

/** `POST /signed-in`: the form that Entra's page sends through the browser. */
export async function endSignIn(visit: Visit): Promise<HttpResponseInit> {
  const { request, signIn, frame, words, log } = visit;
  const form = await readForm(request);
  if (!form) return notice(frame, 400, words.notices.signInFailed);
  const finished = await signIn.finish(form, request.headers.get("cookie"));
  if (finished.kind === "signed-in") return goTo(pageAddress(visit, finished.to, "sign-in"), finished.cookies);
  const { kind, why, code, request: about } = finished;
  log.warn("a sign-in did not work", { kind, why });
  const links = about
    ? [{ href: `${signIn.publicUrl}/api/sign-in?return=${about}&fresh=1`, text: words.tryAgain }]
    : [];
  const trace = { name: words.code, value: code ?? kind };
  return notice({ ...frame, request: about }, failures[kind], { ...noticeOf(kind, words), trace, links });
}

type Failure = Exclude<Finished["kind"], "signed-in">;

const failures: Readonly<Record<Failure, number>> = { failed: 401, lost: 400, "too-large": 431, unknown: 503 };

function noticeOf(kind: Failure, { notices }: PageWords): PageWords["notices"]["notNow"] {
  switch (kind) {
    case "failed":
      return notices.signInFailed;
    case "lost":
      return notices.signInLost;
    case "too-large":
      return notices.tooManyGroups;
    case "unknown":
      return notices.notNow;
  }
}

/** `POST /sign-out`: ends the session in this browser. Only our own page may, or anybody could throw people out. */
export async function endSession(visit: Visit): Promise<HttpResponseInit> {
  const { request, signIn, frame, words } = visit;
  if (!isFromOurPage(visit)) return notice(frame, 403, words.notices.foreign);
  const form = await readForm(request);
  const session = await signIn.session(request.headers.get("cookie"));
  const isAsked =
    session.kind !== "signed-in" || isFormToken(form?.get("token") ?? "", session.person.session, signOutPurpose);
  if (!isAsked) return notice(frame, 403, words.notices.foreign);
  const about = form?.get("return") ?? undefined;
  const links = returnPath(about)
    ? [{ href: `${signIn.publicUrl}/api/sign-in?return=${about}`, text: words.signIn }]
    : [];
  return notice(frame, 200, { ...words.notices.signedOut, links }, noSession());
}
