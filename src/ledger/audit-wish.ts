import type { ServiceRef } from "../connection/arm-id.ts";
import type { ServiceKey } from "../requests/request-id.ts";

/** What is to be verified. */
export type AuditWish = {
  /** One service; all chains when left out. */
  readonly service?: ServiceRef | undefined;
  /** Against the heads that were put out of reach. */
  readonly anchors: boolean;
  /** Every list of events against the events, both ways; reads the whole index. */
  readonly index: boolean;
  /** All chains in the order of their keys, behind this one. */
  readonly after?: ServiceKey | undefined;
};
