import { styleHash } from "./style.ts";

/**
 * The headers of every page: no script at all, one style by its hash, nothing loaded, framed, cached or sniffed.
 *
 * Forms go to ourselves only; Chromium holds redirects after a form to that too, so a form never leads to a sign-in.
 * `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with our own forms, and the check of
 * where a form came from would refuse them. Nobody else ever gets an address of ours.
 */
export const pageHeaders = {
  "cache-control": "no-store",
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `style-src ${styleHash}`,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "same-origin",
  vary: "Accept, Accept-Language, Authorization, Cookie",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;
