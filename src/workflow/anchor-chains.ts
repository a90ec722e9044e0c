import { randomUUID } from "node:crypto";
import { type AnchorState, anchorLines, type Heads, noAnchors, readAnchors } from "../ledger/anchor.ts";
import type { Head } from "../ledger/chain.ts";
import type { ServiceKey } from "../requests/request-id.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { AnchorFiles, Trail } from "./audit-ports.ts";
import type { Ports } from "./ports.ts";

/** What anchoring needs. */
export type AnchorPorts = Pick<Ports, "ledger" | "clock"> & { readonly trail: Trail; readonly anchors: AnchorFiles };

export type Anchored = {
  readonly day: string;
  readonly chains: number;
  /** Chains that are not any more what the anchor before knew: alarming, and said at once. */
  readonly broken: readonly { readonly chain: ServiceKey; readonly problem: string }[];
};

const triesAtMost = 5;
const chainsAtOnce = 16;

/**
 * Puts the heads of all chains out of reach: into an append-only file that not even who administers the tables can change
 * (azure.md 8.4). From then on no event up to there can be altered or taken away without contradicting the anchor, even
 * if every hash is made anew.
 *
 * May run on several hosts at once and die anywhere: an anchor counts with its closing line, and lines are added only
 * behind those that were read. Also compares each chain that moved with its last anchor: one read for each.
 */
export async function anchorChains(ports: AnchorPorts): Promise<Anchored> {
  const { heads, broken } = await headsOf(ports.trail);
  for (let tries = 1; tries <= triesAtMost; tries += 1) {
    const at = ports.clock.now();
    const { day, length, state } = await dayFor(at, ports.anchors);
    const torn = await tornFrom(state.heads, heads, ports.ledger);
    const before = length === 0 ? { ...state, heads: new Map<ServiceKey, Head>() } : state;
    const lines = anchorLines(before, heads, at.toISOString(), randomUUID());
    if (await ports.anchors.append(day, lines, length)) {
      return { day, chains: heads.size, broken: [...broken, ...torn] };
    }
  }
  throw new PlgateError("several hosts anchor at once; this one gives way", { retryable: true });
}

async function headsOf(trail: Trail): Promise<{ readonly heads: Heads; readonly broken: Anchored["broken"] }> {
  const heads = new Map<ServiceKey, Head>();
  const broken: { chain: ServiceKey; problem: string }[] = [];
  const add = async (chain: ServiceKey) => {
    const found = await trail.headOf(chain);
    if ("head" in found) heads.set(chain, found.head);
    else broken.push({ chain, problem: found.problem });
  };
  let reading: Promise<void>[] = [];
  for await (const chain of trail.chains()) {
    reading.push(add(chain));
    if (reading.length < chainsAtOnce) continue;
    await Promise.all(reading);
    reading = [];
  }
  await Promise.all(reading);
  return { heads, broken };
}

type Day = { readonly day: string; readonly length: number; readonly state: AnchorState };

/** The file for now. Never one before the last: a host whose clock is behind adds to the last. */
async function dayFor(now: Date, files: AnchorFiles): Promise<Day> {
  const today = now.toISOString().slice(0, 10);
  const latest = (await files.days()).at(-1);
  const state = noAnchors();
  if (latest === undefined) return { day: today, length: 0, state };
  const { text, length } = await files.read(latest);
  // Whether earlier anchors hold together is for the verification to say; here they only have to be known.
  for (const _ of readAnchors(latest, text, state));
  return latest >= today ? { day: latest, length, state } : { day: today, length: 0, state };
}

/** Chains that lost or changed what was anchored. */
async function tornFrom(
  anchored: Heads,
  now: Heads,
  ledger: Pick<Ports["ledger"], "eventsBetween">,
): Promise<Anchored["broken"]> {
  const moved = [...anchored].filter(([chain, head]) => now.get(chain)?.hash !== head.hash && head.seq > 0);
  const torn: { chain: ServiceKey; problem: string }[] = [];
  for (const [chain, head] of moved) {
    const problem = await tear(chain, head, now.get(chain)?.seq ?? 0, ledger);
    if (problem) torn.push({ chain, problem });
  }
  return torn;
}

async function tear(
  chain: ServiceKey,
  anchored: Head,
  end: number,
  ledger: Pick<Ports["ledger"], "eventsBetween">,
): Promise<string | undefined> {
  if (end < anchored.seq) return `event ${anchored.seq} was anchored, and the chain ends at ${end}`;
  try {
    const [event] = await ledger.eventsBetween(chain, anchored.seq, anchored.seq);
    return event?.hash === anchored.hash ? undefined : `event ${anchored.seq} is not the one that was anchored`;
  } catch (error) {
    if (error instanceof PlgateError && !error.retryable) return messageOf(error);
    throw error;
  }
}
