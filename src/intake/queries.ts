import * as z from "zod";
import { isGuid, parseServiceId } from "../connection/arm-id.ts";
import type { AuditWish } from "../ledger/audit-wish.ts";
import { auditKinds } from "../ledger/event.ts";
import type { AuditQuery, RequestQuery } from "../ledger/query.ts";
import { openStates } from "../requests/request.ts";
import { parseRequestId, type ServiceKey, serviceKey } from "../requests/request-id.ts";
import { type Parsed, problemOf } from "./fault.ts";
import { parseMoment } from "./time.ts";

const top = z
  .string()
  .regex(/^\d{1,15}$/, "is a number, written in digits")
  .transform(Number)
  .pipe(z.number().min(1, "is at least 1").max(1000, "is at most 1000"))
  .prefault("50");
const time = z.string().transform((text, check) => {
  const moment = parseMoment(text);
  if (moment) return moment;
  // In a query a plus sign is a space.
  const hint = / \d{2}:\d{2}$/.test(text) ? "; write %2B for its plus sign" : "";
  check.addIssue(`is an ISO 8601 time with a zone, such as 2026-11-23T10:00:00Z, or a date${hint}`);
  return z.NEVER;
});
const service = z
  .string()
  .refine((text) => parseServiceId(text) !== undefined, "is the resource id of a Private Link Service")
  .transform((text) => text.toLowerCase());
const consumer = z
  .string()
  .refine(isGuid, "is a subscription id")
  .transform((text) => text.toLowerCase());
/** As Azure gives it, a uint32 (docs of the PROXY TLV); `007` is the same link as `7`. */
const linkId = z
  .string()
  .refine((text) => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32, "is a LinkID, a number from 0 to 4294967295")
  .transform((text) => String(Number(text)));
const page = z.string().max(4000, "is not a continuation that plgate gave");

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
    link: linkId.optional(),
    kind: z.enum(auditKinds, `is one of ${auditKinds.join(", ")}`).optional(),
    top,
    after: page.optional(),
  })
  .refine(({ from, to }) => !from || !to || from < to, { error: "is not before `to`", path: ["from"] })
  .refine(({ request: id, service: of }) => id === undefined || of === undefined || isRequestOf(id, of), {
    error: "is a request at another service than `service`",
    path: ["request"],
  });

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
  return withServiceId(read(parameters, auditParameters));
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
  const parsed = read(parameters, verifyParameters);
  if (!parsed.ok) return parsed;
  const { service, anchors, after } = parsed.value;
  if (service && after) return { ok: false, problem: "after: goes with all services, not with one" };
  const behind = after as ServiceKey | undefined;
  return { ok: true, value: { service, anchors: anchors === "true", index: false, after: behind } };
}

/** Reads the query string of `GET /requests`. */
export function readRequestQuery(parameters: URLSearchParams): Parsed<RequestQuery> {
  return withServiceId(read(parameters, requestParameters));
}

/** Which page of a list that has no filters. */
type PageQuery = { readonly top: number; readonly after?: string };

/** Reads the query string of `GET /consumers`. */
export function readConsumerQuery(parameters: URLSearchParams): Parsed<PageQuery> {
  const query = read(parameters, consumerParameters);
  return query.ok ? { ok: true, value: present(query.value) } : query;
}

/** Every parameter is known and given once: of two values one would silently not count. */
function read<T>(parameters: URLSearchParams, schema: z.ZodType<T> & Shaped): Parsed<T> {
  const known = Object.keys(schema.shape);
  const faults = [...new Set(parameters.keys())].flatMap((name) => faultOf(name, parameters.getAll(name), known) ?? []);
  if (faults.length > 0) return { ok: false, problem: faults.join("; ") };
  const parsed = schema.safeParse(Object.fromEntries(parameters));
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, problem: problemOf(parsed.error) };
}

type Shaped = { readonly shape: Readonly<Record<string, unknown>> };

function faultOf(name: string, values: readonly string[], known: readonly string[]): string | undefined {
  if (!known.includes(name)) return `${name}: is no parameter here; there are ${known.join(", ")}`;
  // The host may join the values of a repeated parameter by a comma, which none of ours holds.
  return values.length > 1 || values[0]?.includes(",") ? `${name}: takes one value` : undefined;
}

function isRequestOf(id: string, serviceId: string): boolean {
  const service = parseServiceId(serviceId);
  return service !== undefined && parseRequestId(id)?.service === serviceKey(service.id);
}

function withServiceId<T extends { readonly service?: string | undefined }>(query: Parsed<T>) {
  if (!query.ok) return query;
  const { service: serviceId, ...rest } = query.value;
  return { ok: true, value: present({ ...rest, serviceId }) } as const;
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

// A filter that was not given is left out, which exact optional properties tell from one that is undefined.
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}
