import type { AuditPage, AuditQuery } from "../ledger/query.ts";
import type { Clock, Index } from "./ports.ts";

/** As many as storage gives at once. */
const pageRows = 1000;

/** How long an export may take before it says where to go on. */
export type ExportLimit = { readonly mostMs: number; readonly clock: Clock };

/**
 * Everything that a query finds, newest first, page by page: no more than one page is in memory, and the next is asked
 * for when somebody wants it.
 *
 * The `next` of the last page says whether that was all: null, or where another export goes on once the time was over.
 * What is written meanwhile is newer than where the export is, so it shifts nothing and leaves nothing out.
 */
export async function* exportAudit(
  query: Omit<AuditQuery, "top">,
  index: Pick<Index, "searchAudit">,
  limit?: ExportLimit,
): AsyncGenerator<AuditPage, void, undefined> {
  const began = limit?.clock.now().getTime() ?? 0;
  let after = query.after;
  for (;;) {
    const page = await index.searchAudit({ ...query, top: pageRows, ...(after === undefined ? {} : { after }) });
    yield page;
    if (page.next === null) return;
    if (limit && limit.clock.now().getTime() - began >= limit.mostMs) return;
    after = page.next;
  }
}
