import type { FunctionOf } from "./load-app.ts";

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | {
      readonly kind: "parameter";
      readonly name: string;
      readonly optional: boolean;
      readonly constraint: string | undefined;
    }
  | { readonly kind: "rest"; readonly name: string };
export type Route = {
  readonly fn: FunctionOf<"httpTrigger">;
  readonly template: string;
  readonly segments: readonly Segment[];
};
export type RouteMatch = { readonly route: Route; readonly params: Readonly<Record<string, string>> };

const CONSTRAINTS: Readonly<Record<string, RegExp>> = {
  int: /^-?\d{1,10}$/,
  long: /^-?\d{1,19}$/,
  guid: /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i,
  alpha: /^[a-z]*$/i,
  bool: /^(?:true|false)$/i,
};

/** The routes in the order in which the host tries them: by the function's name, ordinal, ignoring case (A.3 no. 2) [S]. */
export function orderRoutes(functions: readonly FunctionOf<"httpTrigger">[], prefix: string): Route[] {
  const sorted = functions.toSorted((a, b) => (a.name.toUpperCase() < b.name.toUpperCase() ? -1 : 1));
  return sorted.map((fn) => {
    const template = [prefix, fn.trigger.route ?? fn.name]
      .map((part) => part.replace(/^\/+|\/+$/g, ""))
      .filter(Boolean)
      .join("/");
    return { fn, template, segments: template.split("/").map((text) => parseSegment(text, fn.name)) };
  });
}

/** The first route that takes this verb and path. An unlisted verb simply does not match, hence 404 and not 405 (no. 4). */
export function findRoute(routes: readonly Route[], method: string, pathname: string): RouteMatch | undefined {
  const path = pathname.split("/").slice(1);
  if (path.at(-1) === "") path.pop();
  for (const route of routes) {
    if (!route.fn.trigger.methods.includes(method)) continue;
    const params = matchSegments(route.segments, path.map(decodeSegment));
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

/** One warning for each route that can never be reached because an earlier one takes all its requests. */
export function shadowedRoutes(routes: readonly Route[]): string[] {
  return routes.flatMap((later, index) => {
    const earlier = routes.slice(0, index).find((candidate) => shadows(candidate, later));
    if (earlier === undefined) return [];
    return [
      `warning: route ${later.template} of ${later.fn.name} is never reached: ${earlier.template} of ${earlier.fn.name} comes first by name`,
    ];
  });
}

function parseSegment(text: string, functionName: string): Segment {
  const rest = /^\{\*{1,2}(\w+)\}$/.exec(text)?.[1];
  if (rest !== undefined) return { kind: "rest", name: rest };
  const [, name, constraint, optional] = /^\{(\w+)(?::(\w+))?(\?)?\}$/.exec(text) ?? [];
  if (name !== undefined && (constraint === undefined || constraint in CONSTRAINTS))
    return { kind: "parameter", name, constraint, optional: optional !== undefined };
  if (/[{}]/.test(text))
    throw new Error(`function ${functionName}: the route segment "${text}" is not supported by this host`);
  return { kind: "literal", text: text.toLowerCase() };
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    if (segment.kind === "rest") return { ...params, [segment.name]: path.slice(index).join("/") };
    const text = path[index];
    if (!accepts(segment, text)) return undefined;
    if (segment.kind === "parameter" && text !== undefined) params[segment.name] = text;
  }
  return path.length > segments.length ? undefined : params;
}

function accepts(segment: Exclude<Segment, { kind: "rest" }>, text: string | undefined): boolean {
  if (segment.kind === "literal") return segment.text === text?.toLowerCase();
  if (text === undefined) return segment.optional;
  const constraint = segment.constraint === undefined ? undefined : CONSTRAINTS[segment.constraint];
  return text !== "" && (constraint?.test(text) ?? true);
}

/** A slash that came as %2F stays encoded: it is data, not structure [K]. */
function decodeSegment(text: string): string {
  try {
    return text.split(/%2f/i).map(decodeURIComponent).join("%2F");
  } catch (error) {
    if (error instanceof URIError) return text;
    throw error;
  }
}

function shadows(earlier: Route, later: Route): boolean {
  const takesVerbs = later.fn.trigger.methods.every((method) => earlier.fn.trigger.methods.includes(method));
  return takesVerbs && covers(earlier.segments, later.segments);
}

function covers([first, ...rest]: readonly Segment[], [segment, ...others]: readonly Segment[]): boolean {
  if (first?.kind === "rest") return true;
  if (first === undefined) return segment === undefined;
  if (segment === undefined) return first.kind === "parameter" && first.optional;
  return coversSegment(first, segment) && covers(rest, others);
}

function coversSegment(earlier: Exclude<Segment, { kind: "rest" }>, later: Segment): boolean {
  if (later.kind === "rest") return false;
  if (later.kind === "literal") return accepts(earlier, later.text);
  if (earlier.kind === "literal" || (later.optional && !earlier.optional)) return false;
  return earlier.constraint === undefined || earlier.constraint === later.constraint;
}
