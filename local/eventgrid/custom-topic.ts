import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { CloudEvent, GridEvent, PublishedEvent } from "./grid-event.ts";

/** Stands for the custom topic in the events that were published on it. */
const customTopicId =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.EventGrid/topics/plgate";

/** The most that one publish request may hold, in bytes. */
export const publishLimit = 1_048_576;

export type TopicAccess = {
  readonly key: string;
  /** Without it no bearer token is taken. */
  readonly verifyToken?: ((jwt: string) => Promise<unknown>) | undefined;
};

export type Refusal = { readonly status: 400 | 401; readonly code: string; readonly message: string };
export type Accepted = { readonly events: readonly PublishedEvent[] };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const gridEvent = z.strictObject({
  id: z.string().min(1),
  topic: z.literal(["", customTopicId]).optional(),
  subject: z.string().min(1),
  eventType: z.string().min(1),
  eventTime: z.iso.datetime({ offset: true }),
  data: z.record(z.string(), z.unknown()).default({}),
  dataVersion: z.string().default(""),
  metadataVersion: z.literal("1").optional(),
});

const cloudEvent = z.looseObject({
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  specversion: z.literal("1.0"),
});

/** Whether the caller may publish: `aeg-sas-key`, or a bearer token that the issuer's check accepts. */
export async function mayPublish(headers: Headers, access: TopicAccess): Promise<Refusal | "yes"> {
  const key = headers["aeg-sas-key"];
  if (typeof key === "string") return isSame(key, access.key) ? "yes" : unauthorized("the key is wrong");
  const token = /^Bearer (.+)$/i.exec(String(headers["authorization"] ?? ""))?.[1];
  if (token === undefined) return unauthorized("aeg-sas-key or a bearer token is needed");
  if (access.verifyToken === undefined) return unauthorized("this topic was started without a check for tokens");
  try {
    await access.verifyToken(token);
    return "yes";
  } catch {
    // Why a token is no good is nothing that its bearer needs to know.
    return unauthorized("the token was not accepted");
  }
}

/**
 * The events of one publish request, or why it is refused; one bad event refuses them all.
 *
 * Takes both content types that `@azure/eventgrid` sends and a single CloudEvent. A real topic has one input schema;
 * this one tells by the content type.
 */
export function readEvents(headers: Headers, body: string): Refusal | Accepted {
  const contentType =
    String(headers["content-type"] ?? "")
      .split(";")[0]
      ?.trim()
      .toLowerCase() ?? "";
  const json = parseJson(body);
  if (json === undefined) return badRequest("the body is not JSON");
  switch (contentType) {
    case "application/json":
      return accepted(z.array(gridEvent).safeParse(json), fromGridEvent);
    case "application/cloudevents-batch+json":
      return accepted(z.array(cloudEvent).safeParse(json), fromCloudEvent);
    case "application/cloudevents+json":
      return accepted(z.tuple([cloudEvent]).safeParse([json]), fromCloudEvent);
    default:
      return badRequest(`the content type ${JSON.stringify(contentType)} is not one that a topic takes`);
  }
}

function accepted<T>(parsed: z.ZodSafeParseResult<readonly T[]>, toEvent: (event: T) => PublishedEvent) {
  if (!parsed.success) return badRequest(z.prettifyError(parsed.error));
  return { events: parsed.data.map(toEvent) };
}

function fromGridEvent(parsed: z.infer<typeof gridEvent>): PublishedEvent {
  const event: GridEvent = { ...parsed, topic: customTopicId, metadataVersion: "1" };
  return { topicType: "custom", form: "EventGridSchema", event };
}

function fromCloudEvent(event: CloudEvent): PublishedEvent {
  return { topicType: "custom", form: "CloudEventSchemaV1_0", event };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function unauthorized(message: string): Refusal {
  return { status: 401, code: "Unauthorized", message };
}

function badRequest(message: string): Refusal {
  return { status: 400, code: "BadRequest", message };
}
