/** How fast steps are put on record through the real ledger, while all writers write to one service and to many. */
import { setTimeout as pause } from "node:timers/promises";
import { openLedger } from "../src/azure/ledger.ts";
import { inParallel } from "../src/azure/rows.ts";
import { ensureTables, openStorage, type Storage } from "../src/azure/storage.ts";
import { connectionRef, type ServiceRef } from "../src/connection/arm-id.ts";
import { verifyChain } from "../src/ledger/chain.ts";
import type { Step } from "../src/ledger/commit.ts";
import { serviceKey } from "../src/requests/request-id.ts";
import { PlgateError } from "../src/runtime/errors.ts";
import type { Ledger } from "../src/workflow/ports.ts";
import { event, request, step } from "../test/builders.ts";
import { services } from "./audit-history.ts";
import { type Spread, spreadOf } from "./audit-meter.ts";

export type Appended = {
  readonly name: string;
  readonly commits: number;
  readonly perSecond: number;
  readonly ms: Spread;
  /** Commits that gave up because the service was too busy, and were made again. */
  readonly again: number;
};

const eventsPerCommit = 3;
const clock = { now: () => new Date() };

/** Every writer has clients and a memory of its own, as another host has. Stops the run when an event is lost or doubled. */
export async function append(
  name: string,
  place: { readonly connectionString: string },
  { writers, over, commits }: { readonly writers: number; readonly over: number; readonly commits: number },
): Promise<Appended> {
  const prefix = `append${crypto.randomUUID().slice(0, 8)}`;
  const open = (): Storage => openStorage(place, prefix);
  const problems = await ensureTables(open());
  if (problems.length > 0) throw new Error(problems.join("; "));
  const ms: number[] = [];
  let again = 0;
  let next = 0;
  const write = async () => {
    const { ledger } = openLedger(open().ledger, clock);
    for (let n = next++; n < commits; n = next++) {
      const from = performance.now();
      again += await commit(ledger, stepOf(n, over));
      ms.push(performance.now() - from);
    }
  };
  const from = performance.now();
  await Promise.all(Array.from({ length: writers }, write));
  const seconds = (performance.now() - from) / 1000;
  await prove(openLedger(open().ledger, clock).ledger, Math.min(over, commits), commits * eventsPerCommit);
  return { name, commits, perSecond: commits / seconds, ms: spreadOf(ms), again };
}

function stepOf(n: number, over: number): Step {
  const of = request({}, connectionRef(serviceOf(n % over), `pe-${n}.1111`));
  const kinds = ["requested", "evaluated", "decided"] as const;
  return step({ request: of, events: kinds.map((kind) => event({ kind }, of)) });
}

async function commit(ledger: Ledger, wanted: Step): Promise<number> {
  for (let again = 0; ; again += 1) {
    try {
      const { kind } = await ledger.commit(wanted);
      if (kind !== "conflict") return again;
      throw new Error(`somebody else has written ${wanted.request.id}`);
    } catch (error) {
      if (!(error instanceof PlgateError && error.retryable)) throw error;
    }
    await pause(50);
  }
}

async function prove(ledger: Ledger, over: number, events: number): Promise<void> {
  const chains = await inParallel(
    Array.from({ length: over }, (_, n) => serviceOf(n)),
    async ({ id, name }) => {
      const verified = await verifyChain(ledger.events(serviceKey(id)), await ledger.head(serviceKey(id)));
      if (!verified.ok) throw new Error(`the chain of ${name} is broken: ${verified.fault.problem}`);
      return verified.events;
    },
  );
  const found = chains.reduce((sum, chain) => sum + chain, 0);
  if (found !== events) throw new Error(`${events} events were written, ${found} are there`);
}

function serviceOf(n: number): ServiceRef {
  const found = services[n];
  if (!found) throw new Error(`there is no service ${n}`);
  return found;
}
