import { isGuid } from "../connection/arm-id.ts";
import { type Door, mayWrite } from "../decision/decision.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { messageOf, NotNow } from "../runtime/errors.ts";
import type { Ports } from "./ports.ts";

/** A person's word on a request, as it came through a door. */
export type Ballot = {
  readonly requestId: string;
  readonly vote: "approve" | "reject";
  readonly justification: string;
  /** ISO 8601 duration; shortens an approval, never lengthens what policy asks for. */
  readonly expiresAfter?: string;
  readonly person: {
    readonly objectId: string | undefined;
    readonly tenantId: string;
    readonly name: string;
    /** Groups that a verified token names; undefined when the directory has to be asked. */
    readonly groups: readonly string[] | undefined;
  };
  /** When the person proved who they are; only the page's door knows it. */
  readonly signedInAt?: Date;
  readonly door: Door;
  readonly correlation: string;
};

/** Why a vote is not taken; the doors word it. `docs/who-may-decide.md` tells the order in which they are looked for. */
export type RefusalReason =
  | "no-identity"
  | "other-tenant"
  | "unknown-request"
  | "too-late"
  | "not-votable"
  | "page-only"
  | "stale-sign-in"
  | "no-justification"
  | "own-request"
  | "guest"
  | "not-a-reviewer"
  | "directory-unavailable"
  | "registry-unavailable";

export type MayDecide =
  /** `groups` are all groups that were asked, or stand in for one, and that the person is in. */
  | { readonly kind: "may"; readonly groups: readonly string[] }
  /** Somebody decided already, or the request ended otherwise. */
  | { readonly kind: "ended" }
  | { readonly kind: "refused"; readonly why: Reason };

type Reason = Exclude<RefusalReason, "unknown-request">;
type Asked = Pick<Ports, "consumers" | "directory" | "log" | "settings">;

const freshSignInMs = 10 * 60_000;
/** Clocks of two machines: a sign-in may seem to lie a little ahead. */
const clockSkewMs = 60_000;

/**
 * May this person decide on this request, now and through this door? Whoever cannot tell says no.
 *
 * First what can be seen without asking anybody, in a fixed order; then directory and registry are asked at the same time.
 * Of several reasons the most telling is given: that the request is somebody's own counts more than that they are no
 * reviewer anyway, and a clear no more than an answer that nobody could give.
 */
export async function mayDecide(
  ballot: Ballot,
  request: ApprovalRequest,
  ports: Asked & Pick<Ports, "clock">,
): Promise<MayDecide> {
  const atSight = refusedAtSight(ballot, request, ports);
  if (atSight === "other-tenant" && (await isConsumersTenant(ballot, request, ports))) return refused("own-request");
  if (atSight === "ended") return { kind: "ended" };
  if (atSight) return refused(atSight);
  return judge(await askAround(ballot, request, ports));
}

/** Whether the ballot says who the person is: an object id of Entra, in our tenant or another. */
export function hasIdentity({ person }: Pick<Ballot, "person">): boolean {
  return person.objectId !== undefined && isGuid(person.objectId);
}

function refusedAtSight(
  ballot: Ballot,
  request: ApprovalRequest,
  { settings, clock }: Pick<Ports, "settings" | "clock">,
): Reason | "ended" | undefined {
  const now = clock.now().getTime();
  if (!hasIdentity(ballot)) return "no-identity";
  if (!same(ballot.person.tenantId, settings.tenantId)) return "other-tenant";
  if (request.state !== "awaiting-decision") return "ended";
  if (isOver(request, now)) return "too-late";
  if (request.held || !mayWrite(settings.mode, ballot.vote)) return "not-votable";
  return wrongDoor(ballot, request, now) ?? (ballot.justification.trim() ? undefined : "no-justification");
}

/** The sweep may close the request a little later than its time ends; votes end with the time. */
function isOver({ timetable }: ApprovalRequest, now: number): boolean {
  return Boolean(timetable?.dueAt) && now >= Date.parse(timetable?.dueAt ?? "");
}

function wrongDoor({ door, signedInAt }: Ballot, request: ApprovalRequest, now: number): Reason | undefined {
  if (request.via !== "page") return undefined;
  if (door !== "console") return "page-only";
  const age = signedInAt ? now - signedInAt.getTime() : Number.NaN;
  // Written so that no time at all, and one that is no time, are stale.
  return age <= freshSignInMs && age >= -clockSkewMs ? undefined : "stale-sign-in";
}

/** Undefined where nobody could answer. */
type Found = {
  readonly groups: readonly string[] | undefined;
  /** `null`: the directory does not know the person. */
  readonly person: { readonly guest: boolean } | null | undefined;
  readonly own: boolean | "registry-unavailable" | "directory-unavailable";
};

async function askAround(ballot: Ballot, request: ApprovalRequest, ports: Asked): Promise<Found> {
  const { objectId = "" } = ballot.person;
  const orUnknown = async <T>(asking: Promise<T>): Promise<T | undefined> => {
    try {
      return await asking;
    } catch (error) {
      ports.log.error("the directory cannot answer; the vote is refused", told(request, error));
      return undefined;
    }
  };
  const [groups, person, own] = await Promise.all([
    orUnknown(reviewingGroups(ballot, request, ports)),
    orUnknown(ports.directory.personOf(objectId).then((one) => one ?? null)),
    isOwn(ballot, request, ports),
  ]);
  return { groups, person, own };
}

function judge({ groups, person, own }: Found): MayDecide {
  if (own === true) return refused("own-request");
  if (person?.guest) return refused("guest");
  if (person === null) return refused("no-identity");
  if (groups?.length === 0) return refused("not-a-reviewer");
  if (groups === undefined || person === undefined) return refused("directory-unavailable");
  return own === false ? { kind: "may", groups } : refused(own);
}

/** A token that names groups is believed for them: it was signed by the directory itself. */
async function reviewingGroups(
  { person }: Ballot,
  { reviewers }: ApprovalRequest,
  { directory }: Pick<Ports, "directory">,
): Promise<readonly string[]> {
  const asked = reviewers.flatMap(({ group, standIns = [] }) => [group, ...standIns.map((one) => one.group)]);
  const groups = [...new Set(asked.map((group) => group.toLowerCase()))];
  const isIn = person.groups ?? (await directory.groupsOf(person.objectId ?? "", groups));
  return groups.filter((group) => isIn.some((one) => same(one, group)));
}

/** Whether the person is of the consumer's own people, by what the registry says at this moment. */
async function isOwn(ballot: Ballot, request: ApprovalRequest, ports: Asked): Promise<Found["own"]> {
  const owners = await ownersOf(request, ports);
  if (owners === undefined) return "registry-unavailable";
  const { objectId = "" } = ballot.person;
  if (owners.some((owner) => same(owner, objectId))) return true;
  if (owners.length === 0) return false;
  try {
    // A token may be told to name some groups only, so here it is not enough: the directory is asked in any case.
    return (await ports.directory.groupsOf(objectId, owners)).length > 0;
  } catch (error) {
    ports.log.error("the directory cannot say whose request this is; the vote is refused", told(request, error));
    return "directory-unavailable";
  }
}

async function ownersOf(request: ApprovalRequest, ports: Asked): Promise<readonly string[] | undefined> {
  const { consumerSubscriptionId } = request;
  if (consumerSubscriptionId === null) return [];
  try {
    return (await ports.consumers.find(consumerSubscriptionId))?.owners ?? [];
  } catch (error) {
    if (error instanceof NotNow) throw error;
    ports.log.error("the registry cannot be read; the vote is refused", told(request, error));
    return undefined;
  }
}

/**
 * Whether a person of another tenant is of the consumer's: then they tried to decide on their own request. Where nobody
 * can tell, they are refused as strangers all the same.
 */
async function isConsumersTenant({ person }: Ballot, request: ApprovalRequest, ports: Asked): Promise<boolean> {
  const { consumerSubscriptionId } = request;
  if (consumerSubscriptionId === null) return false;
  try {
    const consumer = await ports.consumers.find(consumerSubscriptionId);
    return same(consumer?.tenantId ?? "", person.tenantId) && person.tenantId !== "";
  } catch (error) {
    ports.log.warn("the registry cannot say whose request this is", told(request, error));
    return false;
  }
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function refused(why: Reason): MayDecide {
  return { kind: "refused", why };
}

function told({ id }: ApprovalRequest, error: unknown) {
  return { request: id, error: messageOf(error) };
}
