import { isDeepStrictEqual } from "node:util";
import type { RequestQuery } from "../../src/ledger/query.ts";
import { type ApprovalRequest, isOpen } from "../../src/requests/request.ts";
import type { Index, RequestLine } from "../../src/workflow/ports.ts";

type Line = Pick<RequestLine, "id" | "state" | "updatedAt" | "outcome">;

/** What the lists of requests get wrong: all, the open ones, those of each service and of each consumer. */
export async function listFindings(index: Index, requests: readonly ApprovalRequest[]): Promise<readonly string[]> {
  const findings: string[] = [];
  const lists: readonly (readonly [string, Omit<RequestQuery, "top">, readonly ApprovalRequest[]])[] = [
    ["all requests", {}, requests],
    ["open requests", { status: "open" }, requests.filter(isOpen)],
    ...[...Map.groupBy(requests, ({ serviceId }) => serviceId)].map(
      ([serviceId, due]) => [`requests of ${serviceId}`, { serviceId }, due] as const,
    ),
    ...[...Map.groupBy(requests, ({ consumerSubscriptionId }) => consumerSubscriptionId)].flatMap(([consumer, due]) =>
      consumer === null ? [] : [[`requests of consumer ${consumer}`, { consumer }, due] as const],
    ),
  ];
  for (const [what, query, due] of lists) {
    const listed = sorted(await allPages(index, query));
    const wrong = difference(listed, sorted(due));
    if (wrong) findings.push(`the list of ${what} is wrong at ${wrong}`);
  }
  return findings;
}

async function allPages(index: Index, query: Omit<RequestQuery, "top">): Promise<readonly Line[]> {
  const lines: Line[] = [];
  let after: string | null = null;
  do {
    const page = await index.searchRequests({ ...query, top: 1000, ...(after ? { after } : {}) });
    lines.push(...page.requests);
    after = page.next;
  } while (after);
  return lines;
}

function sorted(lines: readonly Line[]): readonly Line[] {
  const short = lines.map(({ id, state, updatedAt, outcome }) => ({ id, state, updatedAt, outcome }));
  return short.sort((one, two) => (one.id < two.id ? -1 : 1));
}

/** The first line that stands in one of the two and not in the other. */
function difference(listed: readonly Line[], due: readonly Line[]): string | undefined {
  for (let at = 0; at < Math.max(listed.length, due.length); at += 1) {
    if (isDeepStrictEqual(listed[at], due[at])) continue;
    return `${JSON.stringify(listed[at] ?? null)}, where ${JSON.stringify(due[at] ?? null)} is due`;
  }
  return undefined;
}
