import * as z from "zod";
import { type Parsed, problemOf } from "./fault.ts";

const body = z.strictObject({
  channel: z
    .string()
    .trim()
    .min(1, "is the id or the name of a channel")
    .max(200, "is at most 200 characters")
    .optional(),
});

/** Reads the body of `POST /teams/test`; without a channel the test goes where cards go. */
export function readTeamsTrial(input: unknown): Parsed<{ readonly channel: string | undefined }> {
  const parsed = body.safeParse(input);
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  return { ok: true, value: { channel: parsed.data.channel } };
}
