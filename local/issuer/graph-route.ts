import { randomUUID } from "node:crypto";
import { type Answer, bearerOf, type Call, json, objectIn, type Route } from "../exchange.ts";
import { type Directory, groupsOf, type User } from "./directory.ts";
import { type Caller, TokenRefused } from "./verify-resource-token.ts";

type GraphContext = {
  readonly users: () => readonly User[];
  readonly directory: Directory;
  readonly now: () => Date;
  readonly verify: (token: string) => Promise<Caller>;
  /** What to answer instead, while a test wants Graph to be down. */
  readonly outage: () => GraphOutage | undefined;
};

export type GraphOutage = { readonly status: number; readonly retryAfterSeconds?: number };

const mostGroupIds = 20;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Microsoft Graph, as far as plgate asks it: `GET /v1.0/users/{id | userPrincipalName}` and
 * `POST /v1.0/users/{id | userPrincipalName}/checkMemberGroups`.
 *
 * The first says who somebody is, the second which of the given groups they are in, also through other groups; both
 * within the caller's tenant. Codes and the needed permissions are from Graph's public reference, from memory [K].
 */
export function graphRoute(context: GraphContext): Route {
  return async (call) => {
    if (!call.path.startsWith("/v1.0/")) return undefined;
    const outage = context.outage();
    if (outage) return outageAnswer(outage, context);
    const caller = await callerOf(call, context);
    if ("status" in caller) return caller;
    return answerCaller(call, caller, context);
  };
}

function answerCaller(call: Call, caller: Caller, context: GraphContext): Answer {
  const [, user = "", rest] = /^\/v1\.0\/users\/([^/]+)(\/checkMemberGroups)?$/i.exec(call.path) ?? [];
  const id = decodeURIComponent(user);
  if (call.method === "POST" && rest) return checkMemberGroups(id, call.body, caller, context);
  if (call.method === "GET" && user && !rest) return showUser(id, caller, context);
  return refused(400, "BadRequest", `The local Graph does not know ${call.method} ${call.path}.`, context);
}

/** Which properties a caller sees depends on its permissions: the basic ones do not tell members from guests. */
function showUser(id: string, caller: Caller, context: GraphContext): Answer {
  const wide = ["User.Read.All", "Directory.Read.All"].some((role) => caller.roles.includes(role));
  if (!wide && !caller.roles.includes("User.ReadBasic.All")) return notAllowed(context);
  const user = userOf(id, caller, context);
  if (!user) return notFound(id, context);
  return json(200, {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users(id,userPrincipalName,userType)/$entity",
    id: user.objectId,
    userPrincipalName: user.userPrincipalName,
    ...(wide ? { userType: user.guest ? "Guest" : "Member" } : {}),
  });
}

async function callerOf(call: Call, context: GraphContext): Promise<Caller | Answer> {
  const token = bearerOf(call);
  if (!token) return refused(401, "InvalidAuthenticationToken", "Access token is empty.", context);
  try {
    return await context.verify(token);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return refused(401, "InvalidAuthenticationToken", `Access token: ${error.message}.`, context);
  }
}

function checkMemberGroups(id: string, body: string, caller: Caller, context: GraphContext): Answer {
  if (!mayReadMemberships(caller)) return notAllowed(context);
  const asked = askedGroups(body);
  if (typeof asked === "string") return refused(400, "Request_BadRequest", asked, context);
  const user = userOf(id, caller, context);
  if (!user) return notFound(id, context);
  const memberships = groupsOf(context.directory, user.objectId);
  return json(200, {
    "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)",
    value: asked.filter((group) => memberships.has(group.toLowerCase())),
  });
}

function userOf(id: string, { tenantId }: Caller, { users }: GraphContext): User | undefined {
  const key = id.toLowerCase();
  return users().find(
    (one) =>
      one.tenantId === tenantId && (one.objectId.toLowerCase() === key || one.userPrincipalName.toLowerCase() === key),
  );
}

function notFound(id: string, context: GraphContext): Answer {
  const message = `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`;
  return refused(404, "Request_ResourceNotFound", message, context);
}

function notAllowed(context: GraphContext): Answer {
  return refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", context);
}

function mayReadMemberships({ roles }: Caller): boolean {
  if (roles.includes("Directory.Read.All")) return true;
  const ofUsers = roles.includes("User.ReadBasic.All") || roles.includes("User.Read.All");
  return ofUsers && (roles.includes("GroupMember.Read.All") || roles.includes("Group.Read.All"));
}

function askedGroups(body: string): readonly string[] | string {
  const ids = objectIn(body)?.["groupIds"];
  if (!Array.isArray(ids)) return "The property 'groupIds' is required and must be a collection.";
  if (ids.length > mostGroupIds) return `The number of elements in 'groupIds' exceeds the maximum of ${mostGroupIds}.`;
  if (!ids.every((one) => typeof one === "string" && guid.test(one))) return "Invalid GUID in 'groupIds'.";
  return ids;
}

function outageAnswer({ status, retryAfterSeconds }: GraphOutage, context: GraphContext): Answer {
  const code = status === 429 ? "TooManyRequests" : "ServiceUnavailable";
  const headers = retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  const answer = refused(status, code, "The local Graph was told to fail.", context);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function refused(status: number, code: string, message: string, context: GraphContext): Answer {
  const requestId = randomUUID();
  const innerError = { date: context.now().toISOString(), "request-id": requestId, "client-request-id": requestId };
  return json(status, { error: { code, message, innerError } });
}
