import type { ServiceRef } from "../connection/arm-id.ts";
import { PlgateError } from "../runtime/errors.ts";
import type { Metrics } from "../workflow/ports.ts";

/** Where no metrics are read: the fact is unavailable, and rules that rest on it ask people. */
export const noMetrics: Metrics = {
  natPorts: async ({ name }: ServiceRef) => {
    throw new PlgateError(`the NAT ports of ${name} are not read: no metrics are configured`, { retryable: false });
  },
};
