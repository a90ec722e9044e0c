import type { Reading } from "../compose-cli.ts";

/** One thing that was looked at. `warning`: plgate works, but somebody should know; `skipped`: it could not be looked at. */
export type Examined = {
  readonly check: string;
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  /** What to do, as a command where there is one. */
  readonly remedy: string | null;
};

export const ok = (check: string, detail: string): Examined => ({ check, status: "ok", detail, remedy: null });

export const bad = (
  status: "warning" | "failed" | "skipped",
  check: string,
  detail: string,
  remedy: string,
): Examined => ({ ...{ check, status, detail, remedy } });

/** What the operator needs to be let look, beside the finding that could not be made. */
export type Unread = { readonly absent: Examined; readonly needs: string };

/**
 * The finding about a thing that could not be read: it is not there, the operator may not see it, or it did not answer.
 * Only the first says something about the deployment.
 */
export function unread(
  check: string,
  reading: Exclude<Reading, { kind: "read" }>,
  { absent, needs }: Unread,
): Examined {
  switch (reading.kind) {
    case "absent":
      return absent;
    case "refused":
      return bad("skipped", check, `you may not read it (${reading.detail})`, needs);
    case "failed":
      return bad(
        "skipped",
        check,
        `it could not be read: ${reading.detail}`,
        "Try again; what Azure said stands above.",
      );
  }
}

/** The command that lets the operator read one scope. */
export function needsReader(scope: string): string {
  return `You need Reader there: az role assignment create --role Reader --assignee <you> --scope ${scope}`;
}
