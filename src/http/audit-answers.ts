import type { HttpResponseInit } from "@azure/functions";
import { readAuditQuery } from "../intake/queries.ts";
import { type AuditFile, type AuditFormat, auditFiles, type Closing } from "../ledger/audit-file.ts";
import type { AuditPage, AuditQuery } from "../ledger/query.ts";
import { DamagedRow, messageOf, PlgateError } from "../runtime/errors.ts";
import { exportAudit } from "../workflow/export-audit.ts";
import type { Ports } from "../workflow/ports.ts";
import type { AuditVerdict } from "../workflow/verify-audit.ts";
import { preferredType } from "./accept.ts";
import { json, list, nextLink, problem } from "./respond.ts";
import type { Call } from "./route.ts";
import { streamed } from "./stream.ts";

/** The host ends a call after 5 minutes (host.json) and Azure's load balancer after 230 seconds (azure.md, Functions). */
const longestExportMs = 180_000;

const offered = ["application/json", "application/x-ndjson", "text/csv"] as const;

type Store = Pick<Ports, "index" | "clock">;

/** Answers `GET /audit`: a page as JSON, or everything that was asked for as NDJSON or CSV, by what the caller accepts. */
export async function answerAudit(call: Call, { index, clock }: Store): Promise<HttpResponseInit> {
  const { request } = call;
  const type = preferredType(request.headers.get("accept"), offered);
  if (!type) return problem(406, `There are ${offered.join(", ")}.`);
  const query = readAuditQuery(request.query);
  if (!query.ok) return problem(400, query.problem);
  if (type === "application/json") {
    const page = await index.searchAudit(query.value);
    const more = page.since === null ? {} : { since: page.since };
    return list(page.entries, nextLink(request.url, page.next), more);
  }
  if (request.query.has("top"))
    return problem(400, "top: is for pages of JSON; an export gives all that was asked for");
  return exported(type === "text/csv" ? "csv" : "ndjson", query.value, call, { index, clock });
}

/** The first page is read before the answer begins, so that a question that cannot be answered gets its own status. */
async function exported(
  format: AuditFormat,
  query: AuditQuery,
  call: Call,
  { index, clock }: Store,
): Promise<HttpResponseInit> {
  const pages = exportAudit(query, index, { mostMs: longestExportMs, clock });
  const first = await pages.next();
  const name = `plgate-audit-${clock
    .now()
    .toISOString()
    .replace(/\.\d+|:/g, "")}.${format}`;
  const file = auditFiles[format];
  return streamed(file.contentType, textOf(file, first, pages, call), call, {
    "content-disposition": `attachment; filename="${name}"`,
  });
}

type Pages = AsyncGenerator<AuditPage, void, undefined>;

/** Status and headers are gone by then, so what goes wrong on the way is told by the closing: where, and how to go on. */
async function* textOf(
  file: AuditFile,
  first: IteratorResult<AuditPage, void>,
  pages: Pages,
  call: Call,
): AsyncGenerator<string> {
  let closing: Closing = { events: 0, after: null };
  yield file.head;
  try {
    for (let page = first; !page.done; page = await pages.next()) {
      const { entries, next, since } = page.value;
      closing = { events: closing.events + entries.length, after: next, since };
      yield entries.map(file.line).join("");
    }
  } catch (error) {
    call.log.error("an export broke off", { correlation: call.correlation, error: messageOf(error) });
    closing = { ...closing, problem: told(error, call) };
  }
  yield file.closing(closing);
}

function told(error: unknown, { correlation }: Call): string {
  if (error instanceof DamagedRow) return `${error.message}. Correlation ${correlation}.`;
  const advice = error instanceof PlgateError && error.retryable ? "; try again" : "";
  return `The export could not go on${advice}. Correlation ${correlation}.`;
}

/** What verification brought to light. A broken chain is an answer, not an error; `nextLink` when time ran out. */
export function answerVerdict(url: string, { next, ...verdict }: AuditVerdict): HttpResponseInit {
  const link = nextLink(url, next);
  return json(200, link ? { ...verdict, nextLink: link } : verdict);
}
