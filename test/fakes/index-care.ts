import type { AuditEvent } from "../../src/ledger/event.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import type { ServiceKey } from "../../src/requests/request-id.ts";
import type { IndexCare, IndexCheck, IndexFault } from "../../src/workflow/audit-ports.ts";
import type { FakeIndex } from "./audit-index.ts";

/** Care of the lists in memory, where the row of an event is its one entry. */
export class FakeIndexCare implements IndexCare {
  readonly #index: FakeIndex;
  #floor: Date | null = null;
  #rebuilt: ServiceKey | null = null;

  constructor(index: FakeIndex) {
    this.#index = index;
  }

  async check(only?: ServiceKey): Promise<IndexCheck> {
    const wanted = new Set<string>();
    const found = await this.#index.rows();
    return {
      expect: (chain, { seq, time }) => {
        if (this.#floor === null || new Date(time) >= this.#floor) wanted.add(`${chain}|${seq}`);
      },
      faults: async function* (ends): AsyncGenerator<IndexFault> {
        const rows = new Set(found.map(({ service, seq }) => `${service}|${seq}`));
        const isAsked = (key: string) => (only ?? key.slice(0, 16)) === key.slice(0, 16);
        const isOver = (key: string) => Number(key.slice(17)) > (ends.get(key.slice(0, 16) as ServiceKey) ?? 0);
        const missing = [...wanted].filter((key) => isAsked(key) && !rows.has(key));
        const strays = [...rows].filter((key) => isAsked(key) && !wanted.has(key) && !isOver(key));
        yield* missing.map((key) => faultOf(key, "missing"));
        yield* strays.map((key) => faultOf(key, "of no event"));
      },
    };
  }

  async restore(chain: ServiceKey, events: readonly AuditEvent[]): Promise<void> {
    await this.#index.addEvents(chain, events);
  }

  async restoreRequest(request: ApprovalRequest, seq: number): Promise<void> {
    await this.#index.putRequest(request, seq);
  }

  async removeRow({ row }: Pick<IndexFault, "list" | "row">): Promise<void> {
    this.#index.remove(row);
  }

  async floor(): Promise<Date | null> {
    return this.#floor;
  }

  async raiseFloor(to: Date): Promise<Date> {
    if (this.#floor === null || this.#floor < to) this.#floor = to;
    return this.#floor;
  }

  async removeBelowFloor() {
    const floor = this.#floor;
    const old = (await this.#index.rows()).filter(({ time }) => floor !== null && new Date(time) < floor);
    for (const { service, seq } of old) this.#index.remove(`${service}|${seq}`);
    return { removed: old.length, done: true };
  }

  async rebuilt(): Promise<ServiceKey | null> {
    return this.#rebuilt;
  }

  async setRebuilt(chain: ServiceKey | null): Promise<void> {
    this.#rebuilt = chain;
  }
}

function faultOf(key: string, problem: IndexFault["problem"]): IndexFault {
  return { chain: key.slice(0, 16) as ServiceKey, seq: Number(key.slice(17)), list: "all", row: key, problem };
}
