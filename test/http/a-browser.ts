import { randomUUID } from "node:crypto";
import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from "@azure/functions";

/** A browser in front of handlers: it keeps cookies and sends what browsers send. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly lines: string[] = [];

  get(handler: HttpHandler, path: string, headers: Readonly<Record<string, string>> = {}): Promise<Page> {
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    return this.#send(handler, "GET", path, { accept, "accept-language": "en-GB,en;q=0.9", ...headers });
  }

  /** `headers` may change where the form says that it comes from. */
  post(
    handler: HttpHandler,
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = { origin, "sec-fetch-site": "same-origin" },
  ): Promise<Page> {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    return this.#send(handler, "POST", path, { ...type, ...headers }, new URLSearchParams(fields).toString());
  }

  async #send(
    handler: HttpHandler,
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<Page> {
    const id = /\/requests\/([^/?]+)/.exec(path)?.[1];
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const request = new HttpRequest({
      method,
      url: `${origin}/api${path}`,
      headers: { ...headers, ...(cookie ? { cookie } : {}) },
      ...(id ? { params: { id: decodeURIComponent(id) } } : {}),
      ...(body === undefined ? {} : { body: { string: body } }),
      query: Object.fromEntries(new URL(`${origin}${path}`).searchParams),
    });
    const context = new InvocationContext({
      functionName: "page",
      invocationId: randomUUID(),
      logHandler: (_, ...words) => void this.lines.push(words.join(" ")),
    });
    const answer = ((await handler(request, context)) ?? {}) as HttpResponseInit;
    for (const { name, value, maxAge } of answer.cookies ?? []) {
      if (maxAge === 0 || value === "") this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return pageOf(answer);
  }
}

export const origin = "https://plgate.example";

export type Page = {
  readonly status: number;
  readonly headers: Headers;
  readonly cookies: NonNullable<HttpResponseInit["cookies"]>;
  readonly html: string;
  /** As a reader sees it. */
  readonly text: string;
  readonly location: string;
  /** The value of a hidden field. */
  field(name: string, form?: string): string;
};

function pageOf({ status = 200, headers, body, cookies = [] }: HttpResponseInit): Page {
  const html = String(body ?? "");
  const all = new Headers(headers as Record<string, string>);
  const text = html
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&#39;", "'")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ");
  return {
    ...{ status, headers: all, cookies, html, text, location: all.get("location") ?? "" },
    field: (name, form = "/answer") => {
      const [, inside = ""] = new RegExp(`<form[^>]*${form}"[^>]*>([\\s\\S]*?)</form>`).exec(html) ?? [];
      return new RegExp(`name="${name}" value="([^"]*)"`).exec(inside)?.[1] ?? "";
    },
  };
}
