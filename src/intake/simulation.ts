import * as z from "zod";
import { mostActivePolicies } from "../policy/limits.ts";
import { type Parsed, problemOf } from "./fault.ts";
import { factsShape } from "./judgement.ts";

/** How many judgements one call may ask for; the command line goes further, because nobody waits at a connection. */
const mostJudgements = 500;

const named = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "is the name of a policy"),
  version: z.int("is a version").min(1, "is a version").max(999_999_999, "is a version"),
});
const written = z.strictObject({ source: z.string() });

const body = z
  .strictObject({
    policies: z
      .array(z.union([written, named], "is { source } or { name, version }"))
      .max(mostActivePolicies, `are at most ${mostActivePolicies}`)
      .default([]),
    alone: z.boolean().default(false),
    facts: factsShape.optional(),
    requestId: z.string().max(100, "is a request id").optional(),
    last: z
      .int("is a whole number")
      .min(1, "is at least 1")
      .max(mostJudgements, `is at most ${mostJudgements}`)
      .optional(),
  })
  .refine(({ facts, requestId, last }) => [facts, requestId, last].filter((one) => one !== undefined).length === 1, {
    error: "name one of facts, requestId and last",
  });

export type SimulationInput = z.infer<typeof body>;

/** Reads the body of `POST /policies/simulate`. */
export function readSimulation(input: unknown): Parsed<SimulationInput> {
  const parsed = body.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
