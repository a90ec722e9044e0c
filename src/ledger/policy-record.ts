import type { Actor, Door } from "../decision/decision.ts";
import type { AuditEvent, Json, NewEvent } from "./event.ts";

/** Exactly one policy: its number among those of its name, and the digest of its source. */
export type PolicyVersion = { readonly version: number; readonly sha256: string };

/** Who did something to a policy as a list shows it, why, and when (ISO 8601). */
export type Authorship = { readonly author: string; readonly note: string; readonly at: string };

/** Who acted, and by which door. */
export type Signature = { readonly who: Actor; readonly door: Door; readonly correlation: string };

/** A version as it was published; it never changes. */
export type PublishedVersion = PolicyVersion &
  Authorship &
  Signature & {
    readonly name: string;
    /** The warnings that the publisher acknowledged, by name. */
    readonly acknowledged: readonly string[];
  };

/** What is in force under a name, as the store points to it. */
export type Pointer = {
  readonly name: string;
  readonly active: PolicyVersion;
  /** What was in force before. */
  readonly previous: PolicyVersion | null;
  /** Number of the event in the chain of policies that announced it; 0 when none did. */
  readonly activation: number;
  /** Who put it in force. */
  readonly by: Authorship;
};

/** The wish to put a version in force, as it stands on record before anything is changed. */
export type Intent = Signature & {
  readonly name: string;
  readonly to: PolicyVersion;
  /** What was in force then, and by which activation. */
  readonly from: (PolicyVersion & { readonly activation: number }) | null;
  readonly by: Authorship;
};

/** An intent in its place in the chain. */
export type ToldIntent = Intent & { readonly seq: number };

export function publishedEvent(published: PublishedVersion): NewEvent {
  const { name, version, sha256, author, note, at, acknowledged } = published;
  const detail = { name, version, sha256, author, acknowledged };
  return policyEvent("policy-published", published, at, `Published policy ${name} version ${version}.`, note, detail);
}

/** The intent: on record before the version is in force, so that nothing is ever in force without a record. */
export function activatingEvent(intent: Intent): NewEvent {
  const { name, to, from, by } = intent;
  const what = `Puts policy ${name} version ${to.version} in force.`;
  return policyEvent("policy-activating", intent, by.at, what, by.note, { name, ...to, author: by.author, from });
}

/** What became of an intent. Whoever finds it unfinished tells the outcome in the name of the one who began. */
export function outcomeEvent(intent: ToldIntent, held: boolean, at: string): NewEvent {
  const { name, to, from, by, seq } = intent;
  const version = `Policy ${name} version ${to.version}`;
  const what = held
    ? `${version} is in force.`
    : `${version} was not put in force: the store had been changed meanwhile.`;
  const detail = { name, ...to, author: by.author, from, intent: seq };
  return policyEvent(held ? "policy-activated" : "failed", intent, at, what, by.note, detail);
}

/** The last intent among the events whose outcome is not among them. */
export function unfinishedIn(oldestFirst: readonly AuditEvent[]): ToldIntent | undefined {
  const finished = new Set(oldestFirst.map(({ detail }) => (isMap(detail) ? detail["intent"] : undefined)));
  return oldestFirst
    .filter(({ kind, seq }) => kind === "policy-activating" && !finished.has(seq))
    .flatMap((event) => readIntent(event) ?? [])
    .at(-1);
}

/** Undefined for an event that announces nothing, or in a form that this version does not know. */
export function readIntent({
  kind,
  seq,
  time,
  who,
  door,
  why,
  correlation,
  detail,
}: AuditEvent): ToldIntent | undefined {
  if (kind !== "policy-activating" || !isMap(detail)) return undefined;
  const { name, author } = detail;
  const to = versionIn(detail);
  const from = fromIn(detail["from"]);
  if (typeof name !== "string" || typeof author !== "string" || !to || from === undefined) return undefined;
  const by = { author, note: why?.justification ?? "", at: time };
  return { seq, who, door, correlation, name, to, from, by };
}

function policyEvent(
  kind: NewEvent["kind"],
  { who, door, correlation }: Signature,
  time: string,
  what: string,
  note: string,
  detail: Json,
): NewEvent {
  return {
    ...{ kind, time, who, door, what, why: { rules: [], reason: "", justification: note } },
    ...{ serviceId: null, requestId: null, connectionId: null, consumerSubscriptionId: null, linkIdentifier: null },
    ...{ correlation, detail },
  };
}

function versionIn(value: { readonly [key: string]: Json }): PolicyVersion | undefined {
  const { version, sha256 } = value;
  return typeof version === "number" && typeof sha256 === "string" ? { version, sha256 } : undefined;
}

function fromIn(value: Json | undefined): Intent["from"] | undefined {
  if (value === null) return null;
  if (!isMap(value)) return undefined;
  const version = versionIn(value);
  const activation = value["activation"];
  return version && typeof activation === "number" ? { ...version, activation } : undefined;
}

function isMap(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
