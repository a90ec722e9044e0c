import { version } from "../runtime/version.ts";
import type { Health } from "../workflow/check-health.ts";
import type { Caller } from "./caller.ts";

/** What a Reader is told of health: the report, which version answers, and which app roles the caller has. */
export function healthAnswer(report: Health, { roles }: Pick<Caller, "roles">) {
  const { status, mode, checks } = report;
  return { status, version, mode, checks, caller: { roles: [...roles].sort() } };
}
