import { createHmac, timingSafeEqual } from "node:crypto";

/**
 * The token of one form: only who holds the session can make it, and it serves no other form.
 * `purpose` names what the form does and to what.
 */
export function formToken(session: string, purpose: string): string {
  return createHmac("sha256", session).update(purpose, "utf8").digest("base64url");
}

/** Whether a form carries the token that its session makes; takes the same time however much of it is right. */
export function isFormToken(given: string, session: string, purpose: string): boolean {
  return isSame(given, formToken(session, purpose));
}

/** Compares secrets without telling by its duration how much of them was right. */
export function isSame(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export type Sender = { readonly origin: string | null; readonly fetchSite: string | null };

/**
 * Whether a browser says that a form came from our own page. Every browser of today sends at least one of the two with a
 * POST; one that sends neither is refused, and so is one whose two words differ.
 */
export function isOwnForm({ origin, fetchSite }: Sender, own: string): boolean {
  if (fetchSite !== null && fetchSite !== "same-origin") return false;
  if (origin !== null) return origin === own;
  return fetchSite !== null;
}
