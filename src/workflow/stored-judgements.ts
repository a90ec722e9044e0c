import type { AuditEvent } from "../ledger/event.ts";
import type { AuditEntry } from "../ledger/query.ts";
import { parseRequestId } from "../requests/request-id.ts";
import type { Ports } from "./ports.ts";

/** Reads the detail of an event, or says why it cannot be read. */
export type ReadDetail<Judged> = (
  detail: unknown,
) => { readonly ok: true; readonly value: Judged } | { readonly ok: false; readonly problem: string };

export type StoredJudgement<Judged> = {
  readonly requestId: string;
  readonly serviceId: string | null;
  readonly at: string;
  readonly read: ReturnType<ReadDetail<Judged>>;
};

/** Which judgements: the last `last`, and none before `since`. */
export type JudgementWish = { readonly last: number; readonly since?: Date | undefined };

/** What of the ports is asked. */
export type HistoryPorts = {
  readonly index: Pick<Ports["index"], "searchAudit">;
  readonly ledger: Pick<Ports["ledger"], "eventsBetween">;
};

const pageOfEntries = 200;
/** Point reads at a time: enough to hide the way to storage, few enough to leave it to others. */
const readsAtOnce = 16;

/**
 * The judgements that were made, newest first: found by the index, read whole from the ledger, which alone has facts
 * and trace. Pages through both, so what is held at a time does not grow with `last`. An entry whose event is not the
 * one that was indexed comes as unreadable; it is never left out in silence.
 */
export async function* storedJudgements<Judged>(
  wish: JudgementWish,
  read: ReadDetail<Judged>,
  { index, ledger }: HistoryPorts,
): AsyncGenerator<StoredJudgement<Judged>> {
  const from = wish.since === undefined ? {} : { from: wish.since };
  let left = wish.last;
  for (let after: string | null | undefined; left > 0 && after !== null; ) {
    const top = Math.min(left, pageOfEntries);
    const page = await index.searchAudit({
      kind: "evaluated",
      ...from,
      top,
      ...(after === undefined ? {} : { after }),
    });
    for (let at = 0; at < page.entries.length; at += readsAtOnce) {
      const some = page.entries.slice(at, at + readsAtOnce);
      const events = await Promise.all(some.map((entry) => wholeEvent(entry, ledger)));
      yield* some.map((entry, place) => judgementOf(entry, events[place], read));
    }
    left -= page.entries.length;
    after = page.next;
  }
}

async function wholeEvent(entry: AuditEntry, ledger: HistoryPorts["ledger"]): Promise<AuditEvent | undefined> {
  const service = parseRequestId(entry.requestId ?? "")?.service;
  if (!service) return undefined;
  const [event] = await ledger.eventsBetween(service, entry.seq, entry.seq);
  return event;
}

function judgementOf<Judged>(
  entry: AuditEntry,
  event: AuditEvent | undefined,
  read: ReadDetail<Judged>,
): StoredJudgement<Judged> {
  const { time: at, serviceId, requestId } = entry;
  const about = { requestId: requestId ?? "", serviceId, at };
  if (event?.hash !== entry.hash || event.kind !== "evaluated") {
    const problem = `event ${entry.seq} of the ledger is not the one that the index names`;
    return { ...about, read: { ok: false, problem } };
  }
  return { ...about, read: read(event.detail) };
}

/** One request and every judgement of it, oldest first. */
export type JudgedRequest<Judged> = {
  readonly requestId: string;
  readonly state: string;
  readonly judgements: readonly StoredJudgement<Judged>[];
};

/** The judgements of one request, from the ledger alone; undefined when there is no such request. */
export async function judgementsOf<Judged>(
  request: string,
  read: ReadDetail<Judged>,
  ledger: Pick<Ports["ledger"], "request" | "eventsOf">,
): Promise<JudgedRequest<Judged> | undefined> {
  const id = parseRequestId(request)?.id;
  const stored = id && (await ledger.request(id));
  if (!id || !stored) return undefined;
  const evaluated = (await ledger.eventsOf(id)).filter(({ kind }) => kind === "evaluated");
  const judgements = evaluated.map(({ time, serviceId, detail }) => ({
    requestId: id,
    serviceId,
    at: time,
    read: read(detail),
  }));
  return { requestId: id, state: stored.request.state, judgements };
}
