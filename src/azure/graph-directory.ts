import type { TokenCredential } from "@azure/identity";
import { isGuid } from "../connection/arm-id.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Directory } from "../workflow/ports.ts";

export type GraphOptions = {
  readonly credential: Pick<TokenCredential, "getToken">;
  /** Origin of Microsoft Graph, for example `https://graph.microsoft.com`. */
  readonly graph: string;
  readonly scope: string;
  readonly timeoutMs?: number;
  readonly now?: () => number;
};

const groupsPerCall = 20;
const keepMs = 5 * 60_000;
const keptAtMost = 1000;

type Person = { readonly guest: boolean };

/**
 * People and their groups by Microsoft Graph, through nested groups too (teams.md 4.3). The app needs application permissions
 * to read memberships and the basic properties of users.
 *
 * Answers are kept for five minutes, so somebody who left a group may still vote that long. Whatever Graph cannot answer is
 * thrown as a PlgateError: then nobody is let through. A person whom the tenant does not know is in no group.
 */
export function graphDirectory(options: GraphOptions): Directory {
  const now = options.now ?? Date.now;
  const memberships = keeper<readonly string[]>(now);
  const people = keeper<Person | undefined>(now);
  return {
    groupsOf: async (objectId, groups) => {
      const person = idOf(objectId);
      const asked = groups.filter(isGuid);
      if (asked.length === 0) return [];
      const found = await memberships(keyOf(person, asked), () => memberGroups(person, asked, options));
      return spelledAs(asked, found);
    },
    personOf: async (objectId) => {
      const person = idOf(objectId);
      return people(person, () => askPerson(person, options));
    },
  };
}

/** Only what is a GUID ever becomes part of an address. */
function idOf(objectId: string): string {
  if (!isGuid(objectId)) throw new PlgateError("a person's object id is not a GUID", { retryable: false });
  return objectId.toLowerCase();
}

function keyOf(objectId: string, groups: readonly string[]): string {
  return [objectId, ...groups.toSorted()].join("|").toLowerCase();
}

/** Keeps answers for five minutes, and a question that is on its way is not asked again; a failure is not kept. */
function keeper<T>(now: () => number): (key: string, ask: () => Promise<T>) => Promise<T> {
  const kept = new Map<string, { readonly answer: Promise<T>; readonly until: number }>();
  return (key, ask) => {
    const known = kept.get(key);
    if (known && now() < known.until) return known.answer;
    const answer = ask();
    const entry = { answer, until: now() + keepMs };
    answer.catch(() => {
      if (kept.get(key) === entry) kept.delete(key);
    });
    kept.delete(key);
    kept.set(key, entry);
    // A map remembers the order of insertion: its first key is the oldest.
    const [oldest] = kept.keys();
    if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest);
    return answer;
  };
}

/** The groups that were asked for, in the caller's own spelling: whatever else Graph says is left out. */
function spelledAs(asked: readonly string[], found: readonly string[]): readonly string[] {
  return asked.filter((group) => found.includes(group.toLowerCase()));
}

async function memberGroups(
  objectId: string,
  groups: readonly string[],
  options: GraphOptions,
): Promise<readonly string[]> {
  const starts = Array.from({ length: Math.ceil(groups.length / groupsPerCall) }, (_, index) => index * groupsPerCall);
  const chunks = starts.map((start) => groups.slice(start, start + groupsPerCall));
  const found = await Promise.all(chunks.map((chunk) => checkMemberGroups(objectId, chunk, options)));
  return found.flat().map((group) => group.toLowerCase());
}

/** Undefined for 404: nobody of that id is in the directory. */
async function askPerson(objectId: string, options: GraphOptions): Promise<Person | undefined> {
  const path = `/v1.0/users/${objectId}?$select=id,userPrincipalName,userType`;
  const { status, body } = await call(path, {}, options);
  if (status === 404) return undefined;
  if (status !== 200) throw refusal(status);
  const [id, name, type] = ["id", "userPrincipalName", "userType"].map((field) => textAt(body, field));
  if (id?.toLowerCase() !== objectId) throw unanswered("its answer is about somebody else", true);
  // Without the right to read all properties there is no type; then the name tells, which Entra makes so for guests.
  if (type) return { guest: type.toLowerCase() !== "member" };
  if (!name) throw unanswered("its answer does not say whether they are a guest", false);
  return { guest: name.toUpperCase().includes("#EXT#") };
}

async function tokenOf({ credential, scope }: GraphOptions): Promise<string> {
  const issued = await credential.getToken(scope).catch((cause: unknown) => {
    throw unanswered(`no token: ${messageOf(cause)}`, true, cause);
  });
  if (!issued) throw unanswered("no token: the credential gave none", true);
  return issued.token;
}

async function checkMemberGroups(
  objectId: string,
  groupIds: readonly string[],
  options: GraphOptions,
): Promise<readonly string[]> {
  const { status, body } = await call(`/v1.0/users/${objectId}/checkMemberGroups`, { groupIds }, options);
  if (status === 404) return [];
  if (status !== 200) throw refusal(status);
  const found = valuesIn(body);
  if (!found) throw unanswered("its answer is no list of groups", true);
  return found;
}

/** A GET, or a POST of what is sent. */
async function call(
  path: string,
  { groupIds }: { readonly groupIds?: readonly string[] },
  options: GraphOptions,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const token = await tokenOf(options);
  const sent = groupIds && { method: "POST", body: JSON.stringify({ groupIds }) };
  const response = await fetch(new URL(path, options.graph), {
    ...sent,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
  }).catch((cause: unknown) => {
    throw unanswered("it cannot be reached", true, cause);
  });
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

function textAt(body: unknown, field: string): string | undefined {
  const value: unknown = typeof body === "object" && body !== null ? Reflect.get(body, field) : undefined;
  return typeof value === "string" ? value : undefined;
}

function valuesIn(body: unknown): readonly string[] | undefined {
  if (typeof body !== "object" || body === null || !("value" in body) || !Array.isArray(body.value)) return undefined;
  const values: readonly unknown[] = body.value;
  return values.every((value) => typeof value === "string") ? values : undefined;
}

function refusal(status: number): PlgateError {
  const hint =
    status === 403 ? "; give the app's identity the permissions GroupMember.Read.All and User.ReadBasic.All" : "";
  const retryable = status === 401 || status === 408 || status === 429 || status >= 500;
  return unanswered(`it answered ${status}${hint}`, retryable);
}

function unanswered(why: string, retryable: boolean, cause?: unknown): PlgateError {
  return new PlgateError(`Microsoft Graph cannot say who is a reviewer: ${why}`, { retryable, cause });
}
