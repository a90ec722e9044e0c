import type { ServiceRef } from "../connection/arm-id.ts";
import type { PrivateLinkService } from "../connection/connection.ts";
import { NotNow } from "../runtime/errors.ts";
import type { Log } from "../runtime/log.ts";
import type { ArmSight, Connections, WriteOutcome } from "../workflow/ports.ts";
import { Circuit } from "./circuit.ts";
import type { Quota } from "./quota.ts";

/** A service that alone cannot be read is left alone after so many failures in a row. */
const ofOneService = 3;
/** A subscription after so many, of different services: its rights, or ARM itself, are in trouble. */
const ofSubscription = 5;

/** What a host knows of failing reads; one for the process. */
export class ReadFailures {
  readonly services: Circuit;
  readonly subscriptions: Circuit;

  constructor(now?: () => number, random?: () => number) {
    this.services = new Circuit(ofOneService, now, random);
    this.subscriptions = new Circuit(ofSubscription, now, random);
  }
}

/**
 * Reads that do not go on asking where ARM only fails, so that one subscription with a lost role or a region in trouble
 * takes nothing from the others. Throws `NotNow` with the time after which it is worth asking again; tells each change once.
 */
export class GuardedConnections implements Connections {
  readonly #inner: Connections;
  readonly #failures: ReadFailures;
  readonly #log: Log;

  constructor(inner: Connections, failures: ReadFailures, log: Log) {
    this.#inner = inner;
    this.#failures = failures;
    this.#log = log;
  }

  async read(ref: ServiceRef): Promise<PrivateLinkService | "gone"> {
    const { services, subscriptions } = this.#failures;
    const waitMs = services.waitMs(ref.id) || subscriptions.waitMs(ref.subscriptionId);
    if (waitMs > 0) {
      const message = `ARM only failed for ${ref.id}; it is not asked for now`;
      throw new NotNow(message, { retryAfterMs: waitMs, because: "put-off" });
    }
    try {
      const read = await this.#inner.read(ref);
      this.#worked(ref);
      return read;
    } catch (error) {
      throw error instanceof NotNow && error.because === "failing" ? this.#failed(ref, error) : error;
    }
  }

  write(...write: Parameters<Connections["write"]>): Promise<WriteOutcome> {
    return this.#inner.write(...write);
  }

  remove(...removal: Parameters<Connections["remove"]>): Promise<WriteOutcome> {
    return this.#inner.remove(...removal);
  }

  #worked({ id, subscriptionId }: ServiceRef): void {
    if (this.#failures.services.worked(id)) this.#log.info("a service can be read again", { service: id });
    if (this.#failures.subscriptions.worked(subscriptionId)) {
      this.#log.info("services of a subscription can be read again", { subscriptionId });
    }
  }

  #failed({ id, subscriptionId }: ServiceRef, error: NotNow): NotNow {
    const { services, subscriptions } = this.#failures;
    const why = error.message;
    const one = services.failed(id, why);
    const all = subscriptions.failed(subscriptionId, why, id);
    if (all.opened) {
      const told = { subscriptionId, failures: all.failures, error: why };
      this.#log.error("a subscription only fails; its services are not read for the time being", told);
    } else if (one.opened) {
      const told = { service: id, failures: one.failures, error: why };
      this.#log.error("a service only fails; it is not read for the time being", told);
    }
    const rests = [...services.open(), ...subscriptions.open()].filter(
      ({ key }) => key === id || key === subscriptionId,
    );
    const retryAfterMs = Math.max(error.retryAfterMs, ...rests.map((rest) => rest.waitMs));
    return new NotNow(error.message, { retryAfterMs, because: "failing", cause: error.cause });
  }
}

/** What this host knows of ARM, for health. */
export function armSight({ services, subscriptions }: ReadFailures, quota: Pick<Quota, "left">): ArmSight {
  const resting = [...subscriptions.open(), ...services.open()];
  return {
    resting: resting.map(({ key, why, waitMs }) => ({ what: key, why, seconds: Math.ceil(waitMs / 1000) })),
    least: quota.left()[0],
  };
}
