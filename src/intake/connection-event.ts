import * as z from "zod";
import { parseConnectionId, parseEndpointId, parseServiceId, type ServiceRef } from "../connection/arm-id.ts";

export type ConnectionEvent =
  /** Look at this service. Nothing else of the event is used: ARM is the truth (design.md, rule 1). */
  | { readonly kind: "service"; readonly service: ServiceRef }
  /** A private endpoint was written in a watched subscription; it does not say at which service (azure.md 1.5). */
  | { readonly kind: "sweep"; readonly subscriptionId: string }
  | { readonly kind: "ignored"; readonly why: string };

// Both schemas and their published variations: CloudEvents samples keep `topic`, subscription events may lack parts.
// `data` holds claims with personal data: only the fields named here are ever read (azure.md 1.3).
const envelope = z.object({
  eventType: z.string().max(200).optional(),
  type: z.string().max(200).optional(),
  subject: z.string().max(2000).optional(),
  data: z
    .object({
      resourceUri: z.string().max(2000).optional().catch(undefined),
      resourceInfo: z
        .object({ id: z.string().max(2000) })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
});

const finished = /^microsoft\.resources\.resource(write|delete)success$/i;
const unfinished = /^microsoft\.resources\.resource(write|delete|action)(failure|cancel|success)$/i;
const notification = /^microsoft\.resourcenotifications\.resources\.(createdorupdated|deleted)$/i;

/**
 * Reads one event of either family in either schema. Never throws: what does not concern us is ignored with the reason,
 * because an error would make Event Grid send the whole batch again (azure.md 1.4).
 */
export function readConnectionEvent(event: unknown, watched: readonly string[]): ConnectionEvent {
  const parsed = envelope.safeParse(event);
  if (!parsed.success) return ignored("it is not an event in a schema that Event Grid sends");
  const { eventType, type, subject, data } = parsed.data;
  const kind = eventType ?? type;
  if (!kind) return ignored("it has no type");
  if (finished.test(kind)) return target([data?.resourceUri, subject], watched);
  if (notification.test(kind)) return target([data?.resourceInfo?.id, subject], watched);
  if (unfinished.test(kind)) return ignored("it does not say that a write or delete succeeded");
  return ignored("its type is not one that plgate subscribes to");
}

function target(ids: readonly (string | undefined)[], watched: readonly string[]): ConnectionEvent {
  for (const id of ids) {
    const found = id ? concerned(id) : undefined;
    if (found)
      return isWatched(found, watched) ? found : ignored("its subscription is not one of PLGATE_SUBSCRIPTIONS");
  }
  return ignored("it is about no Private Link Service, connection or private endpoint");
}

function concerned(id: string): Exclude<ConnectionEvent, { kind: "ignored" }> | undefined {
  const service = parseServiceId(id) ?? parseConnectionId(id)?.service;
  if (service) return { kind: "service", service };
  const endpoint = parseEndpointId(id);
  return endpoint ? { kind: "sweep", subscriptionId: endpoint.subscriptionId } : undefined;
}

function isWatched(event: Exclude<ConnectionEvent, { kind: "ignored" }>, watched: readonly string[]): boolean {
  const subscription = event.kind === "service" ? event.service.subscriptionId : event.subscriptionId;
  return watched.includes(subscription);
}

function ignored(why: string): ConnectionEvent {
  return { kind: "ignored", why };
}
