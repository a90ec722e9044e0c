import type { HttpResponseInit } from "@azure/functions";

// An API answer is never rendered, framed or cached by anybody.
export const ownHeaders = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
};

export function json(status: number, body: unknown): HttpResponseInit {
  return {
    status,
    headers: { ...ownHeaders, "content-type": "application/json; charset=utf-8" },
    body: JSON.stringify(body),
  };
}

/** 204: it is done, and there is nothing to show. */
export function nothing(): HttpResponseInit {
  return { status: 204, headers: ownHeaders };
}

/** One page of a list; `nextLink` is there only when there is more (design.md, interfaces). `more` adds members. */
export function list(
  value: readonly unknown[],
  nextLink: string | undefined,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponseInit {
  return json(200, { value, ...(nextLink ? { nextLink } : {}), ...more });
}

const titles: Readonly<Record<number, string>> = {
  400: "Bad request",
  401: "Not signed in",
  403: "Not allowed",
  404: "Not found",
  406: "Not acceptable",
  409: "Conflict",
  413: "Too large",
  503: "Not available now",
};

/** An error as RFC 9457 problem details. `more` adds members, such as the state that a request is in. */
export function problem(
  status: number,
  detail: string,
  more: Readonly<Record<string, unknown>> = {},
): HttpResponseInit {
  const body = { type: "about:blank", title: titles[status] ?? "Error", status, detail, ...more };
  const challenge = status === 401 ? { "www-authenticate": 'Bearer realm="plgate"' } : {};
  return {
    status,
    headers: { ...ownHeaders, ...challenge, "content-type": "application/problem+json; charset=utf-8" },
    body: JSON.stringify(body),
  };
}

/** The link to the next page: the same request with another `after`. */
export function nextLink(url: string, after: string | null): string | undefined {
  if (!after) return undefined;
  const next = new URL(url);
  next.searchParams.set("after", after);
  return `${next.pathname}${next.search}`;
}
