import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { type Answer, bearerOf, type Call, isObject, json, listen, objectIn, type Route } from "../exchange.ts";
import { isSameSecret } from "../issuer/identity-route.ts";
import type { Issuer } from "../issuer/issuer.ts";
import type { TeamsPerson } from "./activities.ts";

export type SigningProxyOptions = {
  /** The app's messages route in full, for example `http://127.0.0.1:7071/api/messages`; a function where it is known later. */
  readonly target: string | (() => string);
  readonly issuer: Pick<Issuer, "mintChannelToken">;
  /** Of the bot: the audience of the tokens. */
  readonly appId: string;
  readonly port?: number;
  /** Where the app shall answer to instead of where the Playground says; the connector tap. */
  readonly serviceUrl?: () => string;
};

export type SigningProxy = {
  /** What the Playground is started with. */
  readonly messagesUrl: string;
  /** From now on this person clicks, whoever the Playground says it is; `undefined` gives the Playground its say back. */
  actAs(person: TeamsPerson | undefined): void;
  /** `PUT <url>/actor` with the secret as bearer token does the same for other processes; the body is a person, or `null`. */
  readonly control: { readonly url: string; readonly secret: string };
  stop(): Promise<void>;
};

type Inside = {
  readonly options: SigningProxyOptions;
  readonly secret: string;
  actor: TeamsPerson | undefined;
};

const messagesPath = "/api/messages";
const answerBoundMs = 60_000;

/**
 * Stands between Playground and app and signs what the Bot Connector would sign (teams.md section 8): production authentication
 * stays on in the app.
 *
 * It signs only for the Playground: its header and a JSON body are demanded, which no foreign web page can send here without
 * being asked first, and only with a `serviceUrl` on loopback.
 */
export async function startSigningProxy(options: SigningProxyOptions): Promise<SigningProxy> {
  const inside: Inside = { options, secret: randomBytes(32).toString("base64url"), actor: undefined };
  const { port, stop } = await listen(createServer(), options.port ?? 0, [messagesRoute(inside), actorRoute(inside)]);
  const origin = `http://127.0.0.1:${port}`;
  return {
    messagesUrl: `${origin}${messagesPath}`,
    actAs: (person) => {
      inside.actor = person;
    },
    control: { url: `${origin}/control`, secret: inside.secret },
    stop,
  };
}

function messagesRoute(inside: Inside): Route {
  return (call) => {
    if (call.path !== messagesPath) return undefined;
    if (call.method === "GET" || call.method === "HEAD") return json(200, {});
    if (call.method !== "POST") return undefined;
    const activity = signable(call);
    return typeof activity === "string" ? json(400, { error: activity }) : forward(activity, inside);
  };
}

type Signable = Readonly<Record<string, unknown>> & { readonly serviceUrl: string };

function signable(call: Call): Signable | string {
  if (call.headers["x-ms-agents-playground"] !== "true") return "only the Playground's activities are signed";
  if (!/^application\/json\b/.test(call.headers["content-type"] ?? "")) return "the body must be application/json";
  const activity = objectIn(call.body);
  const serviceUrl = activity?.["serviceUrl"];
  if (!activity || typeof serviceUrl !== "string") return "the body must be an activity with a serviceUrl";
  const host = URL.parse(serviceUrl)?.hostname ?? "";
  if (!["127.0.0.1", "[::1]", "localhost"].includes(host)) return `serviceUrl ${serviceUrl} is not on loopback`;
  return { ...activity, serviceUrl };
}

async function forward(activity: Signable, { options, actor }: Inside): Promise<Answer> {
  const serviceUrl = options.serviceUrl?.() ?? activity.serviceUrl;
  const token = await options.issuer.mintChannelToken({ serviceUrl, audience: options.appId });
  const from = isObject(activity["from"]) ? activity["from"] : {};
  try {
    const answer = await fetch(targetOf(options), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...activity, serviceUrl, from: { ...from, ...actor } }),
      redirect: "manual",
      signal: AbortSignal.timeout(answerBoundMs),
    });
    const type = answer.headers.get("content-type");
    return { status: answer.status, headers: type ? { "content-type": type } : {}, body: await answer.text() };
  } catch (error) {
    return json(502, { error: `the app at ${targetOf(options)} does not answer: ${error}` });
  }
}

function actorRoute(inside: Inside): Route {
  return (call) => {
    if (call.path !== "/control/actor" || call.method !== "PUT") return undefined;
    if (!isSameSecret(bearerOf(call) ?? "", inside.secret))
      return json(401, { error: "wrong or missing control secret" });
    const person = call.body === "null" ? undefined : parsePerson(call.body);
    if (typeof person === "string") return json(400, { error: person });
    inside.actor = person;
    return json(200, {});
  };
}

function parsePerson(body: string): TeamsPerson | string {
  const { id, name, aadObjectId } = objectIn(body) ?? {};
  if (typeof id !== "string" || !isTeamsId(id)) return 'id must be a string that starts with "29:"';
  if (typeof name !== "string" || typeof aadObjectId !== "string") return "name and aadObjectId must be strings";
  return { id, name, aadObjectId };
}

function isTeamsId(id: string): id is `29:${string}` {
  return id.startsWith("29:");
}

function targetOf({ target }: SigningProxyOptions): string {
  return typeof target === "function" ? target() : target;
}
