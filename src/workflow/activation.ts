import type { OutboxEntry } from "../ledger/commit.ts";
import {
  activatingEvent,
  type Intent,
  outcomeEvent,
  type Pointer,
  readIntent,
  type ToldIntent,
  unfinishedIn,
} from "../ledger/policy-record.ts";
import { mostActivePolicies } from "../policy/limits.ts";
import { policyChain } from "../requests/request-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import { dispatch } from "./dispatch-outbox.ts";
import type { Ports, StoredPointer } from "./ports.ts";

/** What changing policies needs. `follow` does what a note leaves to do; what it leaves undone, the sweep does. */
export type PolicyOffice = Pick<Ports, "versions" | "clock"> & {
  readonly ledger: Pick<Ports["ledger"], "note" | "head" | "eventsBetween">;
  readonly follow: (outbox: readonly OutboxEntry[]) => Promise<void>;
};

export type Activated = "in-force" | "lost-race" | "full";

const triesAtMost = 10;
// Notes between an intent and its outcome are few: every change begins by finishing what was begun before.
const eventsLookedAt = 100;

/**
 * Puts a version in force: intent on record, pointer, outcome on record (design.md, rule 5).
 *
 * Store and ledger are two tables, so no transaction spans them; the chain is the lock instead. An intent is taken only
 * at the end of a chain that holds no unfinished one, so at most one pointer is about to move, and whoever dies after
 * the intent leaves all that others need to finish it. Hence nothing is ever in force without a record. `seen` is the
 * pointer that the wish was made from: when it has moved, somebody else was faster.
 */
export async function putInForce(
  wish: Omit<Intent, "from">,
  seen: Pointer | undefined,
  office: PolicyOffice,
): Promise<Activated> {
  for (let tries = 1; tries <= triesAtMost; tries += 1) {
    const done = await tryOnce(wish, seen, office);
    if (done) return done;
  }
  throw new PlgateError("policies are being changed by many at once", { retryable: true });
}

/** Undefined when something else came on record first: then one looks again whether it concerns this wish. */
async function tryOnce(
  wish: Omit<Intent, "from">,
  seen: Pointer | undefined,
  office: PolicyOffice,
): Promise<Activated | undefined> {
  const after = await settle(office);
  const now = await office.versions.pointer(wish.name);
  if (!isSame(now, seen)) return "lost-race";
  if (!now && (await office.versions.pointers()).length >= mostActivePolicies) return "full";
  const intent: Intent = { ...wish, from: now ? { ...now.active, activation: now.activation } : null };
  const key = `policy-activating|${after + 1}`;
  const noted = await office.ledger.note({ key, chain: policyChain, after, events: [activatingEvent(intent)] });
  if (noted.kind !== "noted") return undefined;
  await office.follow(noted.outbox);
  return (await carryOut({ ...intent, seq: noted.seq }, now, office)) ? "in-force" : "lost-race";
}

function isSame(now: Pointer | undefined, seen: Pointer | undefined): boolean {
  return now?.activation === seen?.activation && now?.active.sha256 === seen?.active.sha256;
}

/** The office of the app: what a note leaves to do is done at once. */
export function policyOffice(ports: Ports): PolicyOffice {
  const { versions, ledger, clock } = ports;
  return { versions, ledger, clock, follow: (outbox) => dispatch(outbox, ports) };
}

/** The intent whose outcome is not on record; there is at most one. */
async function unfinished(
  ledger: PolicyOffice["ledger"],
): Promise<{ readonly seq: number; readonly intent?: ToldIntent }> {
  const { seq } = await ledger.head(policyChain);
  if (seq === 0) return { seq };
  const events = await ledger.eventsBetween(policyChain, Math.max(1, seq - eventsLookedAt + 1), seq);
  const intent = unfinishedIn(events);
  return intent ? { seq, intent } : { seq };
}

/** Finishes what somebody began and did not finish; gives the number of the last event of the chain. */
export async function settle(office: PolicyOffice): Promise<number> {
  for (let tries = 1; tries <= triesAtMost; tries += 1) {
    const { seq, intent } = await unfinished(office.ledger);
    if (!intent) return seq;
    await carryOut(intent, await office.versions.pointer(intent.name), office);
  }
  throw new PlgateError("policies are being changed by many at once", { retryable: true });
}

/**
 * Moves the pointer for an intent on record and tells what became of it. Several may do it at once: the pointer's etag
 * lets one of them move it, and the outcome is told once.
 */
async function carryOut(intent: ToldIntent, seen: StoredPointer | undefined, office: PolicyOffice): Promise<boolean> {
  const held = (await isMoved(intent, seen, office)) || (await isHeld(intent, office));
  const at = office.clock.now().toISOString();
  const key = `policy-outcome|${intent.seq}`;
  const noted = await office.ledger.note({
    ...{ key, chain: policyChain, after: null, events: [outcomeEvent(intent, held, at)] },
  });
  if (noted.kind === "noted") await office.follow(noted.outbox);
  return held;
}

async function isMoved(
  intent: ToldIntent,
  seen: StoredPointer | undefined,
  { versions }: PolicyOffice,
): Promise<boolean> {
  const { name, to, from, by, seq } = intent;
  if (seen?.activation === seq) return true;
  const expected = from ? seen?.activation === from.activation && seen.active.sha256 === from.sha256 : !seen;
  if (!expected) return false;
  return versions.point({ name, active: to, previous: seen?.active ?? null, activation: seq, by }, seen?.etag ?? null);
}

async function isHeld({ name, seq }: ToldIntent, { versions }: PolicyOffice): Promise<boolean> {
  return (await versions.pointer(name))?.activation === seq;
}

/** What does not fit between store and record, as sentences for health; empty when all is well. */
export async function recordFaults(ports: Pick<Ports, "versions" | "ledger">): Promise<readonly string[]> {
  const { intent } = await unfinished(ports.ledger);
  const begun =
    intent &&
    `putting ${intent.name} version ${intent.to.version} in force was begun at ${intent.by.at} and not finished; the next sweep or change finishes it`;
  const faults: string[] = begun === undefined ? [] : [begun];
  for (const pointer of await ports.versions.pointers()) {
    if (!(await isRecorded(pointer, ports.ledger))) {
      faults.push(
        `${pointer.name} version ${pointer.active.version} is in force without a record: the store was changed past plgate`,
      );
    }
  }
  return faults;
}

async function isRecorded({ name, active, activation }: Pointer, ledger: PolicyOffice["ledger"]): Promise<boolean> {
  if (activation < 1) return false;
  const [event] = await ledger.eventsBetween(policyChain, activation, activation);
  const intent = event && readIntent(event);
  return intent?.name === name && intent.to.version === active.version && intent.to.sha256 === active.sha256;
}
