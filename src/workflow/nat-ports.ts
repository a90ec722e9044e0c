import type { PrivateLinkService } from "../connection/connection.ts";
import type { Facts } from "../connection/facts.ts";
import { messageOf } from "../runtime/errors.ts";
import type { PoliciesNow, Ports } from "./ports.ts";

const name = "service.natPorts";

/**
 * The facts with the share of NAT ports in use, if a policy in force asks for it: it costs a question to Azure Monitor. Where none
 * asks, the snapshot does not hold it. Never throws: what cannot be read is unavailable, with its reason.
 */
export async function withNatPorts(
  facts: Facts,
  { ref }: PrivateLinkService,
  { inForce }: PoliciesNow,
  { metrics }: Pick<Ports, "metrics">,
): Promise<Facts> {
  if (!inForce.some(({ policy }) => policy.facts.some((fact) => fact.name === name))) return facts;
  try {
    const share = await metrics.natPorts(ref);
    if (share === null) return { ...facts, absent: [...facts.absent, name] };
    return { ...facts, values: { ...facts.values, [name]: share } };
  } catch (error) {
    return { ...facts, unavailable: { ...facts.unavailable, [name]: messageOf(error) } };
  }
}
