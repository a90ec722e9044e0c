import { messageOf } from "../runtime/errors.ts";
import { recordFaults } from "./activation.ts";
import type { AuditPorts } from "./audit-ports.ts";
import { lookAtCards } from "./check-cards.ts";
import { checkOldestRequest, checkSweep, listedServices } from "./check-sweep.ts";
import { describeEvents, type EventSight } from "./event-count.ts";
import { type NewerRows, saidOf } from "./newer-rows.ts";
import type { ArmSight, Parked, Ports } from "./ports.ts";
import { newestAnchor } from "./read-anchors.ts";

/** One thing that was looked at. `degraded`: decisions are made, but somebody should act; `unhealthy`: decisions may stop. */
export type Check = {
  readonly name: string;
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly detail: string;
};

export type Health = {
  readonly status: Check["status"];
  readonly mode: string;
  readonly checks: readonly Check[];
};

const shownAtMost = 5;
const lateEffectMs = 5 * 60_000;
/** Whatever the schedule: after a day without an anchor too much rests on the chains alone. */
const lateAnchorMs = 24 * 3600_000;
const severity = ["healthy", "degraded", "unhealthy"] as const;

/** What is configured, reachable and in trouble. `teams` says where cards can go; undefined when no bot is configured. */
export async function checkHealth(
  ports: Ports & Pick<AuditPorts, "anchors">,
  teams: (() => Promise<readonly string[]>) | undefined,
  host: HostSight | undefined = undefined,
): Promise<Health> {
  const checks = await Promise.all([
    looked("policies", "unhealthy", () => checkPolicies(ports)),
    looked("policy-record", "degraded", () => checkPolicyRecord(ports)),
    looked("services", "degraded", () => checkServices(ports)),
    looked("sweep", "degraded", () => checkSweep(ports)),
    ...(host ? [looked("arm", "degraded", async () => checkArm(host.arm()))] : []),
    ...(host ? [looked("events", "degraded", async () => checkEvents(host, ports))] : []),
    ...(host ? [looked("versions", "degraded", async () => checkVersions(host.newer()))] : []),
    looked("outbox", "unhealthy", () => checkOutbox(ports)),
    ...(host ? [looked("queue", "unhealthy", () => checkQueue(host.parked))] : []),
    looked("requests", "unhealthy", () => checkRequests(ports)),
    looked("oldest-request", "degraded", () => checkOldestRequest(ports)),
    looked("anchors", "degraded", () => checkAnchors(ports)),
    looked("teams", "degraded", () => checkTeams(ports, teams)),
  ]);
  const worst = Math.max(...checks.map(({ status }) => severity.indexOf(status)));
  return { status: severity[worst] ?? "unhealthy", mode: ports.settings.mode, checks };
}

/** What this host alone knows, and the queue that it works off. */
export type HostSight = {
  readonly parked: Pick<Parked, "waiting">;
  readonly arm: () => ArmSight;
  readonly events: () => EventSight;
  /** Rows that a newer version of plgate wrote. */
  readonly newer: () => readonly NewerRows[];
};

type Finding = readonly [Check["status"], string];

async function looked(name: string, ifBroken: Check["status"], look: () => Promise<Finding>): Promise<Check> {
  try {
    const [status, detail] = await look();
    return { name, status, detail };
  } catch (error) {
    return { name, status: ifBroken, detail: messageOf(error) };
  }
}

async function checkPolicies(ports: Pick<Ports, "policies">): Promise<Finding> {
  const { inForce, problems } = await ports.policies.current();
  const names = inForce.map(({ policy, version }) => `${policy.name} version ${version}`).join(", ");
  if (problems.length > 0) {
    const said = problems.map(({ policy, message }) => `${policy}: ${message}`).join("; ");
    return ["degraded", `${said}. In force: ${names || "none"}`];
  }
  if (inForce.length === 0) return ["degraded", "no policy is published: every request goes to people"];
  return ["healthy", `in force: ${names}`];
}

async function checkPolicyRecord(ports: Pick<Ports, "versions" | "ledger">): Promise<Finding> {
  const faults = await recordFaults(ports);
  if (faults.length > 0) return ["degraded", faults.join("; ")];
  return ["healthy", "whatever is in force was announced in the ledger before"];
}

async function checkServices(ports: Pick<Ports, "finder" | "sweeps" | "clock">): Promise<Finding> {
  const { services, unreadable, trouble } = await listedServices(ports);
  if (unreadable.length > 0) {
    const said = unreadable.map(({ subscriptionId, reason }) => `${subscriptionId}: ${reason}`).join("; ");
    return ["degraded", `not readable: ${said}`];
  }
  if (trouble) return ["degraded", `services are listed one subscription at a time: ${trouble}`];
  return ["healthy", `${services} Private Link Service(s) are watched`];
}

function checkArm({ resting, least }: ArmSight): Finding {
  const left = least ? [`${least.remaining} ${least.kind} left in ${least.subscriptionId}`] : [];
  if (resting.length === 0) return ["healthy", ["this host reads every service", ...left].join("; ")];
  const said = resting.slice(0, shownAtMost).map(({ what, why, seconds }) => `${what} for ${seconds} s: ${why}`);
  return ["degraded", [`not read by this host: ${said.join("; ")}${more(resting)}`, ...left].join("; ")];
}

function checkEvents({ events }: HostSight, { clock }: Pick<Ports, "clock">): Finding {
  return ["healthy", describeEvents(events(), clock.now())];
}

function checkVersions(met: readonly NewerRows[]): Finding {
  return met.length === 0 ? ["healthy", "this host met no row of a newer version"] : ["degraded", saidOf(met)];
}

async function checkOutbox(ports: Pick<Ports, "outbox" | "clock">): Promise<Finding> {
  const [{ count, oldest }, stuck] = await Promise.all([ports.outbox.waiting(), ports.outbox.stuck()]);
  const late = oldest && ports.clock.now().getTime() - oldest.getTime() > lateEffectMs;
  const wait = `${count} effect(s) wait${oldest ? `, the oldest since ${oldest.toISOString()}` : ""}`;
  const said = stuck.slice(0, shownAtMost).map(({ entry, since, tries, why }) => {
    const of = entry.requestId === null ? `event ${entry.seq} of ${entry.service}` : `request ${entry.requestId}`;
    return `${entry.kind} of ${of} since ${since.toISOString()} (${tries} tries): ${why ?? "nobody noted why"}`;
  });
  if (stuck.length === 0) return [late ? "degraded" : "healthy", wait];
  return ["degraded", `${wait}; stuck, see "plgate ops parked": ${said.join("; ")}${more(stuck)}`];
}

async function checkQueue(parked: HostSight["parked"]): Promise<Finding> {
  const { count, oldest } = await parked.waiting();
  if (count === 0) return ["healthy", "no wake-up was given up"];
  const since = oldest ? `, the oldest since ${oldest.toISOString()}` : "";
  return ["degraded", `${count} wake-up(s) failed too often and are parked${since}: see "plgate ops parked"`];
}

function more(all: readonly unknown[]): string {
  return all.length > shownAtMost ? `; and ${all.length - shownAtMost} more` : "";
}

async function checkRequests(ports: Pick<Ports, "index">): Promise<Finding> {
  const { requests } = await ports.index.searchRequests({ status: "open", top: 1000 });
  const failed = requests.filter(({ state }) => state === "failed");
  const oldest = requests.map(({ requestedAt }) => requestedAt).sort()[0];
  const detail = `${requests.length} open, ${failed.length} failed${oldest ? `; the oldest since ${oldest}` : ""}`;
  return [failed.length > 0 ? "degraded" : "healthy", detail];
}

async function checkAnchors({ anchors, clock }: Pick<AuditPorts, "anchors"> & Pick<Ports, "clock">): Promise<Finding> {
  const newest = await newestAnchor(anchors);
  if (newest === null) return ["degraded", "no chain was anchored yet: the timer anchor does it every hour"];
  const late = clock.now().getTime() - Date.parse(newest) > lateAnchorMs;
  return [late ? "degraded" : "healthy", `the chains were anchored last at ${newest}`];
}

type Channels = (() => Promise<readonly string[]>) | undefined;

async function checkTeams(ports: Ports, teams: Channels): Promise<Finding> {
  const { usable, looked, nowhere, notes } = await lookAtCards(ports);
  const unseen = nowhere > 0 ? [`${nowhere} of ${looked} open request(s) stand in no channel`] : [];
  const said = [...unseen, ...notes];
  if (usable === 0) {
    const why = teams ? "no channel has the bot: add it to a team" : "no bot is configured (PLGATE_BOT_APP_ID)";
    return ["degraded", [`${why}; escalations wait in the list and the API`, ...said].join("; ")];
  }
  const channels = teams ? await teams() : [];
  const where =
    channels.length > 0
      ? `the bot is in ${channels.join(", ")}`
      : "no channel has the bot: webhooks are told, and people answer on the page";
  return [said.length > 0 || channels.length === 0 ? "degraded" : "healthy", [...said, where].join("; ")];
}
