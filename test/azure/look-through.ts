import { isDeepStrictEqual } from "node:util";
import type { TableClient, TableEntity } from "@azure/data-tables";
import { auditRows } from "../../src/azure/audit-rows.ts";
import type { Storage } from "../../src/azure/storage.ts";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { type ApprovalRequest, isOpen } from "../../src/requests/request.ts";
import { parseRequestId, type ServiceKey } from "../../src/requests/request-id.ts";
import type { Ledger } from "../../src/workflow/ports.ts";
import { collect } from "../contracts/ledger-reads.ts";
import { auditHost, clockAhead } from "./audit-host.ts";
import { listFindings } from "./list-findings.ts";
import { eventsOf, type Telling } from "./stories.ts";

/** What writers said that they told: everything they began, and the keys of what was answered to be on record. */
export type Told = { readonly begun: ReadonlyMap<string, Telling>; readonly answered: ReadonlySet<string> };

export type LookedThrough = {
  readonly events: number;
  readonly indexRows: number;
  /** One sentence for each thing that is not as it has to be. */
  readonly findings: readonly string[];
};

type Chains = ReadonlyMap<ServiceKey, readonly AuditEvent[]>;

/**
 * Holds everything that is stored against what was told, row by row and without trust in what the app remembers of it.
 *
 * On record: every chain verifies, each step that was answered is there once and whole, one that was only begun once or
 * not at all, and nothing that nobody told. Of the rest, each request stands where its last event left it, nothing is left
 * to do, and every list holds just the rows that follow from the events. To be called when nobody writes and a sweep ran.
 */
export async function lookThrough(storage: Pick<Storage, "ledger" | "index">, told: Told): Promise<LookedThrough> {
  const { ledger, index } = auditHost(
    storage,
    clockAhead(() => 0),
  );
  const chains = new Map<ServiceKey, readonly AuditEvent[]>();
  const broken: string[] = [];
  for (const chain of new Set([...told.begun.values()].map(({ chain }) => chain))) {
    const events = await collect(ledger.events(chain));
    const verified = await verifyChain(events, await ledger.head(chain));
    if (!verified.ok) broken.push(`chain ${chain} is broken at ${verified.fault.seq}: ${verified.fault.problem}`);
    chains.set(chain, events);
  }
  const events = [...chains.values()].flat();
  const requests = lastStates(events, told);
  const rows = await indexRowsOf(storage.index);
  return {
    events: events.length,
    indexRows: rows.length,
    findings: [
      ...broken,
      ...stepFindings(events, told),
      ...(await requestFindings(ledger, requests, told)),
      ...(await spanFindings(ledger, events)),
      ...(await leftToDo(storage.ledger)),
      ...indexFindings(chains, rows),
      ...(await listFindings(index, [...requests.values()])),
    ],
  };
}

/** Each step by the key that its events carry. */
function stepFindings(all: readonly AuditEvent[], { begun, answered }: Told): readonly string[] {
  const recorded = Map.groupBy(all, ({ correlation }) => correlation);
  const untold = [...recorded.keys()].filter((key) => !begun.has(key));
  const lost = [...answered].filter((key) => !recorded.has(key));
  const others = [...recorded].filter(([key, events]) => begun.has(key) && !isWholeAndOnce(events, begun.get(key)));
  return [
    ...untold.map((key) => `${key} is on record and nobody told it`),
    ...lost.map((key) => `${key} was answered to be on record and is not`),
    ...others.map(
      ([key, events]) => `${key} is not on record as it was told: ${events.map(({ seq, kind }) => `${seq} ${kind}`)}`,
    ),
  ];
}

function isWholeAndOnce(events: readonly AuditEvent[], telling: Telling | undefined): boolean {
  const told = telling ? eventsOf(telling) : [];
  const first = events[0]?.seq ?? 0;
  return (
    events.length === told.length &&
    told.every((event, n) => {
      const stored = events[n];
      if (stored?.seq !== first + n) return false;
      return Object.entries(event).every(([name, value]) => isDeepStrictEqual(Reflect.get(stored, name), value));
    })
  );
}

/** Where the requests must stand by the last event of each. */
function lastStates(all: readonly AuditEvent[], { begun }: Told): ReadonlyMap<string, ApprovalRequest> {
  const states = new Map<string, ApprovalRequest>();
  for (const { correlation } of all) {
    const telling = begun.get(correlation);
    if (telling?.kind === "step") states.set(telling.step.request.id, telling.step.request);
  }
  return states;
}

async function requestFindings(
  ledger: Ledger,
  states: ReadonlyMap<string, ApprovalRequest>,
  { begun }: Told,
): Promise<readonly string[]> {
  const findings: string[] = [];
  const ids = new Set([...begun.values()].flatMap((one) => (one.kind === "step" ? one.step.request.id : [])));
  for (const id of ids) {
    const stored = (await ledger.request(id))?.request;
    const due = states.get(id);
    if (!isDeepStrictEqual(stored, due)) {
      findings.push(
        `request ${id} is ${stored?.state ?? "not there"}, and by its last event ${due?.state ?? "not there"}`,
      );
    }
  }
  for (const [service, requests] of Map.groupBy(states.values(), ({ service }) => service)) {
    const open = (await ledger.unsettled(service)).open.map(({ request }) => request.id).sort();
    const due = requests.filter(isOpen).map(({ id }) => id);
    if (!isDeepStrictEqual(open, due.sort()))
      findings.push(`of service ${service} ${open} are open, and should be ${due}`);
  }
  return findings;
}

/** The events of a request are found without a walk through its chain; they have to be the same. */
async function spanFindings(ledger: Ledger, all: readonly AuditEvent[]): Promise<readonly string[]> {
  const findings: string[] = [];
  for (const [requestId, due] of Map.groupBy(all, (event) => event.requestId)) {
    const id = parseRequestId(requestId ?? "")?.id;
    if (id && !isDeepStrictEqual(await ledger.eventsOf(id), due))
      findings.push(`events of request ${id} cannot be found`);
  }
  return findings;
}

/** Every row of every outbox, whether a marker leads to it or not. */
async function leftToDo(ledger: TableClient): Promise<readonly string[]> {
  const filter = "RowKey ge 'x|' and RowKey lt 'x}'";
  const rows = await collect(ledger.listEntities({ queryOptions: { filter } }));
  return rows.map(({ partitionKey, rowKey }) => `${rowKey} is left to do on ${partitionKey}`);
}

/** The lists of events; those of requests have a partition of their own. */
async function indexRowsOf(index: TableClient): Promise<readonly TableEntity[]> {
  const rows: TableEntity[] = [];
  for await (const row of index.listEntities<Record<string, unknown>>()) {
    const { partitionKey = "", rowKey = "", etag, timestamp, ...columns } = row;
    if (/^[a-z]:/.test(partitionKey)) rows.push({ partitionKey, rowKey, ...columns });
  }
  return rows;
}

/** Both ways: every event has all its rows as they have to be, and there is no row without its event. */
function indexFindings(chains: Chains, rows: readonly TableEntity[]): readonly string[] {
  const findings: string[] = [];
  const found = new Map(rows.map((row) => [placeOf(row), row]));
  for (const [service, events] of chains) {
    for (const due of events.flatMap((event) => auditRows(service, event))) {
      const place = placeOf(due);
      const row = found.get(place);
      found.delete(place);
      if (!row) findings.push(`the index lacks ${place}`);
      else if (!isDeepStrictEqual(row, { ...due })) findings.push(`the index says something else in ${place}`);
    }
  }
  return [...findings, ...[...found.keys()].map((place) => `no event stands behind ${place} of the index`)];
}

function placeOf({ partitionKey, rowKey }: TableEntity): string {
  return `${partitionKey} ${rowKey}`;
}
