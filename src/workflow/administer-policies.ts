import { type Authorship, type PolicyVersion, type PublishedVersion, publishedEvent } from "../ledger/policy-record.ts";
import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import { type PolicyFault, sortFaults } from "../policy/faults.ts";
import { driftInWords } from "../policy/format-drift.ts";
import { unrehearsedRejects, unrehearsedRevoke } from "../policy/rehearsal.ts";
import type { TestRun } from "../policy/run-tests.ts";
import { policyChain } from "../requests/request-id.ts";
import { type PolicyOffice, putInForce, settle } from "./activation.ts";
import type { StoredPointer } from "./ports.ts";
import { type Draft, provePolicy, type Unproven } from "./prove-policy.ts";
import type { Hand } from "./record.ts";

/** Who changes a policy, and why. `author` is the name that lists show; on record is also who `hand` says it was. */
export type Change = { readonly hand: Hand; readonly author: string; readonly note: string };

export type Publication = Draft & {
  /** The policy must call itself so; undefined takes any name. */
  readonly name?: string;
  /** False leaves it to somebody else to put it in force. */
  readonly activate: boolean;
};

export type Published = PolicyVersion & {
  readonly kind: "published";
  readonly name: string;
  /** False when exactly this was there already and nothing was done. */
  readonly changed: boolean;
  /** Whether this version is in force now. */
  readonly inForce: boolean;
  readonly warnings: readonly PolicyFault[];
  readonly tests: TestRun | undefined;
  /** What it says of drift, when the version before it in force said otherwise. */
  readonly drift?: DriftSaid;
};

/** A version that stays out of force. It is kept all the same, and may be put in force later. */
export type NotInForce = PolicyVersion & {
  readonly kind: "not-in-force";
  readonly name: string;
  /** `lost-race`: somebody else changed what is in force. `full`: as many policies are in force as may be. */
  readonly why: "lost-race" | "full";
  readonly inForce: PolicyVersion | null;
};

/** What two versions of a policy say of drift, in words. */
export type DriftSaid = { readonly before: string; readonly after: string };

export type PublishOutcome =
  | Published
  | NotInForce
  | Unproven
  | { readonly kind: "another-name"; readonly name: string };

export type ActivateOutcome =
  | {
      readonly kind: "activated";
      readonly name: string;
      readonly active: PolicyVersion;
      readonly changed: boolean;
      /** Left out when it says the same of drift as the version before. */
      readonly drift?: DriftSaid;
    }
  | NotInForce
  | { readonly kind: "refused"; readonly why: "faults"; readonly faults: readonly PolicyFault[] }
  | { readonly kind: "unknown-version"; readonly name: string; readonly version: number | null };

/**
 * Checks a policy, keeps it as the next version of its name, and puts it in force unless somebody else shall do that.
 * A policy with an error, a failing test or a warning that nobody acknowledged is refused and leaves no trace. Whether
 * its reject rules and its drift handling were tried before is asked of the version in force.
 */
export async function publishPolicy(
  publication: Publication,
  change: Change,
  office: PolicyOffice,
): Promise<PublishOutcome> {
  // What bytes cannot hold is not kept, so it must not be judged either.
  const source = Buffer.from(publication.source, "utf8").toString("utf8");
  const proof = provePolicy({ ...publication, source }, change.hand.clock.now().getTime());
  if (proof.kind === "refused") return proof;
  const { policy, tests } = proof;
  const { name, sha256 } = policy;
  if (publication.name !== undefined && publication.name !== name) return { kind: "another-name", name };

  await settle(office);
  const seen = await office.versions.pointer(name);
  if (seen?.active.sha256 === sha256) {
    const { warnings } = proof;
    return { kind: "published", name, warnings, tests, ...seen.active, changed: false, inForce: true };
  }
  const before = seen && (await versionInForce(seen, office));
  const untried = sortFaults([
    ...unrehearsedRejects(policy, before, publication.file),
    ...unrehearsedRevoke(policy, before, publication.file),
  ]);
  const open = untried.filter(({ name: warning }) => !warning || !publication.acknowledge.includes(warning));
  if (open.length > 0) return { kind: "refused", why: "unacknowledged", faults: open };
  const warnings = sortFaults([...proof.warnings, ...untried]);
  const about = { kind: "published", name, warnings, tests, ...driftSaid(before, policy) } as const;
  const { who, door, correlation } = change.hand;
  const acknowledged = [...new Set(warnings.flatMap((warning) => warning.name ?? []))];
  const kept = await office.versions.keep(source, {
    ...{ name, sha256, acknowledged, who, door, correlation, ...authorshipOf(change) },
  });
  const isNew = await putOnRecord(kept, office);
  const version = { version: kept.version, sha256 };
  if (!publication.activate) return { ...about, ...version, changed: isNew, inForce: false };
  const outcome = await activate(name, version, seen, change, office);
  if (outcome.kind !== "activated") return outcome;
  return { ...about, ...version, changed: isNew || outcome.changed, inForce: true };
}

function driftSaid(before: CompiledPolicy | undefined, after: CompiledPolicy): { readonly drift?: DriftSaid } {
  const [was, is] = [before, after].map((policy) => (policy?.drift ? driftInWords(policy.drift) : "record"));
  return was === undefined || is === undefined || was === is ? {} : { drift: { before: was, after: is } };
}

/** What the new version is compared with; one that cannot be read any more has tried nothing. */
async function versionInForce(seen: StoredPointer, office: PolicyOffice): Promise<CompiledPolicy | undefined> {
  try {
    const stored = await office.versions.version(seen.name, seen.active.version);
    const compiled = stored && compilePolicy(stored.source, `${seen.name}.yaml`);
    return compiled?.ok ? compiled.policy : undefined;
  } catch {
    // Publishing is the way out of a version whose bytes are broken, so it must not fail on them.
    return undefined;
  }
}

/** Puts a published version in force, newer or older than the one that is; it must compile with today's engine. */
export async function activatePolicy(
  name: string,
  version: number,
  change: Change,
  office: PolicyOffice,
): Promise<ActivateOutcome> {
  await settle(office);
  const seen = await office.versions.pointer(name);
  return activateStored(name, version, seen, change, office);
}

/** Puts back in force what was before the version in force; told again, it comes back to that one. */
export async function rollBackPolicy(name: string, change: Change, office: PolicyOffice): Promise<ActivateOutcome> {
  await settle(office);
  const seen = await office.versions.pointer(name);
  if (!seen?.previous) return { kind: "unknown-version", name, version: null };
  return activateStored(name, seen.previous.version, seen, change, office);
}

async function activateStored(
  name: string,
  wanted: number,
  seen: StoredPointer | undefined,
  change: Change,
  office: PolicyOffice,
): Promise<ActivateOutcome> {
  const stored = await office.versions.version(name, wanted);
  if (!stored) return { kind: "unknown-version", name, version: wanted };
  const compiled = compilePolicy(stored.source, `${name}.yaml`);
  if (!compiled.ok) return { kind: "refused", why: "faults", faults: compiled.faults };
  const { version, sha256 } = stored.published;
  const active = { version, sha256 };
  if (seen?.active.sha256 === sha256) return { kind: "activated", name, active, changed: false };
  // Its publisher may have died before this was on record.
  await putOnRecord(stored.published, office);
  const before = seen && (await versionInForce(seen, office));
  const outcome = await activate(name, active, seen, change, office);
  return outcome.kind === "activated" && outcome.changed
    ? { ...outcome, ...driftSaid(before, compiled.policy) }
    : outcome;
}

async function activate(
  name: string,
  to: PolicyVersion,
  seen: StoredPointer | undefined,
  change: Change,
  office: PolicyOffice,
): Promise<Extract<ActivateOutcome, { readonly kind: "activated" }> | NotInForce> {
  const { who, door, correlation } = change.hand;
  const done = await putInForce({ who, door, correlation, name, to, by: authorshipOf(change) }, seen, office);
  if (done === "in-force") return { kind: "activated", name, active: to, changed: true };
  const now = await office.versions.pointer(name);
  // Two wanted the same, and the other was faster.
  if (now?.active.sha256 === to.sha256) return { kind: "activated", name, active: now.active, changed: false };
  return { kind: "not-in-force", name, ...to, why: done, inForce: now?.active ?? null };
}

/** False when it was there already. */
async function putOnRecord(published: PublishedVersion, office: PolicyOffice): Promise<boolean> {
  const { name, version, sha256 } = published;
  const key = `policy-published|${name}|${version}|${sha256}`;
  const noted = await office.ledger.note({ key, chain: policyChain, after: null, events: [publishedEvent(published)] });
  if (noted.kind !== "noted") return false;
  await office.follow(noted.outbox);
  return true;
}

function authorshipOf({ hand, author, note }: Change): Authorship {
  return { author, note, at: hand.clock.now().toISOString() };
}
