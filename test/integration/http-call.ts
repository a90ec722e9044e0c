import { type HttpHandler, HttpRequest, type HttpRequestInit, type HttpResponseInit } from "@azure/functions";
import type { people } from "../../local/seed.ts";
import type { World } from "./world.ts";

/** What an API answer may hold, as far as tests look at it. */
export type ApiBody = {
  readonly [member: string]: unknown;
  readonly value?: readonly Readonly<Record<string, unknown>>[];
  readonly nextLink?: string;
  readonly detail?: string;
  readonly status?: unknown;
};

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ApiBody;
};

export type ApiCall = {
  readonly method?: string;
  /** With its query, below `/api`. */
  readonly path?: string;
  /** The variable parts of the route, which the host cuts out of the path. */
  readonly params?: Readonly<Record<string, string>>;
  /** Sent as JSON; a text as it is. */
  readonly body?: unknown;
  /** A person of the seed, with the roles and groups that they have. */
  readonly as?: keyof typeof people;
  /** Instead of a person's token. */
  readonly token?: string;
};

/** Calls a trigger as the functions host does with a request of the API. */
export async function api(world: World, handler: HttpHandler, call: ApiCall = {}): Promise<ApiAnswer> {
  const token = call.token ?? (call.as && (await world.issuer.mintUserToken({ user: call.as })));
  const { method = "GET", path = "", body } = call;
  const init: HttpRequestInit = {
    ...{ method, url: `http://127.0.0.1:7071/api${path}`, params: { ...call.params } },
    headers: token ? { authorization: `Bearer ${token}` } : {},
    ...(body === undefined ? {} : { body: { string: typeof body === "string" ? body : JSON.stringify(body) } }),
  };
  return answerOf((await handler(new HttpRequest(init), world.context("api"))) ?? {});
}

function answerOf({ status = 200, headers, body, jsonBody }: HttpResponseInit): ApiAnswer {
  const text = jsonBody === undefined ? String(body ?? "") : JSON.stringify(jsonBody);
  return { status, headers: new Headers(headers as Record<string, string>), text, body: text ? JSON.parse(text) : {} };
}
