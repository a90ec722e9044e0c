/** What a bulletin names; whatever others wrote was made harmless before it comes here. */
export type BulletinNames = {
  /** The Private Link Service by its name. */
  readonly service: string;
  /** The private endpoint or the connection, by its name. */
  readonly connection: string;
  /** Who is behind it: a name or a subscription; null: nobody knows, or it is about the service alone. */
  readonly consumer: string | null;
};

/** How full something is; null where the event does not say. */
export type Fill = { readonly percent: number | null; readonly used: number | null; readonly most: number | null };

/** What a run does. */
export type RunDoes = "recertify" | "judge" | "drain";

/** What became of connections in a run, and how many of each. */
export type RunCount = { readonly fate: string; readonly count: number };

export type Limit = "connections" | "nat-addresses" | "nat-ports" | "auto-approval" | "visibility";

/** Things that are told in the same two sentences: what is the case, and what to do next. */
export type ConnectionTopic =
  | "approved-outside"
  | "adopted"
  | "no-longer-approved"
  | "ended-outside"
  | "pending-again"
  | "ended-rejected"
  | "ended-disconnected"
  | "ended-gone"
  | "ended-replaced"
  | "ended-pending";
export type ServiceTopic = "auto-approval" | "visible-to-anyone" | "cleared";

type Told<Facts extends readonly unknown[]> = { readonly say: (...facts: Facts) => string; readonly next: string };

/** What plgate says in channels and webhooks beside cards, in one language. */
export type BulletinWords = {
  readonly connection: Readonly<Record<ConnectionTopic, Told<[names: BulletinNames]>>>;
  readonly service: Readonly<Record<ServiceTopic, Told<[names: BulletinNames]>>>;
  readonly capacity: Readonly<Record<Limit, Told<[names: BulletinNames, fill: Fill]>>>;
  readonly run: Readonly<
    Record<
      "proposed" | "started" | "drained" | "drained-listed" | "stopped" | "finished",
      Told<[does: RunDoes, run: string, service: string | null, counts: readonly RunCount[]]>
    >
  >;
  readonly headings: Readonly<Record<"drift" | "capacity" | "ended" | "run" | "other", string>>;
  readonly labels: Readonly<Record<"service" | "connection" | "subscription" | "subscriptions" | "seen", string>>;
  readonly unknown: string;
};
