import type { ConnectionRef } from "../../src/connection/arm-id.ts";
import type { AuditQuery } from "../../src/ledger/query.ts";
import { aConnectionRef, aServiceRef, customer, request } from "../builders.ts";

export const otherCustomer = "88888888-0000-0000-0000-000000000008";
const start = Date.parse("2026-01-31T23:50:00.000Z");

/** Questions about the events that the contract of the index seeds: each filter alone, ranges, and all together. */
export const queries: Readonly<Record<string, Partial<AuditQuery>>> = {
  everything: {},
  "a time range within a month": { from: at(0), to: at(5) },
  "a time range over several months, some of them empty": { from: at(3), to: new Date("2026-07-01") },
  "all since a time": { from: at(31) },
  "all before a time": { to: at(32) },
  "a range that ends before it begins": { from: at(20), to: at(10) },
  "a range without events": { from: new Date("2025-01-01"), to: new Date("2025-02-01") },
  "a service, in any spelling": { serviceId: aServiceRef("pls-a").id.toUpperCase() },
  "a service that does not exist": { serviceId: "/subscriptions/x" },
  "a consumer, in any spelling": { consumer: otherCustomer.toUpperCase() },
  "a person, in any spelling": { actor: "44444444-aaaa-0000-0000-000000000004" },
  "what the robot did": { actor: "plgate" },
  "what was done outside": { actor: "outside" },
  "a request": { request: request({}, connectionNumber(1)).id },
  "a link": { link: "536870913" },
  "a kind": { kind: "voted" },
  "a consumer in a time range": { consumer: customer, from: at(4), to: at(40) },
  "a person and a kind": { actor: "44444444-AAAA-0000-0000-000000000004", kind: "decided" },
  "the robot and a kind at a service": { actor: "plgate", kind: "requested", serviceId: aServiceRef("pls-b").id },
  "everything at once": {
    from: at(1),
    to: at(100_000),
    serviceId: aServiceRef("pls-a").id,
    consumer: customer,
    actor: "plgate",
    request: request({}, connectionNumber(0)).id,
    link: "536870912",
    kind: "requested",
  },
  "filters that exclude each other": { link: "536870912", consumer: otherCustomer },
};

export function connectionNumber(n: number, service = "pls-a"): ConnectionRef {
  return aConnectionRef(`pe-${n}.1111`, aServiceRef(service));
}

/** A time in the seed: this many minutes after its first event, which is shortly before a month ends. */
export function at(minutes: number): Date {
  return new Date(start + minutes * 60_000);
}
