import { z } from "zod";
import { isGuid, parseServiceId } from "../connection/arm-id.ts";
import type { AuditWish } from "../ledger/audit-wish.ts";
import { auditKinds } from "../ledger/event.ts";
import type { AuditQuery, RequestQuery } from "../ledger/query.ts";
import { openStates } from "../requests/request.ts";
import { parseRequestId, type ServiceKey } from "../requests/request-id.ts";
import { type Parsed, problemOf } from "./fault.ts";

const top = z.coerce
  .number("is a number")
  .int("is a whole number")
  .min(1, "is at least 1")
  .max(1000, "is at most 1000")
  .default(50);
const time = z
  .string()
  .refine((text) => /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) && !Number.isNaN(Date.parse(text)), {
    error: "is an ISO 8601 time with a zone, such as 2026-11-23T10:00:00Z",
  })
  .transform((text) => new Date(text));
const service = z
  .string()
  .refine((text) => parseServiceId(text) !== undefined, "is the resource id of a Private Link Service")
  .transform((text) => text.toLowerCase());
const consumer = z
  .string()
  .refine(isGuid, "is a subscription id")
  .transform((text) => text.toLowerCase());
const page = z.string().max(4000);

const auditParameters = z
  .strictObject({
    from: time.optional(),
    to: time.optional(),
    service: service.optional(),
    consumer: consumer.optional(),
    actor: z
      .string()
      .refine((text) => ["plgate", "outside"].includes(text) || isGuid(text), 'is an object id, "plgate" or "outside"')
      .transform((text) => text.toLowerCase())
      .optional(),
    request: z
      .string()
      .refine((text) => parseRequestId(text) !== undefined, "is a request id")
      .optional(),
    link: z
      .string()
      .regex(/^\d{1,10}$/, "is a link identifier, a number")
      .optional(),
    kind: z.enum(auditKinds, `is one of ${auditKinds.join(", ")}`).optional(),
    top,
    after: page.optional(),
  })
  .refine(({ from, to }) => !from || !to || from < to, { error: "is after `to`", path: ["from"] });

const requestStates = [...openStates, "approved", "rejected", "expired", "withdrawn", "resolved-elsewhere"] as const;
const requestParameters = z.strictObject({
  status: z.enum(["open", ...requestStates], `is open or one of ${requestStates.join(", ")}`).optional(),
  service: service.optional(),
  consumer: consumer.optional(),
  top,
  after: page.optional(),
});

const consumerParameters = z.strictObject({ top, after: page.optional() });

/** Reads the query string of `GET /audit`; an unknown parameter is a fault, never a filter that silently does nothing. */
export function readAuditQuery(parameters: URLSearchParams): Parsed<AuditQuery> {
  const parsed = auditParameters.safeParse(Object.fromEntries(parameters));
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  const { service: serviceId, ...rest } = parsed.data;
  return { ok: true, value: present({ ...rest, serviceId }) };
}

const verifyParameters = z.strictObject({
  service: z
    .string()
    .transform((text) => parseServiceId(text))
    .refine((ref) => ref !== undefined, "is the resource id of a Private Link Service")
    .optional(),
  anchors: z.enum(["true", "false"], "is true or false").default("false"),
  after: z
    .string()
    .regex(/^[a-z2-7]{16}$/, "is not a continuation that plgate gave")
    .optional(),
});

/** Reads the query string of `GET /audit/verify`. The lists are verified by command: they take longer than an answer may. */
export function readVerifyQuery(parameters: URLSearchParams): Parsed<AuditWish> {
  const parsed = verifyParameters.safeParse(Object.fromEntries(parameters));
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  const { service, anchors, after } = parsed.data;
  if (service && after) return { ok: false, problem: "after: goes with all services, not with one" };
  const behind = after as ServiceKey | undefined;
  return { ok: true, value: { service, anchors: anchors === "true", index: false, after: behind } };
}

/** Reads the query string of `GET /requests`. */
export function readRequestQuery(parameters: URLSearchParams): Parsed<RequestQuery> {
  const parsed = requestParameters.safeParse(Object.fromEntries(parameters));
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  const { service: serviceId, ...rest } = parsed.data;
  return { ok: true, value: present({ ...rest, serviceId }) };
}

/** Which page of a list that has no filters. */
type PageQuery = { readonly top: number; readonly after?: string };

/** Reads the query string of `GET /consumers`. */
export function readConsumerQuery(parameters: URLSearchParams): Parsed<PageQuery> {
  const parsed = consumerParameters.safeParse(Object.fromEntries(parameters));
  if (!parsed.success) return { ok: false, problem: problemOf(parsed.error) };
  return { ok: true, value: present(parsed.data) };
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

// A filter that was not given is left out, which exact optional properties tell from one that is undefined.
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}
