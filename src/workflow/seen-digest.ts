import { createHash } from "node:crypto";
import type { Mode } from "../decision/decision.ts";

type Shown = readonly { readonly id: string; readonly status: string }[];

/**
 * What the last review saw of a service, in a few bytes: its connections, their states, the app's mode (a mode that allows
 * more must look again at what it held back), and the policies that it judged by (others may let somebody in who waits).
 */
export function seenMark(connections: Shown, mode: Mode, policies: string | undefined): string {
  return `${seenDigest(connections, mode)}.${policies === undefined ? "" : digest(policies)}`;
}

/** Whether nothing needs a look. Policies that cannot be told now, or could not be told then, are no reason for one. */
export function isSeen(mark: string, connections: Shown, mode: Mode, policies: string | undefined): boolean {
  const [seen, judgedBy = ""] = mark.split(".");
  if (seen !== seenDigest(connections, mode)) return false;
  return judgedBy === "" || policies === undefined || judgedBy === digest(policies);
}

function seenDigest(connections: Shown, mode: Mode): string {
  const lines = connections.map(({ id, status }) => `${id}=${status}`.toLowerCase()).sort();
  return digest([mode, ...lines].join("\n"));
}

function digest(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex").slice(0, 32);
}
