import { parseServiceId } from "../connection/arm-id.ts";
import type { EffectKind, OutboxEntry } from "../ledger/commit.ts";
import type { ApprovalRequest } from "../requests/request.ts";
import { parseRequestId } from "../requests/request-id.ts";
import { messageOf } from "../runtime/errors.ts";
import { tellBulletin } from "./bulletins.ts";
import type { Ports, StoredRequest } from "./ports.ts";
import { publishDecisions } from "./publish-decisions.ts";
import type { RegistryOffice } from "./register-consumer.ts";
import { remind } from "./remind.ts";
import { showCards } from "./show-cards.ts";

type Single = Exclude<EffectKind, "publish">;
type SingleEntry = OutboxEntry & { readonly kind: Single };

// First what carries a decision out, then what people search, then what they see: a card never links to a missing row.
const order: readonly Single[] = ["wake", "index", "notify", "remind", "tell"];
const claimSeconds = 30;
const batch = 200;

/**
 * Does what commits left to do, right after them. Never throws: an effect that fails stays in the outbox, and
 * `dispatchLeftOver` does it later. Every effect is level-triggered and may be done twice.
 */
export async function dispatch(entries: readonly OutboxEntry[], ports: Ports): Promise<void> {
  for (const kind of order) {
    const due = entries.filter((entry): entry is SingleEntry => entry.kind === kind);
    const [notes, steps] = [
      due.filter(({ requestId }) => requestId === null),
      due.filter(({ requestId }) => requestId),
    ];
    await Promise.all([...steps.map((entry) => attempt(entry, ports)), inTurn(notes, ports)]);
  }
  await publish(
    entries.filter(({ kind }) => kind === "publish"),
    ports,
  );
}

/** Last and together: nobody of plgate's own waits for it, and one call takes what a whole review has to tell. */
async function publish(entries: readonly OutboxEntry[], ports: Ports): Promise<void> {
  const published = await publishDecisions(entries, ports);
  await Promise.all(
    published.map(({ entry, fault }) =>
      settle(entry, ports, async () => {
        if (fault !== undefined) throw fault;
        return true;
      }),
    ),
  );
}

/** A note may hold many events, and an import leaves thousands of them: all at once they would keep storage from the rest. */
async function inTurn(entries: readonly SingleEntry[], ports: Ports): Promise<void> {
  for (const entry of entries) await attempt(entry, ports);
}

/** What the app's own changes of the registry need: what they leave to do is done at once. */
export function registryOffice(ports: Ports): RegistryOffice {
  return { consumers: ports.consumers, ledger: ports.ledger, follow: (entries) => dispatch(entries, ports) };
}

/** Does what crashed or failed dispatchers left behind; called by the timer on every host. */
export async function dispatchLeftOver(ports: Ports): Promise<{ readonly found: number }> {
  const olderThan = new Date(ports.clock.now().getTime() - claimSeconds * 1000);
  const entries = await ports.outbox.leftOver(olderThan, batch);
  const claimed: OutboxEntry[] = [];
  for (const entry of entries) {
    if (await ports.outbox.claim(entry, claimSeconds)) claimed.push(entry);
  }
  await dispatch(claimed, ports);
  return { found: entries.length };
}

function attempt(entry: SingleEntry, ports: Ports): Promise<void> {
  return settle(entry, ports, () => carryOut(entry, ports));
}

/** Ticks off what `act` says is done; what fails is noted and stays. */
async function settle(entry: OutboxEntry, ports: Ports, act: () => Promise<boolean>): Promise<void> {
  try {
    if (await act()) await ports.outbox.done(entry);
  } catch (error) {
    const why = messageOf(error);
    const told = { kind: entry.kind, request: entry.requestId, seq: entry.seq, error: why };
    ports.log.warn("an effect failed and stays in the outbox", told);
    // For whoever finds it stuck; where the store itself is in trouble, the line above has to do.
    await ports.outbox.failed(entry, why).catch((cause: unknown) => {
      ports.log.warn("why an effect failed cannot be noted", { ...told, error: messageOf(cause) });
    });
  }
}

async function carryOut(entry: SingleEntry, ports: Ports): Promise<boolean> {
  if (entry.kind === "tell") return tellBulletin(entry, ports);
  if (entry.requestId === null) {
    await addToIndex(entry, ports);
    return true;
  }
  const stored = await requestOf(entry.requestId, ports);
  // An entry whose request cannot be found is kept: it must be seen, not forgotten.
  if (!stored) throw new Error("its request cannot be found");
  switch (entry.kind) {
    case "wake":
      await wake(stored.request, entry.correlation, ports);
      return true;
    case "index":
      await addToIndex(entry, ports);
      await ports.index.putRequest(stored.request, entry.seq);
      return true;
    case "notify":
      return showCards(stored, entry.seq, ports);
    case "remind":
      return remind(stored, entry, ports);
  }
}

async function addToIndex(entry: OutboxEntry, ports: Pick<Ports, "index" | "ledger">): Promise<void> {
  const events = await ports.ledger.eventsBetween(entry.service, entry.firstSeq, entry.seq);
  await ports.index.addEvents(entry.service, events);
}

async function wake(
  request: ApprovalRequest,
  correlation: string | undefined,
  ports: Pick<Ports, "watch">,
): Promise<void> {
  const service = parseServiceId(request.serviceId);
  if (!service) throw new Error(`${request.serviceId} is not the id of a Private Link Service`);
  await ports.watch.wake(service, request.decided?.door ?? "timer", 0, correlation);
}

async function requestOf(requestId: string, ports: Pick<Ports, "ledger">): Promise<StoredRequest | undefined> {
  const id = parseRequestId(requestId)?.id;
  return id ? ports.ledger.request(id) : undefined;
}
