import type { AuditKind } from "./event.ts";

/** What may be asked of the audit; every filter alone and all together. Times are half open: from ≤ time < to. */
export type AuditQuery = {
  readonly from?: Date;
  readonly to?: Date;
  readonly serviceId?: string;
  readonly consumer?: string;
  /** Object id of a person, or `plgate`, or `outside`. */
  readonly actor?: string;
  readonly request?: string;
  readonly link?: string;
  readonly kind?: AuditKind;
  /** 1 to 1000. */
  readonly top: number;
  /** Opaque: what the page before gave as `next`. */
  readonly after?: string;
};

/** One line of an audit listing: what the index row carries. The whole event is in the ledger under service and seq. */
export type AuditEntry = {
  readonly time: string;
  readonly kind: AuditKind;
  readonly who: string;
  readonly whoName: string | null;
  readonly door: string;
  readonly what: string;
  readonly rules: readonly string[];
  readonly justification: string | null;
  readonly service: string;
  readonly serviceId: string | null;
  readonly seq: number;
  readonly hash: string;
  readonly requestId: string | null;
  readonly connectionId: string | null;
  readonly consumerSubscriptionId: string | null;
  readonly linkIdentifier: string | null;
  readonly correlation: string;
};

export type AuditPage = {
  readonly entries: readonly AuditEntry[];
  readonly next: string | null;
  /** On the last page, when older events were taken out of the lists: since when they go. Else null. */
  readonly since: string | null;
};

/**
 * Since when the lists answer a question, when they were cut at `floor` and it reaches further back; null when all that it
 * asks for is there. The list by LinkID is never cut.
 */
export function answeredSince({ from, link }: Pick<AuditQuery, "from" | "link">, floor: Date | null): string | null {
  if (floor === null || link !== undefined || (from && from >= floor)) return null;
  return floor.toISOString();
}

/** What may be asked of the list of requests; the newest first. */
export type RequestQuery = {
  /** A request state, or `open` for all that have not ended. */
  readonly status?: string;
  readonly serviceId?: string;
  readonly consumer?: string;
  readonly top: number;
  readonly after?: string;
};
