import type { HttpHandler, HttpRequest, HttpResponseInit } from "@azure/functions";
import { formToken } from "../console/anti-forgery.ts";
import type { Html } from "../console/html.ts";
import type { Frame } from "../console/layout.ts";
import { type Notice, noticePage } from "../console/notice-page.ts";
import { pageHeaders } from "../console/page-headers.ts";
import { returnPath } from "../console/return-path.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import { type Log, lineLog } from "../runtime/log.ts";
import { languageOf } from "../words/language.ts";
import { type PageWords, pageWords } from "../words/page.ts";
import { preferredType } from "./accept.ts";
import { type Cookie, hostCookie } from "./cookies.ts";
import type { Person, SignIn } from "./sign-in.ts";

/** One request of a browser. */
export type Visit = {
  readonly request: HttpRequest;
  readonly signIn: SignIn;
  readonly words: PageWords;
  /** Without a reader, until it is known who that is. */
  readonly frame: Frame;
  readonly log: Log;
  readonly correlation: string;
};

type App = { readonly signIn: SignIn | undefined; readonly config: { readonly language: Frame["language"] } };

/** Whether a browser asks for the page; whoever brings a token or takes JSON as well is answered by the API. */
export function wantsPage({ headers }: HttpRequest): boolean {
  if (headers.get("authorization") !== null) return false;
  return preferredType(headers.get("accept"), ["application/json", "text/html"]) === "text/html";
}

/** A route for people with a browser: whatever happens, they get a page in their language. */
export function pageRoute<Open extends App>(
  open: () => Promise<Open>,
  handle: (visit: Visit, app: Open) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const log = lineLog(context);
    const correlation = context.invocationId;
    const language = languageOf(request.headers.get("accept-language"), "en");
    const frame: Frame = { language, origin: "" };
    const words = pageWords[language];
    try {
      const app = await open();
      const { signIn } = app;
      if (!signIn) return notice(frame, 503, words.notices.notConfigured);
      const about = requestOf(request);
      return await handle(
        { request, signIn, words, log, correlation, frame: { ...frame, origin: signIn.publicUrl, request: about } },
        app,
      );
    } catch (error) {
      log.error("a page failed", { function: context.functionName, error: messageOf(error) });
      return faultNotice(error, frame, words, correlation);
    }
  };
}

/** What exactly failed may name inner things: it goes to the log, and the correlation id lets an operator find it. */
function faultNotice(error: unknown, frame: Frame, words: PageWords, correlation: string): HttpResponseInit {
  const retryable = error instanceof PlgateError && error.retryable;
  const said = retryable ? words.notices.notNow : words.notices.fault;
  return notice(frame, retryable ? 503 : 500, { ...said, trace: { name: words.correlation, value: correlation } });
}

/** The request that an address is about, by its path or as the way back. */
function requestOf({ params, query }: HttpRequest): string | undefined {
  const named = params["id"] ?? query.get("return") ?? undefined;
  return returnPath(named) ? named : undefined;
}

/** The frame of a page for somebody who is signed in. */
export function frameFor(person: Person, { frame }: Visit): Frame {
  const signOutToken = formToken(person.session, signOutPurpose);
  return { ...frame, reader: { name: person.caller.name, signOutToken } };
}

export const signOutPurpose = "sign-out";

export function page(status: number, content: Html, cookies: readonly Cookie[] = []): HttpResponseInit {
  return { status, headers: pageHeaders, cookies: cookies.map(hostCookie), body: content.toString() };
}

export function notice(frame: Frame, status: number, said: Notice, cookies: readonly Cookie[] = []): HttpResponseInit {
  return page(status, noticePage(frame, said), cookies);
}

/** Sends the browser on by GET, whatever it came with. */
export function goTo(address: string, cookies: readonly Cookie[] = []): HttpResponseInit {
  const { "content-type": _, ...headers } = pageHeaders;
  return { status: 303, headers: { ...headers, location: address }, cookies: cookies.map(hostCookie) };
}

/** The fields of a form that a browser sent; undefined when it is no form or larger than `mostKiB`. */
export async function readForm(request: HttpRequest, mostKiB = 64): Promise<URLSearchParams | undefined> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return undefined;
  const text = await request.text();
  return text.length > mostKiB * 1024 ? undefined : new URLSearchParams(text);
}
