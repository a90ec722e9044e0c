import * as z from "zod";
import { durationMinutes, longestExpiryMinutes, shortestExpiryMinutes } from "../policy/time.ts";
import { type Parsed, problemOf } from "./fault.ts";

const duration = z
  .string()
  .refine(
    (text) => isExpiry(text),
    "is an ISO 8601 duration from PT1H to P366D, such as P14D; months and years have no fixed length",
  );

const body = z.strictObject({
  decision: z.enum(["approve", "reject"], 'is "approve" or "reject"'),
  justification: z.string("is required").trim().min(1, "is required").max(1000, "is longer than 1000 characters"),
  expiresAfter: duration.optional(),
});

function isExpiry(text: string): boolean {
  const minutes = durationMinutes(text);
  return minutes !== undefined && minutes >= shortestExpiryMinutes && minutes <= longestExpiryMinutes;
}

export type DecisionInput = z.infer<typeof body>;

/** Reads the body of `POST /requests/{id}/decision`. */
export function readDecision(input: unknown): Parsed<DecisionInput> {
  const parsed = body.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
