import type { FinishedWrite } from "./arm/finished-write.ts";
import type { ArmSettings, Latency } from "./arm/settings.ts";

/** When ARM finished which write: from the event of a consumer's endpoint to the approval of its connection. */
export class LatencyLog {
  readonly #asked = new Map<string, number>();
  readonly #decided = new Map<string, number>();

  note(write: FinishedWrite): void {
    const id = write.resourceId.toLowerCase();
    const endpoint = /\/privateendpoints\/([^/]+)$/.exec(id)?.[1];
    if (endpoint && !this.#asked.has(endpoint)) this.#asked.set(endpoint, Date.now());
    const connection = /\/privateendpointconnections\/([^/]+)$/.exec(id)?.[1];
    // A connection is named after its endpoint, with a GUID behind it.
    const of = connection?.replace(/\.[0-9a-f-]{36}$/, "");
    if (of && !this.#decided.has(of)) this.#decided.set(of, Date.now());
  }

  /** Milliseconds from the event to the decision on ARM; undefined when one of them was not seen. */
  eventToApproved(endpoint: string): number | undefined {
    const asked = this.#asked.get(endpoint);
    const decided = this.#decided.get(endpoint);
    return asked === undefined || decided === undefined ? undefined : decided - asked;
  }

  /** One read and one write, as ARM is configured. */
  armMs(settings: ArmSettings): number {
    return typical(settings["latency.readMs"]) + typical(settings["latency.writeMs"]);
  }
}

function typical(latency: Latency): number {
  return typeof latency === "number" ? latency : latency.p50;
}
