import { z } from "zod";
import { type Parsed, problemOf } from "./fault.ts";

const body = z.strictObject({
  decision: z.enum(["approve", "reject"], 'is "approve" or "reject"'),
  justification: z.string("is required").trim().min(1, "is required").max(1000, "is longer than 1000 characters"),
});

export type DecisionInput = z.infer<typeof body>;

/** Reads the body of `POST /requests/{id}/decision`. */
export function readDecision(input: unknown): Parsed<DecisionInput> {
  const parsed = body.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
