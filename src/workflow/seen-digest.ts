import { createHash } from "node:crypto";
import type { Mode } from "../decision/decision.ts";

/** What of a service tells whether it needs a look; an inventory lists it. */
type Shown = {
  readonly connections: readonly { readonly id: string; readonly status: string }[];
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
};

/**
 * What the last review saw of a service, in a few bytes: its connections, their states, the app's mode (a mode that allows
 * more must look again at what it held back), the policies that it judged by (others may let somebody in who waits), and whom
 * Azure itself lets in or lets ask. `found`: something stands there beside requests.
 */
export function seenMark(shown: Shown, mode: Mode, policies: string | undefined, found: boolean): string {
  const parts = [seenDigest(shown, mode), policies === undefined ? "" : digest(policies), waysPast(shown)];
  return [...parts, ...(found ? ["found"] : [])].join(".");
}

/** Whether something stood or was found at the service when the mark was made, so that it is worth asking what. */
export function hasFindings(mark: string): boolean {
  return mark.split(".")[3] === "found";
}

/**
 * Whether nothing needs a look. Policies that cannot be told now, or could not be told then, are no reason for one. A mark of a
 * version that did not know of ways past plgate is: one look finds them.
 */
export function isSeen(mark: string, shown: Shown, mode: Mode, policies: string | undefined): boolean {
  const [seen, judgedBy = "", open] = mark.split(".");
  if (seen !== seenDigest(shown, mode) || open !== waysPast(shown)) return false;
  return judgedBy === "" || policies === undefined || judgedBy === digest(policies);
}

function seenDigest({ connections }: Shown, mode: Mode): string {
  const lines = connections.map(({ id, status }) => `${id}=${status}`.toLowerCase()).sort();
  return digest([mode, ...lines].join("\n"));
}

function waysPast({ autoApproval, visibility }: Shown): string {
  const listed = (subscriptions: readonly string[]) =>
    subscriptions
      .map((id) => id.toLowerCase())
      .sort()
      .join(",");
  return digest(`${listed(autoApproval)};${listed(visibility)}`);
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}
