import { isDeepStrictEqual } from "node:util";
import type { PrivateEndpointConnection } from "@azure/arm-network";
import { AuditTrail } from "../../src/azure/audit-trail.ts";
import { IndexTableCare } from "../../src/azure/index-care.ts";
import { readServiceRow } from "../../src/azure/service-row.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import type { LiveApproval } from "../../src/requests/live-approval.ts";
import { type ApprovalRequest, isOpen, type Vote } from "../../src/requests/request.ts";
import { parseRequestId, serviceKey } from "../../src/requests/request-id.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { listFindings } from "../azure/list-findings.ts";
import { collect } from "../contracts/ledger-reads.ts";
import { FakeAnchors, FakeArchive } from "../fakes/audit.ts";
import { type ArmWrite, serviceRefs } from "./arm-side.ts";
import { decisionIn, isOutcome } from "./record.ts";
import { consumerOf, type Edition, looksAtApprovals, wordOn } from "./rules.ts";
import { person, type Simulation } from "./simulation.ts";

/** What is not as it has to be, by the promise that it breaks. */
export type Finding = {
  readonly check:
    | "state"
    | "contradiction"
    | "intent"
    | "outcome"
    | "chain"
    | "outbox"
    | "card"
    | "stuck"
    | "list"
    | "surprise"
    | "rest"
    | "approval";
  readonly what: string;
};

type Shown = { readonly id: string; readonly status: string; readonly consumer: number | undefined };

/** Everything that the oracle looks at, read once after a round, when nobody works. */
type Picture = {
  readonly simulation: Simulation;
  readonly shown: ReadonlyMap<string, Shown>;
  readonly writes: readonly ArmWrite[];
  readonly events: readonly AuditEvent[];
  readonly requests: readonly ApprovalRequest[];
  readonly editions: ReadonlyMap<number, Edition>;
  readonly active: number;
  readonly approvals: readonly LiveApproval[];
  /** Connections about which something was found that stands. */
  readonly found: ReadonlySet<string>;
};

/** Holds what is true after a round against what was promised. Reads everything itself and takes nothing on trust. */
export async function findings(simulation: Simulation): Promise<readonly Finding[]> {
  const picture = await look(simulation);
  const found = [
    ...states(picture),
    ...contradictions(picture),
    ...intents(picture),
    ...outcomes(picture),
    ...stuck(picture),
    ...cards(picture),
    ...approvals(picture),
    ...(await records(picture)),
    ...simulation.surprises.map((what): Finding => ({ check: "surprise", what })),
  ];
  simulation.surprises.length = 0;
  return found;
}

async function look(simulation: Simulation): Promise<Picture> {
  const { ledger, versions } = simulation.onlooker.ports;
  const [connections, chains, editions, pointer, unsettled] = await Promise.all([
    Promise.all(serviceRefs.map((_, at) => simulation.arm.connections(at))),
    Promise.all(serviceRefs.map(({ id }) => collect(ledger.events(serviceKey(id))))),
    editionsOf(simulation),
    versions.pointer("chaos"),
    Promise.all(serviceRefs.map(({ id }) => ledger.unsettled(serviceKey(id)))),
  ]);
  const shown = connections.flat().map(shownOf);
  const events = chains.flat();
  const ids = [...new Set(events.flatMap(({ requestId }) => requestId ?? []))];
  const stored = await Promise.all(ids.map((id) => ledger.request(parseRequestId(id)?.id ?? (id as never))));
  return {
    ...{ simulation, events, editions, writes: simulation.arm.join(), active: pointer?.active.version ?? 0 },
    shown: new Map(shown.map((one) => [one.id, one])),
    requests: stored.flatMap((one) => one?.request ?? []),
    approvals: unsettled.flatMap((one) => one.approvals),
    found: new Set(
      unsettled.flatMap((one) => one.findings.flatMap(({ connectionId }) => connectionId?.toLowerCase() ?? [])),
    ),
  };
}

function shownOf(one: PrivateEndpointConnection): Shown {
  const subscription = /\/subscriptions\/([^/]+)\//i.exec(one.privateEndpoint?.id ?? "")?.[1];
  return {
    id: one.id?.toLowerCase() ?? "",
    status: one.privateLinkServiceConnectionState?.status ?? "(none)",
    consumer: subscription === undefined ? undefined : consumerOf(subscription),
  };
}

/** What was published under each version, read from its own bytes. */
async function editionsOf({ onlooker, editions }: Simulation): Promise<ReadonlyMap<number, Edition>> {
  const { versions } = onlooker.ports;
  const all = (await versions.versions("chaos")).map(async ({ version }) => {
    const source = (await versions.version("chaos", version))?.source ?? "";
    const edition = editions[Number(/Edition (\d+)\./.exec(source)?.[1] ?? -1)];
    return edition ? ([[version, edition]] as const) : [];
  });
  return new Map((await Promise.all(all)).flat());
}

/** Every connection is in the state that policy or a person said. */
function states(picture: Picture): readonly Finding[] {
  const { shown, writes } = picture;
  return [...shown.values()].flatMap((connection) => {
    const wrong =
      connection.status === "Pending"
        ? whyNotPending(connection, picture)
        : whyNotDecided(
            connection,
            writes.filter(({ connectionId }) => connectionId === connection.id),
            picture,
          );
    return wrong
      ? [{ check: "state", what: `${short(connection.id)} is ${connection.status}: ${wrong}` } as const]
      : [];
  });
}

function whyNotPending(
  { id, consumer }: Shown,
  { simulation, requests, editions, active }: Picture,
): string | undefined {
  const latest = latestOf(id, requests);
  if (!latest) return "nobody has judged it";
  const word = wordOn(editions.get(active), consumer ?? -1);
  if (latest.state === "expired") {
    return word === "review" ? undefined : `it lapsed, and policy ${active} says ${word}`;
  }
  if (latest.state !== "awaiting-decision") return `its request is ${latest.state}`;
  const { mode } = simulation;
  const isHeld = mode === "observe" || (mode === "approve-only" && word === "reject");
  if (word !== "review" && !isHeld) {
    // What time decided while the mode held it back waits for people or the mode.
    return `policy ${active} says ${word} in ${mode}`;
  }
  return undefined;
}

function whyNotDecided({ id, status }: Shown, writes: readonly ArmWrite[], picture: Picture): string | undefined {
  const last = writes.findLast((one) => one.by !== "consumer" || one.status === "updated");
  const own = picture.requests.filter((one) => one.connectionId.toLowerCase() === id);
  const open = own.find((one) => isOpen(one) && !one.live);
  if (open) return `its request is ${open.state}`;
  if (last?.by === "portal") return undefined;
  // Approved when it was made: by the service's own list.
  if (last?.by !== "plgate")
    return status === "Approved" && own.every(({ live }) => live) ? undefined : "nobody wrote that";
  const wanted = status === "Approved" ? "approve" : "reject";
  const reasons = own.filter(({ decided }) => decided?.kind === wanted).map((one) => unjustified(one, picture));
  if (reasons.length === 0) return "plgate wrote it and no request says so";
  return reasons.includes(undefined) ? undefined : reasons.join("; ");
}

/** Why a decision is nobody's; undefined when policy, time or people said it. */
function unjustified(request: ApprovalRequest, picture: Picture): string | undefined {
  if (!request.decided) return `request ${request.id} has no decision`;
  const why = request.decided.by.kind === "robot" ? notByPolicy(request, picture) : notByPeople(request, picture);
  return why && `request ${request.id}: ${why}`;
}

function notByPolicy(request: ApprovalRequest, picture: Picture): string | undefined {
  const { id, live, decided, verdict, connectionId, consumerSubscriptionId } = request;
  if (live && decided?.kind === "reject") {
    // Access is taken back only after it was said that it will be.
    const wasSaid = picture.events.some(({ kind, requestId }) => kind === "revoking" && requestId === id);
    return wasSaid ? undefined : "nobody was warned";
  }
  const version = verdict?.policies[0]?.version ?? 0;
  const asked = picture.simulation.askedUnder.get(connectionId.toLowerCase()) ?? 0;
  if (version < asked) return `version ${version} decided, and ${asked} was in force before it asked`;
  return notBy(picture.editions.get(version), consumerOf(consumerSubscriptionId ?? ""), request.decided, version);
}

function notBy(edition: Edition | undefined, consumer: number, decided: ApprovalRequest["decided"], version: number) {
  const word = wordOn(edition, consumer);
  const byTime = decided?.door === "timer" && decided.kind === "reject" && word === "review";
  return word === decided?.kind || (byTime && edition?.terms === "reject")
    ? undefined
    : `version ${version} says ${word}`;
}

function notByPeople({ id, votes, decided }: ApprovalRequest, { simulation }: Picture): string | undefined {
  const wasCast = ({ objectId, vote }: Vote) =>
    [person(0), person(1)].includes(objectId) &&
    simulation.votes.some((cast) => cast.request === id && cast.person === objectId && cast.vote === vote);
  if (!votes.every(wasCast)) return "it counts a vote that nobody may cast or cast";
  return votes.some(({ vote }) => vote === decided?.kind) ? undefined : `nobody voted to ${decided?.kind}`;
}

/** No connection got two contradicting writes from plgate, and none twice without a reason. */
function contradictions({ writes, requests }: Picture): readonly Finding[] {
  const taken = requests.filter(({ live, decided }) => live && decided?.kind === "reject");
  const takenIds = new Set(taken.map(({ connectionId }) => connectionId.toLowerCase()));
  const found = [...Map.groupBy(writes, ({ connectionId }) => connectionId).values()].flatMap((all) =>
    all.map((write, at) => contradiction(all[at - 1], write, takenIds.has(write.connectionId))),
  );
  return found.flatMap((what): Finding[] => (what ? [{ check: "contradiction", what }] : []));
}

/** Two writes that followed each other. Whatever somebody else did between begins anew; what was approved may be taken away. */
function contradiction(before: ArmWrite | undefined, write: ArmWrite, isTaken: boolean): string | undefined {
  if (write.by !== "plgate" || before?.by !== "plgate") return undefined;
  const [one, other] = [before.status, write.status];
  const id = short(write.connectionId);
  if (one === "Approved" && other !== one && isTaken) return undefined;
  if (one !== other) return `${id} got ${one} and then ${other}`;
  return before.troubles === write.troubles ? `${id} got ${one} twice, and nothing went wrong between` : undefined;
}

/** Each write was on record as a decision before it was sent. */
function intents({ simulation, writes }: Picture): readonly Finding[] {
  const without = simulation.wishes.filter(({ intent }) => !intent);
  const sent = new Set(simulation.wishes.map(({ connectionId, wish }) => `${connectionId} ${wish}`));
  const unseen = writes.filter(
    ({ by, connectionId, status }) => by === "plgate" && !sent.has(`${connectionId} ${status}`),
  );
  return [
    ...without.map(({ connectionId, wish }) => `${short(connectionId)} was to be ${wish} without a decision on record`),
    ...unseen.map(
      ({ connectionId, status }) => `${short(connectionId)} got ${status} from plgate past its only writer`,
    ),
  ].map((what): Finding => ({ check: "intent", what }));
}

/** Each decision has its outcome, each outcome its write, each write its outcome. */
function outcomes({ events, writes, requests }: Picture): readonly Finding[] {
  const ofRequests = Map.groupBy(
    events.filter(({ requestId }) => requestId !== null),
    ({ requestId }) => requestId,
  );
  const ended = new Set(
    requests.filter((one) => one.decided && !isOpen(one)).map((one) => one.connectionId.toLowerCase()),
  );
  const found = [
    ...[...ofRequests].flatMap(([request, all]) => unfinished(all).map((what) => `request ${request} ${what}`)),
    ...[...ofRequests].flatMap(([request, all]) => unfounded(all, writes).map((what) => `request ${request} ${what}`)),
    ...writes
      .filter(({ by, connectionId }) => by === "plgate" && !ended.has(connectionId))
      .map(
        ({ connectionId, status }) => `${short(connectionId)} got ${status}, and no request that was decided has ended`,
      ),
  ];
  return found.map((what): Finding => ({ check: "outcome", what }));
}

/** The events of one request: was each decision carried out, or explained? */
function unfinished(all: readonly AuditEvent[]): readonly string[] {
  const decision = all.findLastIndex((event) => decisionIn(event) !== undefined);
  return decision >= 0 && !all.slice(decision + 1).some(isOutcome) ? ["was decided and nothing came of it"] : [];
}

/** Was what it says of ARM written there, by whomever? */
function unfounded(all: readonly AuditEvent[], writes: readonly ArmWrite[]): readonly string[] {
  const applied = all.filter(({ kind }) => kind === "applied");
  const untrue = applied.flatMap(({ what, connectionId }) => {
    const status = what.startsWith("Approved") ? "Approved" : "Rejected";
    const isDone = writes.some((one) => one.connectionId === connectionId && one.status === status);
    return isDone ? [] : [`says ${status}, and nobody wrote that on ARM`];
  });
  return applied.length > 1 ? [...untrue, `was applied ${applied.length} times`] : untrue;
}

const graceMs = 15 * 60_000;

/** Each approval is known, or was found to be nobody's; and none outlives its end while plgate may take it back. */
function approvals({ simulation, shown, approvals, found, requests }: Picture): readonly Finding[] {
  if (!looksAtApprovals) return [];
  const asked = new Set(requests.filter((one) => isOpen(one)).map((one) => one.connectionId.toLowerCase()));
  const standing = new Map(approvals.map((one) => [one.connectionId, one]));
  const now = simulation.time.now().getTime();
  return [...shown.values()].flatMap(({ id, status }): Finding[] => {
    if (status !== "Approved" || asked.has(id)) return [];
    const approval = standing.get(id);
    if (!approval && !found.has(id)) return [{ check: "approval", what: `${short(id)} is Approved, and nobody knows` }];
    const isOver = approval?.expiresAt != null && Date.parse(approval.expiresAt) < now - graceMs;
    if (!isOver || simulation.mode !== "enforce") return [];
    return [{ check: "approval", what: `${short(id)} is Approved, and that ended at ${approval.expiresAt}` }];
  });
}

/** No open request for a connection that is gone, or that somebody decided. */
function stuck({ requests, shown }: Picture): readonly Finding[] {
  return requests.filter(isOpen).flatMap((request): Finding[] => {
    const connection = shown.get(request.connectionId.toLowerCase());
    const due = request.live ? "Approved" : "Pending";
    if (connection?.status === due) return [];
    const what = `request ${request.id} is ${request.state}, and its connection is ${connection?.status ?? "gone"}`;
    return [{ check: "stuck", what }];
  });
}

/** A request that people are asked about has one card that shows it as it is; one that ended has none that asks. */
function cards({ simulation: { notifier }, requests }: Picture): readonly Finding[] {
  return requests.flatMap((request): Finding[] => {
    const updates = notifier.updated.filter(({ view }) => view.request.id === request.id);
    const last = new Map(updates.map(({ view, card }) => [card.activityId, view.request]));
    // A card that somebody removed is missed when it is to be changed, not before.
    const live = [...last].filter(([activity]) => !notifier.missing.has(activity)).map(([, one]) => one);
    const say = (what: string): Finding[] => [
      { check: "card", what: `request ${request.id} (${request.state}) ${what}` },
    ];
    if (live.length > 1) return say(`has ${live.length} cards`);
    const wants = request.shown && (request.state === "awaiting-decision" || request.state === "failed");
    if (wants && last.size === 0) return say("has no card");
    const [one] = live;
    if (!one || isDeepStrictEqual(pertinent(one), pertinent(request))) return [];
    return say(`has a card that shows ${one.state} with ${one.votes.length} votes`);
  });
}

function pertinent({ state, votes, decided, outcome, held }: ApprovalRequest) {
  return {
    state,
    votes: votes.map(({ objectId, vote }) => ({ objectId, vote })),
    decided: decided?.kind,
    outcome,
    held,
  };
}

/** Chains verify, states follow from them, lists are complete, nothing is left to do, nobody dead holds a service. */
async function records({ simulation, requests }: Picture): Promise<readonly Finding[]> {
  const storage = simulation.storage.reliable();
  const { outbox, index } = simulation.onlooker.ports;
  const archive = new FakeArchive();
  const audit = {
    trail: new AuditTrail(storage.ledger, archive),
    anchors: new FakeAnchors(),
    indexCare: new IndexTableCare(storage.index),
  };
  const [verdict, { count }, lists, holders] = await Promise.all([
    verifyAudit({ anchors: false, index: true }, audit),
    outbox.waiting(),
    listFindings(index, requests),
    leases(simulation),
  ]);
  const broken = verdict.chains.filter(({ ok }) => !ok).map((chain) => `${chain.chain}: ${JSON.stringify(chain)}`);
  return [
    ...broken.map((what): Finding => ({ check: "chain", what })),
    ...verdict.findings.map(
      ({ problem, about }): Finding => ({ check: about === "index" ? "list" : "chain", what: problem }),
    ),
    ...lists.map((what): Finding => ({ check: "list", what })),
    ...(count > 0 ? [{ check: "outbox", what: `${count} effects wait` } as const] : []),
    ...holders.map((what): Finding => ({ check: "stuck", what })),
  ];
}

async function leases(simulation: Simulation): Promise<readonly string[]> {
  const found: string[] = [];
  const now = simulation.time.now().getTime();
  for await (const row of simulation.storage.reliable().services.listEntities()) {
    const { partitionKey = "", rowKey = "", ...columns } = row;
    const { owner, until, ref } = readServiceRow({ ...columns, partitionKey, rowKey } as never);
    // A host whose clock is ahead by minutes gave itself as many minutes more.
    if (owner !== "" && (until?.getTime() ?? 0) > now)
      found.push(`${ref.name} is leased by somebody until ${until?.toISOString()}`);
  }
  return found;
}

function latestOf(connectionId: string, requests: readonly ApprovalRequest[]): ApprovalRequest | undefined {
  return requests
    .filter((one) => one.connectionId.toLowerCase() === connectionId)
    .reduce<ApprovalRequest | undefined>((last, one) => (last && last.round > one.round ? last : one), undefined);
}

function short(id: string): string {
  return id.split("/").slice(-3).join("/");
}
