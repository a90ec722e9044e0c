import type { AuditWish } from "../ledger/audit-wish.ts";
import type { Finding } from "../ledger/finding.ts";
import { type ServiceKey, serviceKey } from "../requests/request-id.ts";
import type { AuditPorts, IndexCheck, IndexFault, Trail } from "./audit-ports.ts";
import { type AnchorRecord, readAnchorRecord } from "./read-anchors.ts";
import { type ChainVerdict, verifyChain } from "./verify-chain.ts";

/** How far it is: chains of chains, and the events read so far. */
export type VerifyProgress = { readonly chains: number; readonly of: number; readonly events: number };

/** A finding that belongs to no walk along a chain. */
export type WideFinding = Finding & { readonly service: string | null };

export type AuditVerdict = {
  readonly ok: boolean;
  readonly events: number;
  readonly chains: readonly ChainVerdict[];
  /** About anchors and lists. */
  readonly findings: readonly WideFinding[];
  readonly more: number;
  /** What the anchors could prove; null when they were not asked. */
  readonly anchors: { readonly count: number; readonly newest: string | null } | null;
  readonly index: "verified" | "not asked" | "unfinished";
  /** Set when time ran out: the chain behind which to go on. What comes after it was not looked at. */
  readonly next: ServiceKey | null;
};

export type VerifyPorts = Pick<AuditPorts, "trail" | "anchors" | "indexCare">;

const chainsAtOnce = 8;
const wideFindingsShown = 100;

/**
 * Verifies chains, the requests that they explain, anchors and lists. `mayGoOn` is asked between chains; `show` is told
 * how far it is. Throws only when storage cannot be read: whatever is wrong with what was read is an answer.
 */
export async function verifyAudit(
  wish: AuditWish,
  ports: VerifyPorts,
  show: (progress: VerifyProgress) => void = () => undefined,
  mayGoOn: () => boolean = () => true,
): Promise<AuditVerdict> {
  const record = wish.anchors ? await readAnchorRecord(ports.anchors) : undefined;
  const chains = await chainsOf(wish, record, ports.trail);
  const only = wish.service && serviceKey(wish.service.id);
  const check = wish.index ? await ports.indexCare.check(only) : undefined;
  const walked = await walkAll(chains, record, check, ports.trail, show, mayGoOn);
  const next = walked.length < chains.length ? (walked.at(-1)?.chain ?? null) : null;
  const wide = (record?.problems ?? []).map(ofAnchors);
  const ofLists = check && next === null ? faultsOf(check, walked, ports.trail) : [];
  const { findings, more } = await counted(wide, ofLists);
  return {
    ok: findings.length === 0 && walked.every((verdict) => verdict.ok),
    events: walked.reduce((sum, { events }) => sum + events, 0),
    chains: walked,
    findings,
    more,
    anchors: record ? { count: record.anchors, newest: record.newest } : null,
    index: indexState(wish.index, next !== null),
    next,
  };
}

/** The first of all findings, and how many there are beside: a list that was emptied gives one for each event. */
async function counted(
  known: readonly WideFinding[],
  others: AsyncIterable<WideFinding> | Iterable<WideFinding>,
): Promise<Pick<AuditVerdict, "findings" | "more">> {
  const findings = known.slice(0, wideFindingsShown);
  let more = known.length - findings.length;
  for await (const finding of others) {
    if (findings.length < wideFindingsShown) findings.push(finding);
    else more += 1;
  }
  return { findings, more };
}

function ofAnchors(problem: string): WideFinding {
  return { about: "anchor", seq: null, problem, service: null };
}

function indexState(asked: boolean, unfinished: boolean): AuditVerdict["index"] {
  if (!asked) return "not asked";
  return unfinished ? "unfinished" : "verified";
}

/** In the order of their keys. A chain that was anchored counts even when nothing is left of it. */
async function chainsOf(
  { service, after }: AuditWish,
  record: AnchorRecord | undefined,
  trail: Trail,
): Promise<readonly ServiceKey[]> {
  if (service) return [serviceKey(service.id)];
  const all = new Set<ServiceKey>(record?.points.keys());
  for await (const chain of trail.chains()) all.add(chain);
  return [...all].sort().filter((chain) => after === undefined || chain > after);
}

async function walkAll(
  chains: readonly ServiceKey[],
  record: AnchorRecord | undefined,
  check: IndexCheck | undefined,
  trail: Trail,
  show: (progress: VerifyProgress) => void,
  mayGoOn: () => boolean,
): Promise<readonly ChainVerdict[]> {
  const walked: ChainVerdict[] = [];
  const reading = new Map<ServiceKey, number>();
  const tell = () => {
    const events = [...reading.values()].reduce((sum, count) => sum + count, 0);
    show({ chains: walked.length, of: chains.length, events });
  };
  const walk = (chain: ServiceKey) => {
    const onProgress = (events: number) => {
      reading.set(chain, events);
      tell();
    };
    const onEvent = check && ((event: Parameters<IndexCheck["expect"]>[1]) => check.expect(chain, event));
    return verifyChain(chain, { anchored: record?.points.get(chain) ?? [], onEvent, onProgress }, trail);
  };
  for (let at = 0; at < chains.length && (at === 0 || mayGoOn()); at += chainsAtOnce) {
    const verdicts = await Promise.all(chains.slice(at, at + chainsAtOnce).map(walk));
    for (const verdict of verdicts) reading.set(verdict.chain, verdict.events);
    walked.push(...verdicts);
    tell();
  }
  return walked;
}

async function* faultsOf(
  check: IndexCheck,
  walked: readonly ChainVerdict[],
  trail: Trail,
): AsyncGenerator<WideFinding> {
  const heads = new Map(walked.map(({ chain, head }) => [chain, head?.seq ?? 0]));
  const services = new Map(walked.map(({ chain, service }) => [chain, service]));
  const serviceOf = ({ chain }: IndexFault) => (chain === null ? null : (services.get(chain) ?? chain));
  for await (const fault of check.faults(heads, trail)) {
    yield { about: "index", seq: fault.seq, problem: wording(fault), service: serviceOf(fault) };
  }
}

function wording({ list, row, seq, problem }: IndexFault): string {
  switch (problem) {
    case "missing":
      return `event ${seq} is not in the list ${list}`;
    case "altered":
      return `the list ${list} shows event ${seq} otherwise than it happened (row ${row})`;
    case "of no event":
      return `the list ${list} holds a row of no event (row ${row})`;
  }
}
