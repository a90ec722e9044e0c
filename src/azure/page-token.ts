import { InputError } from "../runtime/errors.ts";
import { sha256 } from "./rows.ts";

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

/** What a listing is about, in short: two lists, or two sets of filters, never share it. */
export type Question = string & { readonly [brand]: "question" };
declare const brand: unique symbol;

/** The question that a list is asked by its filters; how many rows a page has is no part of it. */
export function questionOf(list: string, filters: Readonly<Record<string, string | undefined>> = {}): Question {
  const asked = Object.entries(filters).filter(([, value]) => value !== undefined);
  return sha256(JSON.stringify([list, ...asked.sort()])).slice(0, 16) as Question;
}

const longestToken = 4_000;

export function writeToken({ after, scan }: Position, question: Question): string {
  const begun = { v: 2, question, after };
  const body = scan ? { ...begun, stage: scan.stage, scan: scan.continuation } : begun;
  return Buffer.from(JSON.stringify(body), "utf8").toString("base64url");
}

/**
 * Reads a token that came from outside. `after` must look like a row's place, so nothing of it can become part of
 * another question; and the question must be the one that the token was given for, because a page that goes on in
 * another list would leave out rows without a word. Throws an InputError for every text that we did not write.
 */
export function readToken(token: string | undefined, place: RegExp, question: Question): Position {
  if (token === undefined) return beginning;
  const body = decoded(token);
  if (body?.["v"] !== 2 || typeof body["question"] !== "string") throw foreign();
  if (body["question"] !== question) throw ofAnotherQuestion();
  const { after, stage, scan } = body;
  if (after !== null && !(typeof after === "string" && place.test(after))) throw foreign();
  if (scan === undefined) return { after, scan: null };
  if (typeof scan !== "string" || !isStage(stage) || !isContinuation(scan)) throw foreign();
  return { after, scan: { stage, continuation: scan } };
}

export function foreign(): InputError {
  return new InputError("after: is not a continuation that plgate gave");
}

function ofAnotherQuestion(): InputError {
  return new InputError("after: is the continuation of another question; go on with the filters that it was given for");
}

function decoded(token: string): Record<string, unknown> | undefined {
  if (token.length > longestToken || !/^[\w-]+$/.test(token)) return undefined;
  return parsed(Buffer.from(token, "base64url").toString("utf8"));
}

// Between two filters there is none, and a scan without a filter would find everything.
function isStage(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
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
