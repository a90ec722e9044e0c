/** What can be found at a service beside requests; each is told once and stands until it is cleared. */
export const findingKinds = [
  /** Approved, and no decision of plgate says so. */
  "approved-outside",
  /** Approved by plgate, and the policies in force would not approve it any more. */
  "no-longer-approved",
  /** Approved by plgate, and Rejected or Disconnected by somebody else. */
  "ended-outside",
  /** Rejected by plgate, and Pending again. */
  "pending-again",
  /** Azure itself lets subscriptions in. */
  "auto-approval",
  /** Anyone with the alias may ask. */
  "visible-to-anyone",
  /** A limit of Azure is near. */
  "capacity",
] as const;

export type FindingKind = (typeof findingKinds)[number];

/**
 * Something that is not as it should be at a service. Its row says that it was told already; the event that told of it lies in
 * the service's chain, and the row is written with that event as one.
 */
export type Finding = {
  readonly v: 1;
  /** Unique within the service, e.g. `auto-approval` or `approved-outside|<connection key>`. */
  readonly key: string;
  readonly kind: FindingKind;
  /** Lower-cased; null when it is about the service itself. */
  readonly connectionId: string | null;
  /** ISO 8601. */
  readonly since: string;
  /** What exactly was found: when it changes, it is told anew. */
  readonly mark: string;
  /** The sentence that was put on record. */
  readonly what: string;
};
