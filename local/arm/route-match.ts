import { ArmError } from "./arm-error.ts";
import type { Route } from "./routes.ts";

export type RouteMatch = { readonly route: Route; readonly params: Readonly<Record<string, string>> };

/** Finds the route of a request. Throws 404 when no route has this path, 405 when none has this method. */
export function findRoute(routes: readonly Route[], method: string, segments: readonly string[]): RouteMatch {
  const matches = routes.flatMap((route) => {
    const params = matchTemplate(route.template, segments);
    return params ? [{ route, params }] : [];
  });
  const match = matches.find(({ route }) => route.method === method);
  if (match) return match;
  const path = `/${segments.join("/")}`;
  if (matches.length === 0)
    throw new ArmError(404, "InvalidResourceType", `The local ARM has no route ${method} ${path}.`);
  const allow = matches.map(({ route }) => route.method).join(", ");
  throw new ArmError(405, "HttpMethodNotSupported", `${path} does not support ${method}.`, { headers: { allow } });
}

function matchTemplate(template: string, segments: readonly string[]): Readonly<Record<string, string>> | undefined {
  const parts = template.slice(1).split("/");
  if (parts.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? "";
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name) params[name] = segment;
    else if (part.toLowerCase() !== segment.toLowerCase()) return undefined;
  }
  return params;
}
