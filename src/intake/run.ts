import * as z from "zod";
import { isGuid, parseServiceId } from "../connection/arm-id.ts";
import { durationMinutes } from "../policy/time.ts";
import type { RunScope } from "../requests/run.ts";
import { type Parsed, problemOf } from "./fault.ts";

const note = z.string("is required").trim().min(1, "is required").max(1000, "is longer than 1000 characters");
const service = z
  .string()
  .refine((text) => parseServiceId(text) !== undefined, "is the resource id of a Private Link Service")
  .transform((text) => text.toLowerCase());
const subscription = z
  .string()
  .refine(isGuid, "is a subscription id")
  .transform((text) => text.toLowerCase());
const scope = z.strictObject({
  service: service.optional(),
  subscription: subscription.optional(),
  consumer: subscription.optional(),
});
const within = z.string().refine((text) => {
  const minutes = durationMinutes(text);
  return minutes !== undefined && minutes >= 60 && minutes <= 366 * 24 * 60;
}, "is an ISO 8601 duration from PT1H to P366D, such as P14D; months and years have no fixed length");
const unanswered = z.enum(["revoke", "flag"], 'is "revoke" or "flag"').default("flag");
const cap = z.number("is a number").int("is a whole number").min(1, "is at least 1").max(1000, "is at most 1000");

const start = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("recertify"),
    scope,
    note,
    unanswered,
    deadline: within.default("P14D"),
    cap: cap.default(1000),
  }),
  z.strictObject({
    kind: z.literal("judge"),
    scope,
    note,
    unanswered,
    grace: within.default("P7D"),
    cap: cap.default(20),
    acknowledge: z.string("is required: it comes from a dry run").max(100, "is not what a dry run gave"),
  }),
  z.strictObject({
    kind: z.literal("drain"),
    service,
    note,
    by: z.enum(["reject", "remove"], 'is "reject" or "remove"').default("remove"),
  }),
]);

/** What an operator wants done; every member is there, those that the kind has no use for with what is usual. */
export type RunInput = {
  readonly kind: "recertify" | "judge" | "drain";
  readonly scope: RunScope;
  readonly note: string;
  readonly within: string;
  readonly unanswered: "revoke" | "flag";
  readonly cap: number;
  readonly by: "reject" | "remove";
  readonly acknowledge: string | null;
};

/** Reads the body of `POST /runs`. */
export function readRunStart(input: unknown): Parsed<RunInput> {
  const parsed = start.safeParse(input);
  return parsed.success ? { ok: true, value: inputOf(parsed.data) } : { ok: false, problem: problemOf(parsed.error) };
}

function inputOf(body: z.infer<typeof start>): RunInput {
  const usual = { within: "P14D", unanswered: "flag", cap: 1000, by: "remove", acknowledge: null } as const;
  const { kind, note: why } = body;
  switch (body.kind) {
    case "drain":
      return { ...usual, kind, note: why, by: body.by, scope: { serviceId: body.service } };
    case "judge": {
      const { grace, unanswered: then, cap: most, acknowledge } = body;
      return {
        ...usual,
        kind,
        note: why,
        scope: scopeOf(body.scope),
        within: grace,
        unanswered: then,
        cap: most,
        acknowledge,
      };
    }
    case "recertify": {
      const { deadline, unanswered: then, cap: most } = body;
      return { ...usual, kind, note: why, scope: scopeOf(body.scope), within: deadline, unanswered: then, cap: most };
    }
  }
}

function scopeOf({ service: serviceId, subscription: subscriptionId, consumer }: z.infer<typeof scope>): RunScope {
  return {
    ...(serviceId === undefined ? {} : { serviceId }),
    ...(subscriptionId === undefined ? {} : { subscriptionId }),
    ...(consumer === undefined ? {} : { consumerSubscriptionId: consumer }),
  };
}

const from = z.strictObject({ after: z.string(), found: z.number().int().min(0), fingerprint: z.string() });
const preview = z.strictObject({
  scope,
  after: z.string().max(16_000, "is not a continuation that plgate gave").optional(),
});

export type PreviewInput = { readonly scope: RunScope; readonly from: z.infer<typeof from> | null };

/** Reads the body of `POST /runs/preview`. */
export function readRunPreview(input: unknown): Parsed<PreviewInput> {
  const parsed = preview.safeParse(input);
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  const { scope: given, after } = parsed.data;
  if (after === undefined) return { ok: true, value: { scope: scopeOf(given), from: null } };
  const going = from.safeParse(decoded(after));
  if (!going.success) return { ok: false, problem: "after: is not a continuation that plgate gave" };
  return { ok: true, value: { scope: scopeOf(given), from: going.data } };
}

/** Where a dry run goes on, as text for the caller to give back. */
export function writeContinuation(going: z.infer<typeof from>): string {
  return Buffer.from(JSON.stringify(going), "utf8").toString("base64url");
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    // Not ours: the caller is told by its shape.
    return undefined;
  }
}

const reason = z.strictObject({ note });

/** Reads the body of `POST /runs/{id}/confirm` and of `POST /runs/{id}/stop`. */
export function readRunNote(input: unknown): Parsed<{ readonly note: string }> {
  const parsed = reason.safeParse(input);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}
