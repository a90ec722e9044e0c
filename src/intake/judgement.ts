import * as z from "zod";
import type { Facts } from "../connection/facts.ts";
import type { RecordedVerdict } from "../policy/explain.ts";
import { type OperatorName, operators } from "../policy/operators.ts";
import { effects } from "../policy/parse-rules.ts";
import { weekdays } from "../policy/windows.ts";
import { type Parsed, problemOf } from "./fault.ts";

/** A judgement as the event `evaluated` keeps it: what was known, and what policy said. */
export type RecordedJudgement = { readonly facts: Facts; readonly verdict: RecordedVerdict };

const value = z.union([z.string(), z.number(), z.boolean()], "is a text, a number, true or false");
const texts = z.array(z.string());

/** The snapshot of `Facts`; a member that it does not know is refused, because it would change what is judged. */
export const factsShape = z.strictObject({
  values: z.record(z.string(), value),
  absent: texts,
  unavailable: z.record(z.string(), z.string()),
});

const truth = z.boolean().nullable();
const effect = z.enum(effects);
const condition = z.object({
  at: z.string(),
  fact: z.string(),
  op: z.custom<OperatorName>((name) => typeof name === "string" && operators.has(name), "is no operator"),
  want: z.union([value, z.array(value)]),
  got: z.exactOptional(value.nullable()),
  result: truth,
  line: z.int(),
});
const rule = z.object({
  policy: z.string(),
  rule: z.string(),
  line: z.int(),
  effect,
  mode: z.enum(["enforce", "shadow"]),
  matched: truth,
  counted: effect.nullable(),
  exemptedBy: texts,
  conditions: z.array(condition),
  error: z.exactOptional(z.string()),
});
const exemption = z.object({
  policy: z.string(),
  exemption: z.string(),
  line: z.int(),
  rules: texts,
  expired: z.boolean(),
  matched: truth,
  conditions: z.array(condition),
});
/** What stands where something was too large for a row of the ledger. */
const omitted = z.object({ omitted: z.string() });
const trace = z.union([z.array(rule), omitted.transform(() => null)], "is no trace");

const standIn = z.object({ group: z.string(), name: z.string(), channels: z.exactOptional(texts) });
const hours = z
  .object({ name: z.string(), days: z.array(z.enum(weekdays)), from: z.int(), to: z.int(), timezone: z.string() })
  .nullable();
const terms = z.object({
  via: z.enum(["card", "page"]),
  deadlines: z.array(z.object({ within: z.string(), hours, expiry: z.enum(["leave", "reject"]) })),
  escalations: z.array(z.object({ after: z.string(), hours, from: texts, to: z.array(standIn) })),
  // Judgements from before policies could ask for it.
  recheck: z.exactOptional(z.string()),
});

const verdict = z.object({
  v: z.literal(1),
  effect,
  decidedBy: texts,
  reason: z.string(),
  reviewers: z.array(standIn.extend({ approvals: z.int() })),
  // Judgements from before policies could set any.
  terms: terms.default(() => ({ via: "card" as const, deadlines: [], escalations: [] })),
  expiresAfter: z.string().nullable(),
  unavailable: texts,
  policies: z.array(z.object({ name: z.string(), version: z.int(), sha256: z.string() })),
  engine: z.string(),
  factTable: z.string(),
  evaluatedAt: z.string(),
  shadow: z.object({ effect, decidedBy: texts }).nullable(),
  trace,
  exemptions: z.array(exemption),
});

const judgement = z.object({ facts: factsShape, verdict });

/** Reads the detail of an event `evaluated`. It is our own writing, but of any version, and storage may be touched. */
export function readJudgement(detail: unknown): Parsed<RecordedJudgement> {
  if (omitted.safeParse(detail).success) {
    return { ok: false, problem: "facts and trace were too large to be stored" };
  }
  const parsed = judgement.safeParse(detail);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
