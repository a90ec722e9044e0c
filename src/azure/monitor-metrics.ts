import type { TokenCredential } from "@azure/identity";
import * as z from "zod";
import type { ServiceRef } from "../connection/arm-id.ts";
import { messageOf, PlgateError } from "../runtime/errors.ts";
import type { Metrics } from "../workflow/ports.ts";
import { type ArmFault, classifyArmFault } from "./arm-errors.ts";

export type MonitorOptions = {
  readonly credential: Pick<TokenCredential, "getToken">;
  /** Origin of ARM, for example `https://management.azure.com`. */
  readonly arm: string;
  readonly armScope: string;
  readonly timeoutMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

/** Where no metrics are read: the fact is unavailable, and rules that rest on it ask people. */
export const noMetrics: Metrics = {
  natPorts: async ({ name }: ServiceRef) => {
    throw new PlgateError(`the NAT ports of ${name} are not read: PLGATE_NAT_PORT_METRICS is off`, {
      retryable: false,
    });
  },
};

const apiVersion = "2023-10-01";
const spanMs = 15 * 60_000;
// A look at a service judges many connections, and Azure publishes one value a minute.
const keepMs = 60_000;
const keepFaultMs = 15_000;
const keptAtMost = 1_000;

/**
 * The share of NAT ports in use, by Azure Monitor: the metric `PLSNatPortsUsage`, for each NAT address of the service, of which the
 * highest value of the last quarter of an hour counts, rounded up to a whole percent. Null when there is none, which is what an
 * idle service looks like. The app needs `Microsoft.Insights/metrics/read` on the service (azure.md 8.7).
 *
 * It is one plain request of ARM: the client libraries bring a data plane of their own, or hundreds of operations for this one.
 * An answer is kept for a minute and a fault for a quarter of one, so that many judgements ask once and a fault is not hammered.
 */
export function monitorMetrics(options: MonitorOptions): Metrics {
  const now = options.now ?? Date.now;
  const kept = new Map<string, Kept>();
  return {
    natPorts: ({ id }) => {
      const known = kept.get(id);
      if (known && now() < known.until) return known.answer;
      const entry: Kept = { answer: ask(id, options, now()), until: now() + keepMs };
      entry.answer.catch((error: unknown) => {
        entry.until = now() + faultMs(error);
      });
      kept.delete(id);
      kept.set(id, entry);
      // A map remembers the order of insertion: its first key is the oldest.
      const [oldest] = kept.keys();
      if (kept.size > keptAtMost && oldest !== undefined) kept.delete(oldest);
      return entry.answer;
    },
  };
}

type Kept = { readonly answer: Promise<number | null>; until: number };

/** How long a fault is not asked about again: as long as ARM wants, if it said so. */
function faultMs(error: unknown): number {
  const cause = error instanceof PlgateError ? error.cause : undefined;
  const fault = cause instanceof ArmRefusal ? classifyArmFault(cause) : undefined;
  return Math.max(keepFaultMs, fault?.kind === "busy" ? (fault.retryAfterMs ?? 0) : 0);
}

async function ask(serviceId: string, options: MonitorOptions, now: number): Promise<number | null> {
  const abortSignal = AbortSignal.timeout(options.timeoutMs ?? 5_000);
  try {
    const issued = await options.credential.getToken(options.armScope, { abortSignal });
    if (!issued) throw new Error("the credential gave no token");
    const response = await fetch(addressOf(serviceId, options.arm, now), {
      headers: { authorization: `Bearer ${issued.token}`, accept: "application/json" },
      // A token goes to ARM alone.
      redirect: "manual",
      signal: abortSignal,
    });
    const text = await response.text();
    if (response.status !== 200) throw new ArmRefusal(response, text);
    return highestIn(text);
  } catch (error) {
    throw unreadable(serviceId, error);
  }
}

function addressOf(serviceId: string, arm: string, now: number): URL {
  const address = new URL(`${serviceId}/providers/Microsoft.Insights/metrics`, arm);
  const span = [now - spanMs, now].map((at) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z"));
  const query = {
    "api-version": apiVersion,
    metricnames: "PLSNatPortsUsage",
    aggregation: "Average",
    interval: "PT1M",
    timespan: span.join("/"),
    // One series for each NAT address: their average would hide the one that is full.
    $filter: "PrivateLinkServiceIPAddress eq '*'",
  };
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address;
}

/** An answer of ARM that is no 200, in the shape in which the classification knows faults of the Azure client. */
class ArmRefusal extends Error {
  override readonly name = "ArmRefusal";
  readonly statusCode: number;
  readonly response: { readonly bodyAsText: string; readonly headers: Headers };

  constructor({ status, headers }: Response, bodyAsText: string) {
    super(`ARM answered ${status}`);
    this.statusCode = status;
    this.response = { bodyAsText, headers };
  }
}

const answer = z.object({
  value: z.array(
    z.object({
      errorCode: z.string().optional(),
      timeseries: z.array(z.object({ data: z.array(z.object({ average: z.number().nullish() })) })),
    }),
  ),
});

function highestIn(text: string): number | null {
  const { value } = answer.parse(JSON.parse(text));
  const failed = value.find(({ errorCode }) => errorCode !== undefined && errorCode !== "Success");
  if (failed) throw new Error(`Azure Monitor says ${failed.errorCode?.slice(0, 100)}`);
  const points = value.flatMap(({ timeseries }) => timeseries.flatMap(({ data }) => data));
  const shares = points.flatMap(({ average }) => (typeof average === "number" && average >= 0 ? average : []));
  return shares.length === 0 ? null : Math.ceil(Math.max(...shares));
}

function unreadable(serviceId: string, cause: unknown): PlgateError {
  const name = serviceId.slice(serviceId.lastIndexOf("/") + 1);
  const fault = cause instanceof ArmRefusal ? classifyArmFault(cause) : undefined;
  const why = fault ? whyOf(fault) : messageOf(cause).split("\n", 1)[0];
  const retryable = fault === undefined || fault.kind === "busy" || fault.kind === "unknown";
  return new PlgateError(`the NAT ports of ${name} cannot be read: ${why}`, { retryable, cause });
}

function whyOf(fault: ArmFault): string {
  if (fault.kind !== "refused") return fault.message;
  const right = "plgate needs Microsoft.Insights/metrics/read on the service";
  return fault.code === "AuthorizationFailed" ? `ARM refuses it; ${right}` : `${fault.code}: ${fault.message}`;
}
