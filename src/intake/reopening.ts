import * as z from "zod";
import { type Parsed, problemOf } from "./fault.ts";

const body = z.strictObject({
  note: z.string("is required").trim().min(1, "is required").max(1000, "is longer than 1000 characters"),
});

/** Reads the body of `POST /requests/{id}/reopen`. */
export function readReopening(input: unknown): Parsed<{ readonly note: string }> {
  const parsed = body.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
