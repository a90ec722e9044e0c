import type { HttpResponseInit } from "@azure/functions";
import { formToken } from "../../src/console/anti-forgery.ts";
import { takeAnswer } from "../../src/http/page-answers.ts";
import { pageRoute, signOutPurpose, type Visit } from "../../src/http/page-route.ts";
import { answerPage, answerPurpose, type Desk } from "../../src/http/request-page.ts";
import type { Finished, Session, SignIn } from "../../src/http/sign-in.ts";
import { signIn } from "../../src/http/sign-in.ts";
import { beginSignIn, endSession, endSignIn } from "../../src/http/sign-in-answers.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { showRequest } from "../../src/workflow/show-request.ts";
import { Browser, origin } from "../http/a-browser.ts";
import { megan, type Stage, tenant } from "../workflow/stage.ts";

type Answered = readonly [operation: string, name: string, answer: HttpResponseInit];
type Handle = (visit: Visit, desk: Desk) => Promise<HttpResponseInit>;
type Fields = Readonly<Record<string, string>>;

const session = "a.b.c";
const operations = { answerRequest: takeAnswer, beginSignIn, endSignIn, endSession } as const;
const paths = {
  answerRequest: "/requests/ID/answer",
  beginSignIn: "/sign-in",
  endSignIn: "/signed-in",
  endSession: "/sign-out",
};

/** What a browser is answered, over a sign-in that says what the case needs. */
export async function pageAnswers(ports: Stage, id: string): Promise<readonly Answered[]> {
  const desk: Desk = {
    show: (request) => showRequest(request, ports),
    decide: (ballot) => decideManually(ballot, ports),
    now: () => ports.clock.now(),
  };
  const told: Answered[] = [];
  const tell = async (operation: string, name: string, handle: Handle, door: SignIn | undefined, call: Call = {}) => {
    const route = pageRoute(
      async () => ({ signIn: door, config: { language: "en" } }),
      (visit) => handle(visit, call.desk ?? desk),
    );
    const path = (call.path ?? "").replace("ID", id);
    const page = call.fields
      ? await new Browser().post(route, path, call.fields)
      : await new Browser().get(route, path);
    told.push([
      operation,
      name,
      { status: page.status, headers: page.headers, ...(page.html ? { body: page.html } : {}) },
    ]);
  };
  const broken: Desk = { ...desk, show: () => Promise.reject(new PlgateError("away", { retryable: true })) };
  await tell("showRequest", "a browser", answerPage, doorWith(signedIn()), { path: "/requests/ID" });
  await tell("showRequest", "a browser of nobody", answerPage, doorWith(nobody), { path: "/requests/ID" });
  for (const [operation, handle] of Object.entries(operations)) {
    const path = paths[operation as keyof typeof paths];
    const fields = operation === "beginSignIn" ? {} : { fields: answer(id) };
    await tell(operation, "not set up", handle, undefined, { path, ...fields });
    const fails = () => Promise.reject(new Error("a fault"));
    await tell(operation, "a fault", fails, doorWith(nobody), { path, ...fields });
  }
  const vote = (name: string, door: SignIn, change: Fields = {}, more: Partial<Call> = {}) =>
    tell("answerRequest", name, takeAnswer, door, {
      ...{ path: paths.answerRequest, fields: { ...answer(id), ...change } },
      ...more,
    });
  await vote("a field is missing", doorWith(signedIn()), { justification: "" });
  await vote("no session", doorWith(nobody));
  await vote("no role", doorWith(signedIn(["Reader"])));
  await vote(
    "no such request",
    doorWith(signedIn()),
    { token: formToken(session, answerPurpose(other)) },
    { path: `/requests/${other}/answer` },
  );
  await vote("storage is away", doorWith(signedIn()), {}, { desk: broken });
  await vote("recorded", doorWith(signedIn()));
  await vote("too late", doorWith(signedIn()), { answer: "reject" });

  await tell("beginSignIn", "a request", beginSignIn, realDoor, { path: "/sign-in?return=ID" });
  await tell("beginSignIn", "no request", beginSignIn, realDoor, { path: "/sign-in?return=x" });
  const failed = { why: "w", code: undefined, request: id };
  const ends: readonly Finished[] = [
    { kind: "signed-in", to: `/api/requests/${id}`, cookies: [] },
    ...(["failed", "lost", "too-large", "unknown"] as const).map((kind) => ({ kind, ...failed })),
  ];
  for (const end of ends) {
    const door = { ...doorWith(nobody), finish: async () => end };
    await tell("endSignIn", end.kind, endSignIn, door, { path: paths.endSignIn, fields: { state: "s" } });
  }
  for (const token of [formToken(session, signOutPurpose), "x"]) {
    await tell("endSession", token, endSession, doorWith(signedIn()), { path: paths.endSession, fields: { token } });
  }
  return told;
}

type Call = { readonly path?: string; readonly fields?: Fields; readonly desk?: Desk };

const other = "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1";
const nobody: Session = { kind: "nobody", why: "no session" };
const realDoor = signIn({ publicUrl: origin, authority: "https://login.example", tenantId: tenant, clientId: "c" });

function answer(id: string): Fields {
  const token = formToken(session, answerPurpose(id));
  return { token, answer: "approve", justification: "CHG-1", expiresAfter: "" };
}

function signedIn(roles: readonly string[] = ["Approver"]): Session {
  const caller = { objectId: megan, tenantId: tenant, name: "Megan Test", roles, groups: undefined };
  return { kind: "signed-in", person: { caller, session, signedInAt: undefined, isGuest: false } };
}

function doorWith(of: Session): SignIn {
  return { ...realDoor, session: async () => of };
}
