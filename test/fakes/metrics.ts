import type { ServiceRef } from "../../src/connection/arm-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Metrics } from "../../src/workflow/ports.ts";

/** Shares of NAT ports by service id, in percent; a service that is not named publishes none. */
export class FakeMetrics implements Metrics {
  readonly used = new Map<string, number>();
  broken = false;
  reads = 0;

  async natPorts({ id }: ServiceRef): Promise<number | null> {
    this.reads += 1;
    if (this.broken) throw new PlgateError("Azure Monitor does not answer", { retryable: true });
    return this.used.get(id) ?? null;
  }
}
