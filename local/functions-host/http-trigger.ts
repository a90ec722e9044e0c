import type { Nullable, RpcCookie, RpcHttp, TypedData } from "./core-module.ts";
import { forward } from "./forward.ts";
import type { Answer, HostReply, HostRequest } from "./http-server.ts";
import type { Invoke } from "./invoke.ts";
import { type HostKeys, opens } from "./keys.ts";
import type { FunctionOf } from "./load-app.ts";
import { findRoute, type Route } from "./routes.ts";
import type { WorkerProxy } from "./worker-proxy.ts";

export type HttpTriggerOptions = {
  readonly routes: readonly Route[];
  readonly invoke: Invoke;
  readonly keys: HostKeys;
  readonly ownKeys: Readonly<Record<string, string>>;
  readonly keyChecks: boolean;
  readonly log: (line: string) => void;
  readonly proxy: WorkerProxy | undefined;
};

type Params = Readonly<Record<string, string>>;

/** Answers function routes (A.3 nos. 1-11). 401, 404 and 500 have an empty body: the reason is in the log, never with the caller. */
export function httpTrigger(options: HttpTriggerOptions): Answer {
  return async (request) => {
    const match = findRoute(options.routes, request.method, request.url.pathname);
    if (match === undefined) return { status: 404 };
    const { fn } = match.route;
    if (options.keyChecks && !opens(fn.trigger.authLevel, callerKey(request), options.keys, options.ownKeys[fn.name]))
      return { status: 401 };
    return options.proxy === undefined
      ? invokeByRpc(fn, request, match.params, options)
      : invokeByProxy(options.proxy, fn, request, match.params, options);
  };
}

/** Request and answer are handed over whole. */
async function invokeByRpc(
  fn: FunctionOf<"httpTrigger">,
  request: HostRequest,
  params: Params,
  { invoke, log }: HttpTriggerOptions,
): Promise<HostReply> {
  const http = await toRpcHttp(request, params, log);
  try {
    const { returnValue } = await invoke(fn, { input: { http } });
    return returnValue?.http ? toReply(returnValue.http) : { status: 204 };
  } catch {
    // The invocation has logged it with its stack; the caller must not see it (no. 9).
    return { status: 500 };
  }
}

/** An app that streams: the invocation goes one way, request and answer the other. */
function invokeByProxy(
  proxy: WorkerProxy,
  fn: FunctionOf<"httpTrigger">,
  request: HostRequest,
  params: Params,
  { invoke }: HttpTriggerOptions,
): Promise<HostReply> {
  const data = { input: { http: {} }, metadata: triggerMetadata(request, params) };
  return forward(proxy, request, (invocationId) => invoke(fn, { ...data, invocationId }));
}

/** The key a caller shows: the header wins over the query (no. 6). */
export function callerKey(request: HostRequest): string | undefined {
  return request.headers["x-functions-key"] ?? request.url.searchParams.get("code") ?? undefined;
}

async function toRpcHttp(request: HostRequest, params: Params, log: (line: string) => void): Promise<RpcHttp> {
  const body = await request.body();
  const declared = Number(request.headers["content-length"] ?? 0);
  if (body.length > 0 && declared === 0)
    log("warning: a body without content-length is not handed to the function, as by the real host [S]");
  return {
    method: request.method,
    url: request.url.href,
    nullableHeaders: nullable(request.headers),
    nullableQuery: nullable(joinQuery(request.url.searchParams)),
    nullableParams: nullable(params),
    ...(declared > 0 ? { body: { bytes: body } } : {}),
  };
}

/** What the library needs beside the proxied request: it takes headers and route parameters from here, the query from the URL. */
function triggerMetadata(request: HostRequest, params: Params): Readonly<Record<string, TypedData>> {
  return {
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, { string: value }])),
    Query: { json: JSON.stringify(joinQuery(request.url.searchParams)) },
    Headers: { json: JSON.stringify(request.headers) },
  };
}

function joinQuery(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(",")]));
}

function nullable(record: Readonly<Record<string, string>>): Record<string, Nullable<string>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, { value }]));
}

// Set by the server itself, per connection.
const OWN_HEADERS = ["connection", "content-length", "keep-alive", "transfer-encoding"];

function toReply(http: RpcHttp): HostReply {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(http.headers ?? {}))
    if (!OWN_HEADERS.includes(name)) headers[name] = value;
  if (http.cookies?.length) headers["set-cookie"] = http.cookies.map(toSetCookie);
  return { status: Number(http.statusCode ?? 200), headers, body: toBytes(http.body) };
}

function toBytes(data: TypedData | null | undefined): Uint8Array | string {
  return data?.bytes ?? data?.string ?? data?.json ?? "";
}

/** Name and value are percent-encoded, path defaults to `/`, as the real host's framework does [K]. */
function toSetCookie(cookie: RpcCookie): string {
  const expires = cookie.expires ? new Date(cookie.expires.value.seconds * 1000).toUTCString() : undefined;
  const sameSite = cookie.sameSite === "explicitNone" ? "none" : cookie.sameSite;
  const attributes = [
    expires && `expires=${expires}`,
    cookie.maxAge && `max-age=${cookie.maxAge.value}`,
    cookie.domain && `domain=${cookie.domain.value}`,
    `path=${cookie.path?.value ?? "/"}`,
    cookie.secure?.value && "secure",
    sameSite && cookie.sameSite !== "none" && `samesite=${sameSite}`,
    cookie.httpOnly?.value && "httponly",
  ];
  return [`${encodeURIComponent(cookie.name)}=${encodeURIComponent(cookie.value)}`, ...attributes.filter(Boolean)].join(
    "; ",
  );
}
