import { createHash } from "node:crypto";
import { ArmError, badRequest, notImplemented } from "./arm-error.ts";
import { type GraphQuery, graphRow, normalizedQuery } from "./resource-graph.ts";
import { keyOf } from "./resource-ids.ts";
import { hasAnyRole } from "./roles.ts";
import type { Answer, ArmCall, World } from "./world.ts";

type GraphQuestion = {
  readonly subscriptions?: readonly string[];
  readonly managementGroups?: readonly string[];
  readonly query: string;
  readonly options?: {
    readonly $top?: number;
    readonly $skip?: number;
    readonly $skipToken?: string;
    readonly resultFormat?: string;
  };
};

type Page = { readonly start: number; readonly size: number };
type Quota = { startsAt: number; used: number };

const pageLimit = 1000;
const readAction = "Microsoft.Network/privateLinkServices/read";
const subscriptionAction = "Microsoft.Resources/subscriptions/read";

/**
 * POST `/providers/Microsoft.ResourceGraph/resources`, for the query texts that this ARM was given and no other.
 *
 * A caller sees only what the roles let it read. The quota is per caller, with headers from memory [K].
 */
export function createGraphHandler(queries: readonly GraphQuery[]): (call: ArmCall, world: World) => Answer {
  const known = new Map(queries.map((query) => [normalizedQuery(query.text), query]));
  const quotas = new Map<string, Quota>();
  return (call, world) => {
    const headers = takeQuota(quotas, call, world);
    // The table of body shapes has checked this body field by field.
    const question = call.body as GraphQuestion;
    checkOptions(question);
    const query = known.get(normalizedQuery(question.query));
    if (!query) throw badRequest("BadRequest", `The local Resource Graph does not know this query: ${question.query}`);
    return { status: 200, headers, body: answerOf(query, question, call, world) };
  };
}

function visibleServices({ subscriptions }: GraphQuestion, call: ArmCall, world: World) {
  const asked = subscriptions && new Set(subscriptions.map(keyOf));
  return world.graph
    .services()
    .filter((service) => !asked || asked.has(keyOf(service.subscriptionId)))
    .filter((service) => world.mayDo(call.caller, readAction, service.id));
}

/** Which subscriptions a caller sees whose role does not name `subscriptions/read` is not known [U]: a setting decides. */
function visibleSubscriptions({ subscriptions }: GraphQuestion, { caller }: ArmCall, world: World) {
  const asked = subscriptions && new Set(subscriptions.map(keyOf));
  const byAnyRole = world.settings()["graph.subscriptionsSeen"] === "any-role";
  const roles = world.store.roleAssignments.all();
  const isSeen = (scope: string) =>
    byAnyRole ? hasAnyRole(roles, caller.objectId, scope) : world.mayDo(caller, subscriptionAction, scope);
  return world.graph
    .subscriptions()
    .filter(({ id }) => !asked || asked.has(keyOf(id)))
    .filter(({ id }) => isSeen(`/subscriptions/${id}`))
    .map(({ id, displayName, tenantId }) => ({ subscriptionId: keyOf(id), name: displayName, tenantId }));
}

function checkOptions({ managementGroups, options }: GraphQuestion): void {
  if (managementGroups !== undefined) throw notImplemented("managementGroups");
  if (options?.resultFormat === "table") throw notImplemented("the result format 'table'");
  const top = options?.$top;
  if (top !== undefined && (top < 1 || top > pageLimit)) {
    throw badRequest("BadRequest", `$top must be from 1 to ${pageLimit}.`);
  }
  if ((options?.$skip ?? 0) < 0) throw badRequest("BadRequest", "$skip must not be negative.");
}

/** One page. Rows are made for what stands on it alone: a world of ten thousand services is not drawn anew for each page. */
function answerOf(query: GraphQuery, question: GraphQuestion, call: ArmCall, world: World): object {
  const { start, size } = pageOf(question);
  const take = <T>(all: readonly T[]) => [all.length, all.slice(start, start + size)] as const;
  const rows = (): readonly [number, readonly object[]] => {
    if ("evaluateSubscriptions" in query) {
      const [total, page] = take(visibleSubscriptions(question, call, world));
      return [total, query.evaluateSubscriptions(page)];
    }
    const [total, page] = take(visibleServices(question, call, world));
    return [total, query.evaluate(page.map((service) => graphRow(service, world.settings())))];
  };
  const [totalRecords, data] = rows();
  const end = start + data.length;
  const more = end < totalRecords ? { $skipToken: skipToken(question.query, { start: end, size }) } : {};
  return { totalRecords, count: data.length, resultTruncated: "false", data, facets: [], ...more };
}

function pageOf({ query, options }: GraphQuestion): Page {
  const token = options?.$skipToken;
  const kept = token === undefined ? { start: 0, size: pageLimit } : parseSkipToken(query, token);
  return { start: options?.$skip ?? kept.start, size: options?.$top ?? kept.size };
}

function skipToken(query: string, { start, size }: Page): string {
  return Buffer.from(JSON.stringify([fingerprint(query), start, size])).toString("base64url");
}

function parseSkipToken(query: string, token: string): Page {
  const parts = parseJson(Buffer.from(token, "base64url").toString("utf8"));
  const [print, start, size] = Array.isArray(parts) ? parts : [];
  const isOurs = print === fingerprint(query) && Number.isSafeInteger(start) && Number.isSafeInteger(size);
  if (!isOurs) throw badRequest("BadRequest", "The $skipToken does not belong to this query.");
  return { start, size };
}

function fingerprint(query: string): string {
  return createHash("sha256").update(normalizedQuery(query)).digest("base64url").slice(0, 16);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function takeQuota(quotas: Map<string, Quota>, call: ArmCall, world: World): Readonly<Record<string, string>> {
  const settings = world.settings();
  const windowMs = settings["graph.windowSeconds"] * 1000;
  const at = world.now().getTime();
  const kept = quotas.get(keyOf(call.caller.objectId));
  const quota = kept && at < kept.startsAt + windowMs ? kept : { startsAt: at, used: 0 };
  quotas.set(keyOf(call.caller.objectId), quota);
  const seconds = Math.max(1, Math.ceil((quota.startsAt + windowMs - at) / 1000));
  const headers = (remaining: number) => ({
    "x-ms-user-quota-remaining": String(remaining),
    "x-ms-user-quota-resets-after": new Date(seconds * 1000).toISOString().slice(11, 19),
  });
  if (quota.used >= settings["graph.requestsPerWindow"]) {
    const message = `The quota of Resource Graph queries is used up. Please try again after '${seconds}' seconds.`;
    throw new ArmError(429, "RateLimiting", message, { headers: { ...headers(0), "retry-after": String(seconds) } });
  }
  quota.used += 1;
  return headers(settings["graph.requestsPerWindow"] - quota.used);
}
