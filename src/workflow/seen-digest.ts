import { createHash } from "node:crypto";
import type { Mode } from "../decision/decision.ts";

/**
 * What the last review saw of a service, in a few bytes: its connections, their states, and the app's mode
 * (a mode that allows more must look again at what it held back). The same digest means that nothing needs a look.
 */
export function seenDigest(
  connections: readonly { readonly id: string; readonly status: string }[],
  mode: Mode,
): string {
  const lines = connections.map(({ id, status }) => `${id}=${status}`.toLowerCase()).sort();
  return createHash("sha256")
    .update([mode, ...lines].join("\n"), "utf8")
    .digest("hex")
    .slice(0, 32);
}
