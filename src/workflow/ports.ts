// biome-ignore lint/style/noExcessiveLinesPerFile: the only interfaces in the house stand in one file, for whoever asks what the story needs.
import type { ConnectionRef, ServiceRef } from "../connection/arm-id.ts";
import type { Connection, PrivateLinkService } from "../connection/connection.ts";
import type { Door, Mode } from "../decision/decision.ts";
import type { Head } from "../ledger/chain.ts";
import type { Note, OutboxEntry, Step } from "../ledger/commit.ts";
import type { DecisionEvent } from "../ledger/decision-event.ts";
import type { AuditEvent } from "../ledger/event.ts";
import type { Authorship, Pointer, PolicyVersion, PublishedVersion } from "../ledger/policy-record.ts";
import type { AuditPage, AuditQuery, RequestQuery } from "../ledger/query.ts";
import type { Finding } from "../ledger/standing-finding.ts";
import type { PolicyInForce, ReviewerGroup } from "../policy/evaluate.ts";
import type { LiveApproval } from "../requests/live-approval.ts";
import type { ApprovalRequest, LiveCause } from "../requests/request.ts";
import type { BulletinId, RequestId, ServiceKey } from "../requests/request-id.ts";
import type { Run, RunShare } from "../requests/run.ts";
import type { Log } from "../runtime/log.ts";
import type { Language } from "../words/language.ts";

/*
 * The only interfaces in the house: what the story needs from the outside. Each has a fake and an adapter
 * that keep one contract (test/contracts).
 */

/** What ARM said to one write on a connection, classified (azure.md 5.3). */
export type WriteOutcome =
  | { readonly kind: "done"; readonly connection: Connection }
  /** Throttled or locked: come back, not before `retryAfterMs`. */
  | { readonly kind: "busy"; readonly retryAfterMs: number; readonly message: string }
  /** Time-out or broken connection: it may have happened. Read before anything else. */
  | { readonly kind: "unknown"; readonly message: string }
  /** The connection is not there any more. */
  | { readonly kind: "gone"; readonly message: string }
  /** ARM will not do it and a repetition changes nothing; a person has to look. */
  | { readonly kind: "refused"; readonly code: string; readonly message: string };

/** ARM, for services and connections: the truth (design.md, rule 1). */
export interface Connections {
  /**
   * One read brings the service and every connection; `gone` when ARM has no such service. Throws when it cannot tell: `NotNow`
   * where it is known when it is worth asking again.
   */
  read(service: ServiceRef): Promise<PrivateLinkService | "gone">;
  /**
   * The only write there is: Approved or Rejected with a description for the consumer, at most 140 characters. `mayStill` is asked
   * last of all, after every wait: a host that was paused until its lease was over sends nothing; it is `busy` then.
   */
  write(
    connection: ConnectionRef,
    status: "Approved" | "Rejected",
    description: string,
    mayStill?: () => boolean,
  ): Promise<WriteOutcome>;
  /**
   * Takes the connection off the service; its endpoint stays with the consumer as a dead record. `gone` when ARM has it no
   * longer, which is what was wanted; `done` when ARM keeps it as Disconnected.
   */
  remove(connection: ConnectionRef, mayStill?: () => boolean): Promise<WriteOutcome>;
}

/** What a host knows of ARM, for health. */
export type ArmSight = {
  /** What is not asked for the time being: services and subscriptions, with why and for how long. */
  readonly resting: readonly { readonly what: string; readonly why: string; readonly seconds: number }[];
  /** The bucket with the least left, as ARM said last; undefined when it never did. */
  readonly least: { readonly subscriptionId: string; readonly kind: string; readonly remaining: number } | undefined;
};

/** How much of a service is used, where ARM does not say. */
export interface Metrics {
  /** The highest share of NAT ports in use on any address of the service, in percent; null when Azure publishes none. Throws when it cannot tell. */
  natPorts(service: ServiceRef): Promise<number | null>;
}

/** A service as an inventory lists it: enough to tell whether it needs a look, never enough to decide. */
export type InventoryItem = {
  readonly ref: ServiceRef;
  readonly region: string | null;
  /** What customers are given to ask for a connection. */
  readonly alias: string | null;
  readonly provisioningState: string | null;
  /** Subscriptions that Azure itself lets in; each is a decision that no policy saw (azure.md 3.7). */
  readonly autoApproval: readonly string[];
  readonly visibility: readonly string[];
  readonly natIps: number | null;
  readonly connections: readonly { readonly id: string; readonly status: string }[];
};

export type Inventory = {
  readonly items: readonly InventoryItem[];
  /** Subscriptions that could not be read, with the reason; the others are complete. */
  readonly unreadable: readonly { readonly subscriptionId: string; readonly reason: string }[];
  /** Set when the cheap way failed and the list was made the slow way. */
  readonly trouble?: string;
};

/** All services of the watched subscriptions, found cheaply; may lag behind ARM (azure.md 6). */
export interface ServiceFinder {
  /** `only`: these subscriptions, as ARM lists them at this moment. */
  list(only?: readonly string[]): Promise<Inventory>;
}

/**
 * What the last sweep saw and did, for health and alerts: plain values, so that any exporter can take them.
 *
 * How old the data of Resource Graph was is not in it: Azure does not tell. The lag of a sweep is that of plgate alone.
 */
export type SweepMeasures = {
  /** When the sweep ended. */
  readonly at: string;
  readonly seconds: number;
  readonly services: number;
  readonly woken: number;
  /** Re-judgements that are left to the next sweeps, so that new requests find the queue short. */
  readonly postponed: number;
  readonly unreadable: Inventory["unreadable"];
  /** Why services were listed the slow way; null when they were not. */
  readonly trouble: string | null;
  /** The end of the last sweep that compared every readable service and woke all that had to be; this one, if it did. */
  readonly lastCompleteAt: string | null;
  /** From that of the sweep before to the end of this one: the longest that something went unseen. Null at the first. */
  readonly lagSeconds: number | null;
  /** Requests that wait for policy or people. */
  readonly undecided: number;
  readonly oldestUndecidedAt: string | null;
  /** Open requests by state; left out by versions that did not count them so. */
  readonly openByState?: Readonly<Record<string, number>>;
};

/** What the last sweep did, where every host sees it: for health and alerts, never for a decision. */
export interface SweepJournal {
  /** Undefined when nobody swept yet, or what was kept cannot be read. */
  last(): Promise<SweepMeasures | undefined>;
  keep(measures: SweepMeasures): Promise<void>;
}

/** A policy that could not be taken as it is: shown by health, named in the log. */
export type PolicyProblem = { readonly policy: string; readonly message: string };

export type PoliciesNow = { readonly inForce: readonly PolicyInForce[]; readonly problems: readonly PolicyProblem[] };

/** The policy store. Never throws for a bad policy: that is a problem in the answer, and the request goes to people. */
export interface Policies {
  current(): Promise<PoliciesNow>;
  /** Every policy that was published, by name. Other than `current` it throws when the store cannot be read. */
  list(): Promise<readonly PolicyLine[]>;
}

/** One policy as a list shows it: the version that the store points to, and what keeps it from being used. */
export type PolicyLine = PolicyVersion &
  Authorship & {
    readonly name: string;
    /** The version that can be used; an older one when the last cannot be compiled, null when there is none. */
    readonly inForce: number | null;
    /** The version that was published last; it may wait for somebody to put it in force. */
    readonly latest: number;
    readonly problem: string | null;
  };

export type StoredVersion = { readonly published: PublishedVersion; readonly source: string };
export type StoredPointer = Pointer & { readonly etag: string };

/** The policy store for those who change it: versions that stay for ever, and a pointer to the one in force for each name. */
export interface PolicyVersions {
  /** Keeps the source under the next free number, or finds it under the highest, where a publisher died halfway. */
  keep(source: string, published: Omit<PublishedVersion, "version">): Promise<PublishedVersion>;
  /** Undefined when there is none. Throws when its bytes are not those that were published. */
  version(name: string, version: number): Promise<StoredVersion | undefined>;
  /** The newest first. */
  versions(name: string): Promise<readonly PublishedVersion[]>;
  pointers(): Promise<readonly StoredPointer[]>;
  pointer(name: string): Promise<StoredPointer | undefined>;
  /** Points to another version; false when the pointer is not any more what `seen` says, the etag or null for none. */
  point(to: Pointer, seen: string | null): Promise<boolean>;
}

/** What the registry knows of a consumer subscription. Nulls were left empty. */
export type Consumer = {
  readonly subscriptionId: string;
  readonly name: string | null;
  readonly tier: string | null;
  readonly tenantId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  /** Entra object ids, in lower case, of the people and groups whose own requests this consumer's are: they never decide them. */
  readonly owners: readonly string[];
};

/** The registry of consumers, by subscription in any case. Every question throws when the registry cannot be read. */
export interface Consumers {
  /** Undefined: not registered. One point read, however many are registered. */
  find(subscriptionId: string): Promise<Consumer | undefined>;
  /** In the order of subscription ids. `after` is what the page before gave as `next`, opaque; null ends the list. */
  page(query: { readonly top: number; readonly after?: string }): Promise<ConsumerPage>;
  /** Registers the consumer, or replaces all that was known of it. */
  put(consumer: Consumer): Promise<void>;
  /** False when the subscription was not registered. */
  remove(subscriptionId: string): Promise<boolean>;
}

export type ConsumerPage = { readonly consumers: readonly Consumer[]; readonly next: string | null };

export type StoredRequest = { readonly request: ApprovalRequest; readonly etag: string };

export type Committed =
  | { readonly kind: "committed"; readonly stored: StoredRequest; readonly outbox: readonly OutboxEntry[] }
  /** This very step was committed before, by us or by another host. */
  | { readonly kind: "already-there" }
  /** Somebody else changed the request first: read again, decide again. */
  | { readonly kind: "conflict" };

export type Noted =
  | { readonly kind: "noted"; readonly seq: number; readonly outbox: readonly OutboxEntry[] }
  /** This very note was told before, by us or by another host. */
  | { readonly kind: "already-there" }
  /** The chain does not end any more where the teller saw it end. */
  | { readonly kind: "conflict" };

/** What earlier requests of this consumer at this service ended as. */
export type ConsumerHistory = { readonly approvedBefore: boolean; readonly rejectedBefore: boolean };

/** An approved connection whose LinkID ARM has not shown yet. */
export type AwaitedLink = { readonly requestId: RequestId; readonly connectionId: string; readonly since: Date };

export type Unsettled = {
  /** Every open request of the service, in no order; those about Approved connections as well. */
  readonly open: readonly StoredRequest[];
  readonly awaitedLinks: readonly AwaitedLink[];
  /** The approvals that stand, one for each connection. */
  readonly approvals: readonly LiveApproval[];
  readonly findings: readonly Finding[];
};

/** The memory: state and audit as one (design.md, rule 4). */
export interface Ledger {
  commit(step: Step): Promise<Committed>;
  /** Puts events about no request on record, with the care of `commit`. */
  note(note: Note): Promise<Noted>;
  request(id: RequestId): Promise<StoredRequest | undefined>;
  /** What a review of the service has to look at, in one read however long the history is. */
  unsettled(service: ServiceKey): Promise<Unsettled>;
  /** Awaits the LinkID of this request no longer. */
  forgetLink(request: RequestId): Promise<void>;
  /** Writes what is known of a standing approval, whatever was written before: derived, so no event goes with it. */
  rememberApproval(service: ServiceKey, approval: LiveApproval): Promise<void>;
  /** The approval of this connection (its id, in any case) stands no longer; why is on record. */
  forgetApproval(service: ServiceKey, connectionId: string): Promise<void>;
  /** What was found stands no longer; that is on record. */
  forgetFinding(service: ServiceKey, key: string): Promise<void>;
  /** Every run, in no order: they are few. */
  runs(): Promise<readonly Run[]>;
  /** How far a run came, for each service that it has come to, in no order. */
  runShares(run: string): Promise<readonly RunShare[]>;
  runShare(run: string, service: ServiceKey): Promise<RunShare | undefined>;
  /** Writes how far a run came at one service, whatever was written before: derived, so no event goes with it. */
  putRunShare(share: RunShare): Promise<void>;
  /** The latest request of one connection, open or ended. */
  latestOf(service: ServiceKey, connectionKey: string): Promise<StoredRequest | undefined>;
  history(service: ServiceKey, consumerSubscriptionId: string): Promise<ConsumerHistory>;
  /** Oldest first, from the chain itself; up to `lastSeq`, for who checks the chain against a head read before. */
  events(service: ServiceKey, lastSeq?: number): AsyncIterable<AuditEvent>;
  eventsBetween(service: ServiceKey, firstSeq: number, lastSeq: number): Promise<readonly AuditEvent[]>;
  /** Events of one request, oldest first, from the chain itself. */
  eventsOf(request: RequestId): Promise<readonly AuditEvent[]>;
  head(service: ServiceKey): Promise<Head>;
}

/** The effects that commits left to do. */
export interface Outbox {
  /**
   * Claims an entry for `seconds`; false when it is done, or another host has it. One that was claimed before and is still there
   * failed: it is then kept from others twice as long each time, a quarter of an hour at most, so that it hides nothing else.
   */
  claim(entry: OutboxEntry, seconds: number): Promise<boolean>;
  done(entry: OutboxEntry): Promise<void>;
  /** Notes why a try failed; of an entry that is done meanwhile it notes nothing. */
  failed(entry: OutboxEntry, why: string): Promise<void>;
  /** Entries that nobody finished, left over from crashes and failures; at most `top`, the least tried first. */
  leftOver(olderThan: Date, top: number): Promise<readonly OutboxEntry[]>;
  /** How many wait and since when; for health. */
  waiting(): Promise<{ readonly count: number; readonly oldest: Date | null }>;
  /** What was tried ten times, or waits for a day: it will not come right by itself. The oldest first. */
  stuck(): Promise<readonly StuckEffect[]>;
  /** Forgets that the entry failed, so that it is due at once. */
  retry(entry: OutboxEntry): Promise<void>;
}

export type StuckEffect = {
  readonly entry: OutboxEntry;
  readonly since: Date;
  readonly tries: number;
  /** Why the last try failed, as far as somebody lived to note it. */
  readonly why: string | null;
};

/** A message that failed so often that the queue gave it up. */
export type ParkedMessage = {
  readonly id: string;
  readonly since: Date;
  /** What stands in it, decoded; as it is where that cannot be done. */
  readonly text: string;
};

/** Messages that the queue of wake-ups gave up. */
export interface Parked {
  /** How many there are, nearly; and since when the oldest of those that can be seen. */
  waiting(): Promise<{ readonly count: number; readonly oldest: Date | null }>;
  /** Those that can be seen now, at most 32; none is taken. */
  list(): Promise<readonly ParkedMessage[]>;
  /**
   * Takes one after the other and removes those of which `act` says so, after it is done. All others can be seen again when this
   * ends, and two minutes later at the latest.
   */
  each(act: (message: ParkedMessage) => Promise<"remove" | "keep">): Promise<void>;
}

/** The derived, rebuildable lists: by time, consumer, actor, kind, request, link; and the list of requests. */
export interface Index {
  addEvents(service: ServiceKey, events: readonly AuditEvent[]): Promise<void>;
  /** Brings the request's line up to date; an older state never overwrites a newer one (`seq` decides). */
  putRequest(request: ApprovalRequest, seq: number): Promise<void>;
  searchAudit(query: AuditQuery): Promise<AuditPage>;
  searchRequests(
    query: RequestQuery,
  ): Promise<{ readonly requests: readonly RequestLine[]; readonly next: string | null }>;
}

/** A request as a list shows it. */
export type RequestLine = Pick<
  ApprovalRequest,
  | "id"
  | "serviceId"
  | "connectionId"
  | "endpointId"
  | "consumerSubscriptionId"
  | "state"
  | "requestedAt"
  | "updatedAt"
  | "outcome"
> & {
  readonly consumerName: string | null;
  readonly reason: string | null;
  /** Why an approved connection is looked at again; left out where the connection was Pending. */
  readonly live?: LiveCause;
};

/** Where a card was put; needed to change it. */
export type SentCard = {
  readonly serviceUrl: string;
  readonly tenantId: string;
  readonly channelId: string;
  /** With `;messageid=`: the thread of the card. */
  readonly conversationId: string;
  readonly activityId: string;
};

/** Where people are shown what they are asked: a Teams channel by its id, or a webhook by its name in the configuration. */
export type Place = { readonly kind: "channel" | "webhook"; readonly id: string };

/** What is posted at most once for a request in a place: the card (in a webhook a notice), a reminder, a word about the end. */
export type Post = {
  readonly request: RequestId | BulletinId;
  readonly place: Place;
  readonly what: "card" | "half" | "nine-tenths" | "end" | "bulletin";
};

/** What stands in a place. `card` is null where nothing can be changed any more; `seq` 0: only the announcement stands. */
export type CardRecord = { readonly place: Place; readonly card: SentCard | null; readonly seq: number };

export type PlaceRecord =
  | ({ readonly kind: "standing" } & CardRecord)
  /** Somebody has the right to post there and may be doing so. */
  | { readonly kind: "claimed"; readonly place: Place }
  /** The place took nothing then. */
  | { readonly kind: "lost"; readonly place: Place; readonly at: Date };

export type CardClaim =
  | { readonly kind: "post"; readonly token: string }
  | { readonly kind: "standing"; readonly record: CardRecord }
  | { readonly kind: "busy" };

/** What stays where nothing stands any more: nothing, or the word that the place takes nothing. */
export type Leaving = "free" | "lost";

/** Remembers what was posted for which request and where, so that each post is there at most once. */
export interface Cards {
  /** What is known of the request's cards, in no order: one range read. */
  all(request: RequestId): Promise<readonly PlaceRecord[]>;
  /** Gives the right to post to one caller at a time, for a minute. */
  claim(post: Post): Promise<CardClaim>;
  /** Keeps what was posted, with seq 0. False when the right went to somebody else meanwhile: then ours is not the card. */
  keep(post: Post, token: string, card: SentCard | null): Promise<boolean>;
  /** The card shows events up to `seq`. Never goes back, and never touches what is said of another card. */
  showed(post: Post, card: SentCard, seq: number): Promise<void>;
  /** Gives the right back after a post that certainly did not happen. */
  release(post: Post, token: string, leaving: Leaving): Promise<void>;
  /** The card is not there any more: forgets it, unless another one stands in its place. */
  drop(post: Post, card: SentCard | null, leaving: Leaving): Promise<void>;
}

/** An earlier request of the same consumer subscription at the same service, as the ledger has it. */
export type EarlierRequest = Pick<
  ApprovalRequest,
  "id" | "state" | "updatedAt" | "connectionName" | "endpointId" | "decided" | "live"
>;

/** The request by which a connection stands that is looked at again, as the ledger has it. */
export type StandingRequest = Pick<ApprovalRequest, "id" | "state" | "updatedAt" | "expiresAt" | "decided" | "live">;

/** Everything that a card shows. */
export type RequestView = {
  readonly request: ApprovalRequest;
  /** What a live request is about; null when plgate never approved it. Left out where the connection was Pending. */
  readonly approval?: StandingRequest | null;
  readonly mode: Mode;
  /** Of what a whole channel reads. */
  readonly language: Language;
  /** What requests of this connection's consumer at this service ended as, this one included once it ended. */
  readonly history: ConsumerHistory;
  /** The last three that came before this one, newest first; `unreadable` when the list of requests cannot be read. */
  readonly earlier: readonly EarlierRequest[] | "unreadable";
  /** Link to the request for people with a browser; null when no public address is configured. */
  readonly link: string | null;
};

export type Routing = {
  readonly places: readonly Place[];
  /** What is not as policy or configuration name it, for whoever operates plgate. */
  readonly notes: readonly string[];
  /** Why there is no place at all; null when there is one. */
  readonly nowhere: string | null;
};

/** Where cards can go, read once. */
export type Router = {
  /** How many places take anything. */
  readonly usable: number;
  /** Where those who are asked see the request; `avoid`: places that took nothing lately. Pure. */
  route(request: Pick<ApprovalRequest, "reviewers">, avoid: readonly Place[]): Routing;
};

/** The place takes nothing from us: it was deleted or archived, or plgate was removed from it. */
type Gone = { readonly kind: "gone"; readonly why: string };
export type Announced = { readonly kind: "announced"; readonly card: SentCard | null } | Gone;
/** `missing`: the place is there, but not the card in it. */
export type Updated = { readonly kind: "shown" } | { readonly kind: "missing" } | Gone;
export type Told = { readonly kind: "told" } | Gone;
type Standing = Pick<CardRecord, "place" | "card">;

/** What an event about no request tells people: drift, a limit that is near, what a run did. */
export type Bulletin = Pick<
  AuditEvent,
  "kind" | "time" | "what" | "serviceId" | "connectionId" | "consumerSubscriptionId" | "detail"
>;

/** The way to people. Throws a retryable PlgateError when a place cannot be reached now. */
export interface Notifier {
  router(): Promise<Router>;
  /**
   * Says that the request is there: in a channel as a line of text that `update` turns into the card, in a webhook as a
   * notice. Not idempotent; a line that stands twice can do no harm, since it has no buttons.
   */
  announce(view: RequestView, place: Place): Promise<Announced>;
  /** Makes the announcement or the card show the request as it is. Idempotent. */
  update(view: RequestView, card: SentCard): Promise<Updated>;
  /** Says below the card, or in the webhook, how much time is over. Not idempotent. */
  remind(view: RequestView, standing: Standing, step: "half" | "nine-tenths"): Promise<Told>;
  /** Says how the request ended where no card shows it. Not idempotent. */
  tellEnd(view: RequestView, standing: Standing): Promise<Told>;
  /** Says what an event about no request tells (drift, capacity, a run) in a line or two. Not idempotent. */
  bulletin(bulletin: Bulletin, place: Place): Promise<Told>;
}

/** The way to whoever subscribed to decisions: a CMDB, a ticket system, billing. At least once, in no promised order. */
export interface Publisher {
  /** False where no topic is configured: then nothing is told, and nothing waits. */
  readonly isOn: boolean;
  /**
   * All of them or none. Throws a PlgateError, with what to do, when they were not taken for certain; one that is not retryable
   * when these very events will never be.
   */
  publish(events: readonly DecisionEvent[]): Promise<void>;
}

/** Who is who, and who belongs to which group. Throws when it cannot tell: then nobody is let through (teams.md 4.3). */
export interface Directory {
  /** Those of `groups` (Entra group ids) that the person belongs to. */
  groupsOf(objectId: string, groups: readonly string[]): Promise<readonly string[]>;
  /** Undefined when no such person is known. Whoever cannot be shown to be a member counts as a guest. */
  personOf(objectId: string): Promise<{ readonly guest: boolean } | undefined>;
}

export type Lease = {
  readonly service: ServiceRef;
  /** True while this holder may still write; false shortly before the lease runs out or once it was lost. */
  mayWrite(): boolean;
  renew(): Promise<boolean>;
};

export type Begun =
  | { readonly kind: "leased"; readonly lease: Lease; readonly wanted: number }
  | { readonly kind: "busy"; readonly until: Date };

/** What a review leaves behind for the next sweep. */
export type ReviewMark = {
  /** Digest over connections and their states as last seen on ARM; left out when nothing was seen: the last one stays. */
  readonly digest?: string;
  /** Earliest moment at which unfinished work should be looked at again; null when all is settled. */
  readonly lookAgainAt: Date | null;
};

export type WatchedService = {
  readonly ref: ServiceRef;
  readonly digest: string | null;
  readonly lookAgainAt: Date | null;
  readonly lastReviewedAt: Date | null;
  /** When the wake-up that is on its way shows; null or left out when none is, or it is so late that it counts as lost. */
  readonly comingAt?: Date | null;
};

/** One row per service: lease, wake-up, and what the last review saw. */
export interface Watch {
  /**
   * Asks for a review. Many calls, one message, until the review begins. `delaySeconds` postpones it.
   * The message carries `door`, so that the audit can say whether an event or the timer found the request, and the correlation
   * id under which the review goes on; of many calls that one message answers, the first one's.
   */
  wake(service: ServiceRef, door: Door, delaySeconds?: number, correlation?: string): Promise<void>;
  /** Takes the lease and clears the wake-up: whoever wakes from now on causes another review. */
  begin(service: ServiceRef): Promise<Begun>;
  /**
   * Gives the lease back. True when somebody asked for another look since `begin`.
   * Without a mark the review did not finish, and the next sweep looks again.
   */
  end(lease: Lease, mark: ReviewMark | undefined): Promise<boolean>;
  list(): Promise<readonly WatchedService[]>;
}

export interface Clock {
  now(): Date;
}

export type Settings = {
  readonly mode: Mode;
  /** The provider's: whoever decides is of it. */
  readonly tenantId: string;
  /** Of what a whole channel reads; single readers are answered in their own. */
  readonly language: Language;
  readonly fallbackReviewers: readonly ReviewerGroup[];
  readonly publicUrl: string | null;
  /** Whether an approval tells the consumer its LinkID in the connection's description. */
  readonly linkIdInDescription: boolean;
  /** How access is taken back: `reject` leaves the connection as Rejected, `remove` takes it off the service. */
  readonly revokeBy: "reject" | "remove";
  /** Whether the share of NAT ports in use is read and warned of; policies that name it have it read as well. */
  readonly natPortMetrics: boolean;
};

export type Ports = {
  readonly connections: Connections;
  readonly metrics: Metrics;
  readonly finder: ServiceFinder;
  readonly policies: Policies;
  readonly versions: PolicyVersions;
  readonly consumers: Consumers;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly index: Index;
  readonly cards: Cards;
  readonly notifier: Notifier;
  readonly publisher: Publisher;
  readonly directory: Directory;
  readonly watch: Watch;
  readonly sweeps: SweepJournal;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: Settings;
};
