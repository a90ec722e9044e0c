import { createHash } from "node:crypto";
import type { ConnectionId, ServiceId } from "../connection/arm-id.ts";

declare const brand: unique symbol;

/** Names what is told about an event of a chain that is about no request. */
export type BulletinId = string & { readonly [brand]: "bulletin-id" };

/** Partition of everything that is remembered about one Private Link Service. */
export type ServiceKey = string & { readonly [brand]: "service-key" };
export type RequestId = string & { readonly [brand]: "request-id" };

/**
 * Partition of what is remembered about policies, which belong to no service. It has the form of a service's key, so that
 * chain, outbox and index treat it alike; that the hash of an id gives just this word is as unlikely as any other clash.
 */
export const policyChain = "policiesofplgate" as ServiceKey;
/** The same for the registry of consumers. */
export const registryChain = "registryofplgate" as ServiceKey;
/** The same for runs over many connections. */
export const runChain = "campaignofplgate" as ServiceKey;

const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
const requestIdPattern = /^([a-z2-7]{16})-([a-z2-7]{10})-([1-9]\d{0,4})$/;

/** 80 bits of the hash of the lower-cased id: short enough to read, and a key that Table Storage takes (azure.md 8.2). */
export function serviceKey(id: ServiceId): ServiceKey {
  return digest(id, 16) as ServiceKey;
}

/** The part of a request id that stands for the connection; unique within its service. */
export function connectionKey(id: ConnectionId): string {
  return digest(id, 10);
}

/**
 * The id of the n-th request of one connection. Deterministic, so a replay finds the same row (design.md, storage),
 * and it names its partition, so that a decision needs no index to find its request.
 */
export function requestId(service: ServiceId, connection: ConnectionId, round: number): RequestId {
  return `${serviceKey(service)}-${connectionKey(connection)}-${round}` as RequestId;
}

export function bulletinId(chain: ServiceKey, seq: number): BulletinId {
  return `${chain}-told-${seq}` as BulletinId;
}

/** The partition that request ids and bulletin ids name; undefined for any other text. */
export function partitionIn(id: string): ServiceKey | undefined {
  return /^([a-z2-7]{16})-(?:[a-z2-7]{10}-[1-9]\d{0,4}|told-[1-9]\d{0,9})$/.exec(id)?.[1] as ServiceKey | undefined;
}

/** Undefined for any text that is not a request id: it comes from cards, paths and command lines. */
export function parseRequestId(
  text: string,
): { readonly id: RequestId; readonly service: ServiceKey; readonly connection: string } | undefined {
  const [, service, connection] = requestIdPattern.exec(text) ?? [];
  if (!service || !connection) return undefined;
  return { id: text as RequestId, service: service as ServiceKey, connection };
}

function digest(text: string, length: number): string {
  const bytes = createHash("sha256").update(text, "utf8").digest();
  // Five bits a letter; one byte a letter wastes three bits and keeps the code plain.
  return Array.from(bytes.subarray(0, length), (byte) => alphabet[byte & 31]).join("");
}
