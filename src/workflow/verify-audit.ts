import type { ServiceRef } from "../connection/arm-id.ts";
import { type Verified, verifyChain } from "../ledger/chain.ts";
import { policyChain, registryChain, type ServiceKey, serviceKey } from "../requests/request-id.ts";
import type { Ports } from "./ports.ts";

export type AuditVerdict = {
  readonly ok: boolean;
  readonly chains: readonly ({ readonly service: string } & Verified)[];
};

/** Walks the chain of one service, or those of every watched one, of the policies and of the registry; a chain is intact when every event follows and the head fits. */
export async function verifyAudit(
  service: ServiceRef | undefined,
  ports: Pick<Ports, "ledger" | "watch">,
): Promise<AuditVerdict> {
  const services = service ? [service] : (await ports.watch.list()).map(({ ref }) => ref);
  const wanted: (readonly [string, ServiceKey])[] = services.map(({ id }) => [id, serviceKey(id)]);
  if (!service) wanted.unshift(["policies", policyChain], ["consumers", registryChain]);
  const chains: ({ readonly service: string } & Verified)[] = [];
  for (const [name, key] of wanted) {
    // The head is read first: events that are written meanwhile are walked up to it only when they were there before.
    const head = await ports.ledger.head(key);
    chains.push({ service: name, ...(await verifyChain(upTo(ports.ledger.events(key), head.seq), head)) });
  }
  return { ok: chains.every((chain) => chain.ok), chains };
}

async function* upTo<T extends { readonly seq: number }>(events: AsyncIterable<T>, last: number): AsyncIterable<T> {
  for await (const event of events) {
    if (event.seq > last) return;
    yield event;
  }
}
