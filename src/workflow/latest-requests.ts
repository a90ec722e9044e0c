import type { Connection } from "../connection/connection.ts";
import { connectionKey, serviceKey } from "../requests/request-id.ts";
import type { Ports, StoredRequest } from "./ports.ts";

const readsAtOnce = 16;

/**
 * The latest requests of connections that have no open one, as one look reads them: each once, many at a time, because a
 * service may have hundreds of connections that nobody answered. Should another host begin a request meanwhile, the commit
 * of ours is a conflict.
 */
export class LatestRequests {
  readonly #ledger: Pick<Ports["ledger"], "latestOf">;
  readonly #known = new Map<string, StoredRequest | undefined>();

  constructor(ledger: Pick<Ports["ledger"], "latestOf">) {
    this.#ledger = ledger;
  }

  async recall(connections: readonly Connection[]): Promise<void> {
    for (let at = 0; at < connections.length; at += readsAtOnce) {
      const some = connections.slice(at, at + readsAtOnce);
      const found = await Promise.all(some.map((connection) => this.#read(connection)));
      for (const [place, { ref }] of some.entries()) this.#known.set(ref.id, found[place]);
    }
  }

  async of(connection: Connection): Promise<StoredRequest | undefined> {
    const { id } = connection.ref;
    return this.#known.has(id) ? this.#known.get(id) : this.#read(connection);
  }

  /** What a commit of ours left is newer than what was read before it. */
  saw(stored: StoredRequest): void {
    const id = stored.request.connectionId.toLowerCase();
    const known = this.#known.get(id)?.request.round ?? 0;
    if (this.#known.has(id) && stored.request.round >= known) this.#known.set(id, stored);
  }

  #read({ ref }: Connection): Promise<StoredRequest | undefined> {
    return this.#ledger.latestOf(serviceKey(ref.service.id), connectionKey(ref.id));
  }
}
