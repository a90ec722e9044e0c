import { badRequest } from "./arm-error.ts";
import { existingService } from "./services.ts";
import type { Answer, ArmCall, World } from "./world.ts";

const metric = "PLSNatPortsUsage";
const dimension = "PrivateLinkServiceIPAddress";
const minuteMs = 60_000;
const mostMinutes = 24 * 60;

/**
 * GET the metric of NAT ports of one service, as Azure Monitor answers it: a value for each minute and NAT address, or without a
 * filter on the address their average. What it says stands in the setting `metrics.natPorts`; a service that is not named there
 * is idle, and has no series.
 */
export function getMetrics(call: ArmCall, world: World): Answer {
  const { name, location } = existingService(call, world);
  checkAsked(call);
  const shares = Object.entries(world.settings()["metrics.natPorts"]).find(
    ([service]) => service.toLowerCase() === name.toLowerCase(),
  );
  const minutes = minutesOf(call);
  const timeseries = seriesOf(call, shares?.[1] ?? []).map(({ address, share }) => ({
    metadatavalues: address === undefined ? [] : [{ name: named(dimension), value: address }],
    // The last minute is not there yet.
    data: minutes.map((timeStamp, at) => (at === minutes.length - 1 ? { timeStamp } : { timeStamp, average: share })),
  }));
  const value = [
    {
      id: `${call.url.split("?")[0]?.replace(call.origin, "")}/${metric}`,
      type: "Microsoft.Insights/metrics",
      name: named(metric),
      displayDescription: "Nat Ports Usage",
      unit: "Percent",
      timeseries,
      errorCode: "Success",
    },
  ];
  const timespan = call.query.get("timespan") ?? "";
  const about = { cost: 0, timespan, interval: "PT1M", namespace: "Microsoft.Network/privateLinkServices" };
  return { status: 200, body: { ...about, resourceregion: location, value } };
}

function named(value: string) {
  return { value, localizedValue: value };
}

function checkAsked({ query }: ArmCall): void {
  if (query.get("metricnames") !== metric) {
    throw badRequest("BadRequest", `Failed to find metric configuration for '${query.get("metricnames")}'.`);
  }
  for (const [option, wanted] of [
    ["aggregation", "Average"],
    ["interval", "PT1M"],
  ] as const) {
    if (query.get(option) !== wanted) throw badRequest("BadRequest", `The local ARM knows ${option} ${wanted} alone.`);
  }
}

function minutesOf({ query }: ArmCall): readonly string[] {
  const [from = Number.NaN, to = Number.NaN] = (query.get("timespan") ?? "").split("/").map((at) => Date.parse(at));
  const count = Math.floor((to - from) / minuteMs);
  if (!(count >= 1 && count <= mostMinutes)) throw badRequest("BadRequest", "The timespan is not valid.");
  return Array.from({ length: count }, (_, at) => new Date(from + at * minuteMs).toISOString());
}

type Series = { readonly address: string | undefined; readonly share: number };

function seriesOf({ query }: ArmCall, shares: readonly number[]): readonly Series[] {
  const filter = query.get("$filter");
  if (filter !== null && filter !== `${dimension} eq '*'`) throw badRequest("BadRequest", "The filter is not valid.");
  if (filter !== null) return shares.map((share, at) => ({ address: `10.0.0.${4 + at}`, share }));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.length === 0 ? [] : [{ address: undefined, share: sum / shares.length }];
}
