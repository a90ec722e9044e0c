import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import type { AwaitedLink } from "../workflow/ports.ts";
import { keyPart, parsedTime, plainColumn, type Row, textIn } from "./rows.ts";

/*
 * The rows that say of which approved requests the LinkID is awaited. Their letter follows that of the open requests, so
 * that a review finds both in one range and pays nothing for links as long as none is awaited. A row holds all that is
 * needed to tell whether there is something to do: the request itself is read only then.
 */
const letter = "p";

export function linkMarkKey(requestId: string): string {
  return `${letter}|${keyPart(requestId)}`;
}

export function linkMarkColumns(request: ApprovalRequest): Record<string, string> {
  const { id, connectionId, updatedAt } = request;
  return { requestId: id, connectionId: plainColumn(connectionId), since: updatedAt };
}

export function isLinkMark(row: Row): boolean {
  return row.rowKey.startsWith(`${letter}|`);
}

/** A row that cannot be read is nobody's, or so old that it is given up: it records nothing and must stop no review. */
export function readLinkMark(row: Row): AwaitedLink | undefined {
  const requestId = parseRequestId(textIn(row, "requestId") ?? "")?.id;
  if (!requestId) return undefined;
  const since = parsedTime(textIn(row, "since") ?? "") ?? new Date(0);
  return { requestId, connectionId: textIn(row, "connectionId") ?? "", since };
}
