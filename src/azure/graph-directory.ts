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

type Kept = { readonly groups: readonly string[]; readonly until: number };

/**
 * Group membership by Microsoft Graph, through nested groups too (teams.md 4.3). The app needs an application permission to
 * read memberships.
 *
 * Answers are kept for five minutes, so somebody who left a group may still vote that long. Whatever Graph cannot answer is
 * thrown as a PlgateError: then nobody is let through. A person whom the tenant does not know is in no group.
 */
export function graphDirectory(options: GraphOptions): Directory {
  const kept = new Map<string, Kept>();
  const now = options.now ?? Date.now;
  return {
    groupsOf: async (objectId, groups) => {
      // Only what is a GUID ever becomes part of an address.
      if (!isGuid(objectId)) throw new PlgateError("a person's object id is not a GUID", { retryable: false });
      const asked = groups.filter(isGuid);
      if (asked.length === 0) return [];
      const key = keyOf(objectId, asked);
      const known = kept.get(key);
      if (known && now() < known.until) return spelledAs(asked, known.groups);
      const found = await memberGroups(objectId, asked, options);
      keep(kept, key, { groups: found, until: now() + keepMs });
      return spelledAs(asked, found);
    },
  };
}

function keyOf(objectId: string, groups: readonly string[]): string {
  return [objectId, ...groups.toSorted()].join("|").toLowerCase();
}

function keep(kept: Map<string, Kept>, key: string, value: Kept): void {
  kept.delete(key);
  kept.set(key, value);
  // A map remembers the order of insertion: its first key is the oldest.
  const [oldest] = kept.keys();
  if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest);
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
  const token = await tokenOf(options);
  const starts = Array.from({ length: Math.ceil(groups.length / groupsPerCall) }, (_, index) => index * groupsPerCall);
  const chunks = starts.map((start) => groups.slice(start, start + groupsPerCall));
  const found = await Promise.all(chunks.map((chunk) => checkMemberGroups(objectId, chunk, token, options)));
  return found.flat().map((group) => group.toLowerCase());
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
  token: string,
  { graph, timeoutMs = 5_000 }: GraphOptions,
): Promise<readonly string[]> {
  const response = await fetch(new URL(`/v1.0/users/${objectId}/checkMemberGroups`, graph), {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ groupIds }),
    redirect: "manual",
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw unanswered("it cannot be reached", true, cause);
  });
  const body: unknown = await response.json().catch(() => undefined);
  if (response.status === 404) return [];
  if (response.status !== 200) throw refusal(response.status);
  const found = valuesIn(body);
  if (!found) throw unanswered("its answer is no list of groups", true);
  return found;
}

function valuesIn(body: unknown): readonly string[] | undefined {
  if (typeof body !== "object" || body === null || !("value" in body) || !Array.isArray(body.value)) return undefined;
  const values: readonly unknown[] = body.value;
  return values.every((value) => typeof value === "string") ? values : undefined;
}

function refusal(status: number): PlgateError {
  const hint = status === 403 ? "; give the app's identity the permission to read group memberships" : "";
  const retryable = status === 401 || status === 408 || status === 429 || status >= 500;
  return unanswered(`it answered ${status}${hint}`, retryable);
}

function unanswered(why: string, retryable: boolean, cause?: unknown): PlgateError {
  return new PlgateError(`Microsoft Graph cannot say who is a reviewer: ${why}`, { retryable, cause });
}
