import { createHash } from "node:crypto";

/** The version of the language and its evaluation; raised with every change that could judge a request differently. */
export const engineVersion = "1.2.0";

export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** A file checked out with CRLF is the same policy as the one with LF (policy.md 8). */
export function withUnixLines(source: string): string {
  return source.replace(/\r\n?/g, "\n");
}

/** Hex SHA-256 of the source's LF-normalised UTF-8 bytes: the name of exactly this policy. */
export function policyDigest(source: string): string {
  return sha256(withUnixLines(source));
}
