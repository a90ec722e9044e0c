import { parseServiceId } from "../connection/arm-id.ts";
import { askedIn, countsOf, isDone, openIn, type Run, type RunCounts } from "../requests/run.ts";
import { messageOf } from "../runtime/errors.ts";
import type { Ports } from "./ports.ts";

/** How far a run is. */
export type RunProgress = {
  readonly run: Run;
  readonly counts: RunCounts;
  /** Questions that were asked, and connections that the run has still to come to where it has looked. */
  readonly asked: number;
  readonly open: number;
  readonly waiting: number;
  /** Services that it has come to, and those of them at which nothing is left. */
  readonly services: { readonly seen: number; readonly done: number };
  /** The services at which something is left, the most first, at most a hundred. */
  readonly left: readonly { readonly serviceId: string; readonly open: number; readonly waiting: number }[];
  /** Of a drain: what ARM shows now. Null for the others. */
  readonly service: DrainedService | null;
};

export type DrainedService = {
  /** By status; null when ARM cannot be read. */
  readonly connections: Readonly<Record<string, number>> | null;
  /** `yes`: nothing is left. `perhaps`: only ended connections are, and whether Azure counts them is not documented. */
  readonly deletable: "yes" | "perhaps" | "no" | "gone" | "unknown";
  readonly remark: string;
};

const mostLeft = 100;

/** Every run, the newest first. */
export async function listRuns({ ledger }: Pick<Ports, "ledger">): Promise<readonly Run[]> {
  return (await ledger.runs()).toSorted((one, other) => Date.parse(other.startedAt) - Date.parse(one.startedAt));
}

export async function showRun(
  id: string,
  ports: Pick<Ports, "ledger" | "connections">,
): Promise<RunProgress | undefined> {
  const run = (await ports.ledger.runs()).find((one) => one.id === id);
  if (!run) return undefined;
  const shares = await ports.ledger.runShares(id);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const left = shares
    .filter((share) => !isDone(share))
    .map((share) => ({ serviceId: share.serviceId, open: openIn(share), waiting: share.waiting }))
    .sort((one, other) => other.open + other.waiting - one.open - one.waiting);
  return {
    run,
    counts: run.counts ?? countsOf(shares),
    asked: sum(shares.map(askedIn)),
    open: sum(shares.map(openIn)),
    waiting: sum(shares.map(({ waiting }) => waiting)),
    services: { seen: shares.length, done: shares.length - left.length },
    left: left.slice(0, mostLeft),
    service: run.kind === "drain" ? await drainedService(run, ports) : null,
  };
}

async function drainedService(run: Run, { connections }: Pick<Ports, "connections">): Promise<DrainedService> {
  const ref = parseServiceId(run.scope.serviceId ?? "");
  if (!ref) return { connections: null, deletable: "unknown", remark: "The run names no service." };
  try {
    const service = await connections.read(ref);
    if (service === "gone") return { connections: {}, deletable: "gone", remark: "The service is deleted." };
    const counts: Record<string, number> = {};
    for (const { status } of service.connections) counts[status] = (counts[status] ?? 0) + 1;
    return { connections: counts, ...deletable(counts) };
  } catch (error) {
    return { connections: null, deletable: "unknown", remark: `ARM cannot be read now: ${messageOf(error)}` };
  }
}

function deletable(counts: Readonly<Record<string, number>>): Omit<DrainedService, "connections"> {
  const { Rejected = 0, Disconnected = 0, ...alive } = counts;
  if (Object.keys(alive).length > 0) return { deletable: "no", remark: "Connections are left that have to go first." };
  if (Rejected + Disconnected === 0) {
    return { deletable: "yes", remark: "No connection is left: the service can be deleted." };
  }
  return {
    deletable: "perhaps",
    remark: `Nobody is connected, but ${Rejected + Disconnected} ended connection(s) are still listed. Azure refuses to delete a service that has connections; should it count these, drain it by removing them.`,
  };
}
