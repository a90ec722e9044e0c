import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type TestArm, withArm } from "./test-arm.ts";
import { approver, provider, seededService, serviceId, testSeed } from "./test-world.ts";

const settings = { "metrics.natPorts": { "pls-open": [20, 80] } };
const asked = {
  "api-version": "2023-10-01",
  metricnames: "PLSNatPortsUsage",
  aggregation: "Average",
  interval: "PT1M",
  timespan: "2026-11-24T10:00:00Z/2026-11-24T10:03:00Z",
};

function metricsOf(arm: TestArm, change: Partial<Record<string, string>> = {}, service = "pls-open", as = provider) {
  const query = new URLSearchParams({ ...asked, ...change } as Record<string, string>);
  return arm.raw("GET", `${serviceId(service)}/providers/Microsoft.Insights/metrics?${query}`, { as });
}

type Series = { readonly data: readonly { readonly average?: number }[]; readonly metadatavalues: readonly unknown[] };

function seriesIn(body: unknown): readonly Series[] {
  const { value } = body as { readonly value: readonly { readonly timeseries: readonly Series[] }[] };
  return value[0]?.timeseries ?? [];
}

describe("The metric of NAT ports (azure.md 8.7)", () => {
  it("has a value a minute for each address, and none for the minute that is not over", () =>
    withArm({ settings }, async (arm) => {
      const { status, body } = await metricsOf(arm, { $filter: "PrivateLinkServiceIPAddress eq '*'" });
      assert.equal(status, 200);
      assert.deepEqual(
        seriesIn(body).map(({ data, metadatavalues }) => [metadatavalues.length, data.map(({ average }) => average)]),
        [
          [1, [20, 20, undefined]],
          [1, [80, 80, undefined]],
        ],
      );
    }));

  it("is the average of the addresses where nobody asks for each", () =>
    withArm({ settings }, async (arm) => {
      const series = seriesIn((await metricsOf(arm)).body);
      assert.deepEqual([series.length, series[0]?.data[0]?.average], [1, 50]);
    }));

  it("has no series for an idle service", () =>
    withArm({ settings, seed: { ...testSeed, services: [seededService("pls-idle")] } }, async (arm) => {
      assert.deepEqual(seriesIn((await metricsOf(arm, {}, "pls-idle")).body), []);
    }));

  const refused = {
    "another metric": [{ metricnames: "PLSBytesIn" }, 400],
    "another aggregation": [{ aggregation: "Total" }, 400],
    "a span that ends before it begins": [{ timespan: "2026-11-24T10:00:00Z/2026-11-24T09:00:00Z" }, 400],
    "another filter": [{ $filter: "PrivateLinkServiceId eq '*'" }, 400],
    "another version of the API": [{ "api-version": "2026-01-01" }, 400],
  } as const;
  for (const [name, [change, status]] of Object.entries(refused)) {
    it(`is refused for ${name}`, () =>
      withArm({ settings }, async (arm) => assert.equal((await metricsOf(arm, change)).status, status)));
  }

  it("is refused to whoever may read the service and no metrics, and for a service that is not there", () =>
    withArm({ settings }, async (arm) => {
      const { status, body } = await metricsOf(arm, {}, "pls-open", approver);
      assert.deepEqual([status, body.error?.code], [403, "AuthorizationFailed"]);
      assert.equal((await metricsOf(arm, {}, "pls-none")).status, 404);
    }));
});
