import { createHash } from "node:crypto";
import type { Mode } from "../decision/decision.ts";

/** What of a service tells whether it needs a look; an inventory lists it. */
type Shown = {
  readonly connections: readonly { readonly id: string; readonly status: string }[];
  /** Whom Azure itself lets in, and whom it lets ask. */
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
};

/** `re-judge`: ARM shows what the last review saw, but it would be judged by other policies or under another mode. */
export type Difference = "none" | "changed" | "re-judge";

/**
 * What the last review saw of a service, in a few bytes: its connections, their states and the ways past plgate, the app's mode (a
 * mode that allows more must look again at what it held back), and the policies that it judged by (others may let somebody in who
 * waits). `found`: something stands there beside requests.
 */
export function seenMark(shown: Shown, mode: Mode, policies: string | undefined, found: boolean): string {
  const parts = [seenDigest(shown), mode, policies === undefined ? "" : digest(policies)];
  return [...parts, ...(found ? ["found"] : [])].join(".");
}

/** Whether something stood or was found at the service when the mark was made, so that it is worth asking what. */
export function hasFindings(mark: string): boolean {
  return mark.split(".")[3] === "found";
}

/**
 * How what is listed differs from a mark. Policies that cannot be told now, or could not be told then, are no difference. A mark of a
 * version that did not know of ways past plgate is one: a look finds them.
 */
export function differenceFrom(mark: string, shown: Shown, mode: Mode, policies: string | undefined): Difference {
  const { connections } = shown;
  const [seen, judgedIn, judgedBy] = mark.split(".");
  if (judgedBy === undefined) return connections.some(isUndecided) ? "changed" : "re-judge";
  if (seen !== seenDigest(shown)) return "changed";
  // Nothing is ever judged where every connection has ended.
  if (connections.every(hasEnded)) return "none";
  if (judgedIn !== mode) return "re-judge";
  return judgedBy === "" || policies === undefined || judgedBy === digest(policies) ? "none" : "re-judge";
}

function isUndecided({ status }: Shown["connections"][number]): boolean {
  return status.toLowerCase() === "pending";
}

function hasEnded({ status }: Shown["connections"][number]): boolean {
  return ["rejected", "disconnected"].includes(status.toLowerCase());
}

function seenDigest({ connections, autoApproval, visibility }: Shown): string {
  const lines = connections.map(({ id, status }) => `${id}=${status}`.toLowerCase()).sort();
  return digest([...lines, listed(autoApproval), listed(visibility)].join("\n"));
}

function listed(subscriptions: readonly string[]): string {
  const ids = subscriptions.map((id) => id.toLowerCase());
  return ids.sort().join(",");
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}
