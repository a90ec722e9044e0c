import { parseRequestId } from "../requests/request-id.ts";

/**
 * The path, below the app's public address, that leads back to a request; undefined for what is no request id.
 *
 * Only an id is ever taken from a link, a form or a cookie, never an address: whatever somebody writes there, the way back
 * after a sign-in is one that we build ourselves.
 */
export function returnPath(request: string | null | undefined): string | undefined {
  const id = parseRequestId(request ?? "")?.id;
  return id && `/api/requests/${id}`;
}
