import { RestError, TableClient } from "@azure/data-tables";
import type { QueueClient } from "@azure/storage-queue";
import { openStorage, type Storage } from "../../src/azure/storage.ts";
import type { Clock } from "../../src/workflow/ports.ts";
import type { Act, StorageFate } from "./acts.ts";

type TableFault = Extract<Act, { do: "storage" }>;
type Ordered = { readonly fault: TableFault; after: number; times: number };

const tables = ["ledger", "index", "policies", "consumers", "services", "conversations"] as const;

/** Storage of one simulation, in tables of its own, with a wire that can be told to fail. */
export class StorageSide {
  readonly queue: SimulatedQueue;
  readonly #place: { readonly connectionString: string };
  readonly #prefix: string;
  readonly #struck: (what: string) => void;
  #faults: Ordered[] = [];

  constructor(connectionString: string, prefix: string, clock: Clock, struck: (what: string) => void) {
    this.#place = { connectionString };
    this.#prefix = prefix;
    this.#struck = struck;
    this.queue = new SimulatedQueue(clock, struck);
  }

  async create(): Promise<void> {
    const storage = this.reliable();
    await Promise.all(tables.map((name) => storage[name].createTable()));
  }

  /** Gives the memory back: the tables are nobody's any more. */
  async remove(): Promise<void> {
    const storage = this.reliable();
    await Promise.all(tables.map((name) => storage[name].deleteTable()));
  }

  order(fault: TableFault): void {
    this.#faults.push({ fault, after: fault.after, times: fault.times });
  }

  heal(): void {
    this.#faults = [];
    this.queue.heal();
  }

  /** Clients without faults, for who looks on. */
  reliable(): Storage {
    return { ...openStorage(this.#place, this.#prefix), reviews: this.queue as unknown as QueueClient };
  }

  /** The clients of a host: each of its tries may be struck, below the SDK's own retries, which wait no time here. */
  ofHost(): Storage {
    const opened = openStorage(this.#place, this.#prefix);
    const faulty = tables.map((name) => {
      const table = TableClient.fromConnectionString(this.#place.connectionString, opened[name].tableName, {
        retryOptions: { maxRetries: 3, retryDelayInMs: 1, maxRetryDelayInMs: 3 },
        allowInsecureConnection: true,
      });
      this.#breakWire(table, name);
      return [name, table] as const;
    });
    return { ...opened, ...Object.fromEntries(faulty), reviews: this.queue as unknown as QueueClient };
  }

  #breakWire(table: TableClient, name: string): void {
    table.pipeline.addPolicy(
      {
        name: "chaosWire",
        sendRequest: async (request, next) => {
          const fate = this.#fateOf(name, request.method);
          if (fate === undefined) return next(request);
          this.#struck(`storage ${fate} at ${request.method} ${name}`);
          if (fate === "dropped") throw reset();
          if (fate === "lost") {
            await next(request);
            throw reset();
          }
          // A transaction is refused by what it holds, which is another answer than this one.
          const code = fate === "412" && request.method === "POST" ? "503" : fate;
          return { request, headers: request.headers, status: Number(code), bodyAsText: errorBody(code) };
        },
      },
      { afterPhase: "Retry" },
    );
  }

  #fateOf(table: string, method: string): StorageFate | undefined {
    for (const ordered of this.#faults) {
      const { fault } = ordered;
      if (fault.table !== table || fault.method !== method || ordered.times === 0) continue;
      if (ordered.after > 0) {
        ordered.after -= 1;
        continue;
      }
      ordered.times -= 1;
      return fault.fate;
    }
    return undefined;
  }
}

function reset(): RestError {
  return new RestError("the connection was reset", { code: "ECONNRESET" });
}

function errorBody(fate: StorageFate): string {
  const code = { "500": "InternalError", "503": "ServerBusy", "412": "UpdateConditionNotSatisfied" }[fate as "500"];
  return JSON.stringify({ "odata.error": { code, message: { lang: "en-us", value: "Chaos." } } });
}

type Message = { readonly text: string; readonly visibleAt: number };
type QueueFate = Extract<Act, { do: "queue" }>["fate"];

/**
 * The queue of wake-ups by the simulation's time, with what a real queue may do at any time: deliver twice, out of order,
 * late. It loses a message only when told to.
 */
export class SimulatedQueue {
  readonly #clock: Clock;
  readonly #struck: (what: string) => void;
  #messages: Message[] = [];
  #fates: QueueFate[] = [];

  constructor(clock: Clock, struck: (what: string) => void) {
    this.#clock = clock;
    this.#struck = struck;
  }

  order(fate: QueueFate, times: number): void {
    this.#fates.push(...Array.from({ length: times }, () => fate));
  }

  heal(): void {
    this.#fates = [];
  }

  /** As the SDK's client has it, for the one call that the app makes. */
  async sendMessage(text: string, { visibilityTimeout = 0 }: { readonly visibilityTimeout?: number } = {}) {
    const fate = this.#fates.shift();
    if (fate) this.#struck(`queue ${fate}`);
    if (fate === "refused") throw reset();
    const message = { text, visibleAt: this.#clock.now().getTime() + visibilityTimeout * 1000 };
    if (fate !== "lost") this.#messages.push(message);
    if (fate === "twice") this.#messages.push(message);
    if (fate === "shuffled") this.#messages.reverse();
  }

  /** Takes the next message that can be seen. A host that dies with it gives it back with `giveBack`. */
  take(): Message | undefined {
    const now = this.#clock.now().getTime();
    const at = this.#messages.findIndex(({ visibleAt }) => visibleAt <= now);
    return at < 0 ? undefined : this.#messages.splice(at, 1)[0];
  }

  giveBack({ text }: Message, afterSeconds: number): void {
    this.#messages.push({ text, visibleAt: this.#clock.now().getTime() + afterSeconds * 1000 });
  }

  /** How many can be seen now. */
  get due(): number {
    const now = this.#clock.now().getTime();
    return this.#messages.filter(({ visibleAt }) => visibleAt <= now).length;
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }
}
