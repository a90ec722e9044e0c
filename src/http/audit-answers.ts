import type { HttpResponseInit } from "@azure/functions";
import type { AuditVerdict } from "../workflow/verify-audit.ts";
import { json, nextLink } from "./respond.ts";

/** What verification brought to light. A broken chain is an answer, not an error; `nextLink` when time ran out. */
export function answerVerdict(url: string, { next, ...verdict }: AuditVerdict): HttpResponseInit {
  const link = nextLink(url, next);
  return json(200, link ? { ...verdict, nextLink: link } : verdict);
}
