import type { ServiceRef } from "../connection/arm-id.ts";
import { type Verified, verifyChain } from "../ledger/chain.ts";
import { serviceKey } from "../requests/request-id.ts";
import type { Ports } from "./ports.ts";

export type AuditVerdict = {
  readonly ok: boolean;
  readonly chains: readonly ({ readonly service: string } & Verified)[];
};

/** Walks the chain of one service, or of every watched one; a chain is intact when every event follows and the head fits. */
export async function verifyAudit(
  service: ServiceRef | undefined,
  ports: Pick<Ports, "ledger" | "watch">,
): Promise<AuditVerdict> {
  const services = service ? [service] : (await ports.watch.list()).map(({ ref }) => ref);
  const chains: ({ readonly service: string } & Verified)[] = [];
  for (const ref of services) {
    const key = serviceKey(ref.id);
    // The head is read first: events that are written meanwhile are walked up to it only when they were there before.
    const head = await ports.ledger.head(key);
    chains.push({ service: ref.id, ...(await verifyChain(upTo(ports.ledger.events(key), head.seq), head)) });
  }
  return { ok: chains.every((chain) => chain.ok), chains };
}

async function* upTo<T extends { readonly seq: number }>(events: AsyncIterable<T>, last: number): AsyncIterable<T> {
  for await (const event of events) {
    if (event.seq > last) return;
    yield event;
  }
}
