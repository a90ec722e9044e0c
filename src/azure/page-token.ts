import { InputError } from "../runtime/errors.ts";

/**
 * Where a listing goes on: after the row `after`, and where that took too long, inside the scan for what follows it.
 * Rows are sorted newest first and never change their place, so what is added meanwhile shifts no page.
 */
export type Position = {
  /** Null: from the beginning. */
  readonly after: string | null;
  readonly scan: { readonly stage: number; readonly continuation: string } | null;
};

const beginning: Position = { after: null, scan: null };

const longestToken = 4_000;

export function writeToken(position: Position): string {
  const { after, scan } = position;
  const body = scan ? { v: 1, after, stage: scan.stage, scan: scan.continuation } : { v: 1, after };
  return Buffer.from(JSON.stringify(body), "utf8").toString("base64url");
}

/**
 * Reads a token that came from outside. `after` must look like a row's place, so nothing of it can become part of
 * another question. Throws an InputError for every text that we did not write.
 */
export function readToken(token: string | undefined, place: RegExp): Position {
  if (token === undefined) return beginning;
  const body = decoded(token);
  if (body?.["v"] !== 1) throw foreign();
  const { after, stage, scan } = body;
  if (after !== null && !(typeof after === "string" && place.test(after))) throw foreign();
  if (scan === undefined) return { after, scan: null };
  if (typeof scan !== "string" || typeof stage !== "number" || !isContinuation(scan)) throw foreign();
  return { after, scan: { stage, continuation: scan } };
}

export function foreign(): InputError {
  return new InputError("after: is not a continuation that plgate gave");
}

function decoded(token: string): Record<string, unknown> | undefined {
  if (token.length > longestToken || !/^[\w-]+$/.test(token)) return undefined;
  return parsed(Buffer.from(token, "base64url").toString("utf8"));
}

// The SDK would throw on anything else, and storage would be asked in vain.
function isContinuation(text: string): boolean {
  const body = parsed(Buffer.from(text, "base64").toString("utf8"));
  return typeof body?.["nextPartitionKey"] === "string";
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Not JSON: not ours, and the caller says so.
    return undefined;
  }
}
