import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Telemetry } from "../../src/runtime/telemetry.ts";
import { startTelemetry } from "../../src/telemetry/start-sdk.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { keepEvidence } from "../../src/workflow/keep-evidence.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { tellMeasures } from "../../src/workflow/tell-measures.ts";
import { traced, tracedLedger } from "../../src/workflow/traced.ts";
import { anEndpoint, aServiceRef, connection, service } from "../builders.ts";
import { FakeAnchors } from "../fakes/audit.ts";
import { FakeIndexCare } from "../fakes/index-care.ts";
import { startInsights } from "../telemetry/an-insights.ts";
import { megan, requestOf, stage, tenant } from "../workflow/stage.ts";
import { ask, type Row } from "./kql.ts";
import { allCharts, allRules, fires } from "./queries.ts";

/**
 * What plgate tells goes through the real exporter of Azure Monitor to a stand-in for Application Insights, and the queries of alerts
 * and workbook are asked of the rows that come of it. So a name, a field or a way of counting that changes turns a figure wrong here.
 */
describe("Alerts and charts, asked of what the exporter sends", () => {
  let insights: Awaited<ReturnType<typeof startInsights>>;
  let telemetry: Telemetry;

  before(async () => {
    insights = await startInsights();
    const token = { token: "opaque", expiresOnTimestamp: Date.now() + 3_600_000 };
    const config = { insights: insights.connectionString, collector: undefined, intervalSeconds: 3600 };
    telemetry = await startTelemetry(config, { getToken: async () => token }, assert.fail);
  });
  after(() => insights.stop());
  beforeEach(() => insights.forget());

  const healthy = {
    "plgate.sweep.lag": 120,
    "plgate.sweep.services": 3,
    "plgate.sweep.unreadable": 0,
    "plgate.requests.oldest": 600,
    "plgate.outbox.age": 2,
    "plgate.poison": 0,
    "plgate.anchors.chains": 4,
    "plgate.anchors.broken": 0,
  } as const;

  async function tell(changes: Partial<Record<keyof typeof healthy, number | null>>, failed = 0): Promise<void> {
    for (const [name, value] of Object.entries({ ...healthy, ...changes })) {
      if (value !== null) telemetry.gauge(name as keyof typeof healthy, value);
    }
    telemetry.gauge("plgate.requests.open", failed, { state: "failed" });
    telemetry.gauge("plgate.requests.open", 7, { state: "awaiting-decision" });
    await telemetry.flush();
  }

  function firing(tables: Readonly<Record<string, readonly Row[]>> = insights.tables): readonly string[] {
    const soon = new Date(Date.now() + 1000);
    return allRules.filter((rule) => fires(rule, tables, soon)).map(({ name }) => name);
  }

  const earlier = (rows: readonly Row[], hours: number): readonly Row[] =>
    rows.map((row) => ({ ...row, TimeGenerated: new Date(Number(row["TimeGenerated"]) - hours * 3_600_000) }));

  it("nobody is called while all is well", async () => {
    await tell({});
    assert.deepEqual(firing(), []);
  });

  const alarming: Readonly<Record<string, readonly [alert: string, Parameters<typeof tell>]>> = {
    "a request waits longer than a day": ["oldest-request", [{ "plgate.requests.oldest": 86_401 }]],
    "a wake-up is parked": ["poison", [{ "plgate.poison": 1 }]],
    "no sweep was complete for a quarter of an hour": ["sweep-late", [{ "plgate.sweep.lag": 901 }]],
    "a subscription cannot be read": ["unreadable", [{ "plgate.sweep.unreadable": 1 }]],
    "a request is failed": ["failed-writes", [{}, 1]],
    "an effect waits longer than a quarter of an hour": ["outbox", [{ "plgate.outbox.age": 901 }]],
    "a chain contradicts its anchor": ["record-broken", [{ "plgate.anchors.broken": 1 }]],
  };
  for (const [sentence, [alert, told]] of Object.entries(alarming)) {
    it(`somebody is called when ${sentence}, and not any more once it is over`, async () => {
      await tell(...told);
      assert.deepEqual(firing(), [alert]);
      const isEvidence = alert === "record-broken";
      await tell({});
      // One readable sweep is enough to say that a subscription can be read; the newest value counts for the others.
      assert.deepEqual(firing(), isEvidence ? [alert] : []);
    });
  }

  it("somebody is called when sweeps tell nothing any more: what was told once is not told again", async () => {
    await tell({});
    const before = { ...insights.tables, AppMetrics: earlier(insights.tables.AppMetrics, 1) };
    insights.forget();
    await telemetry.flush();
    assert.deepEqual(insights.tables.AppMetrics, []);
    assert.deepEqual(firing(before), ["sweep-silent"]);
  });

  it("somebody is called when nothing is anchored for a day, and not on the first day", async () => {
    await tell({ "plgate.anchors.chains": null, "plgate.anchors.broken": null });
    assert.deepEqual(firing(), []);
    const all = [...insights.tables.AppMetrics, ...earlier(insights.tables.AppMetrics, 23)];
    assert.deepEqual(firing({ ...insights.tables, AppMetrics: all }), ["anchors-late"]);
  });

  it("somebody is called when hosts cannot start, in the words that they fail with", async () => {
    await tell({});
    const failure = "Result: Failure\nException: plgate cannot start; 1 setting(s) are wrong:\n  PLGATE_MODE";
    const row = { TimeGenerated: new Date(), OuterMessage: "Exception while executing", InnermostMessage: failure };
    assert.deepEqual(firing({ ...insights.tables, AppExceptions: [row, row] }), []);
    assert.deepEqual(firing({ ...insights.tables, AppExceptions: [row, row, row] }), ["cannot-start"]);
  });

  it("counts are those of each interval, so that their sum is the number of events", async () => {
    for (const times of [2, 1]) {
      for (let time = 0; time < times; time += 1)
        telemetry.count("plgate.events", { kind: "drift-detected", door: "sweep" });
      await telemetry.flush();
    }
    assert.deepEqual(
      chart("drift").map(({ Kind: kind, Events: events }) => [kind, events]),
      [["drift-detected", 3]],
    );
  });

  it("means are of calls, not of intervals", async () => {
    for (const interval of [[1, 1, 1], [5]]) {
      for (const seconds of interval) telemetry.time("plgate.arm.time", seconds, { operation: "read" });
      await telemetry.flush();
    }
    assert.deepEqual(chart("arm-time"), [{ Operation: "read", Calls: 4, Mean: 2, Longest: 5 }]);
  });

  it("percentiles are of decisions", async () => {
    for (let seconds = 1; seconds <= 100; seconds += 1) {
      const fields = { "decision.time": seconds, decision: "approve", by: "policy" };
      await telemetry.span(
        "commit",
        {},
        async () => undefined,
        () => fields,
      );
    }
    await telemetry.flush();
    assert.deepEqual(chart("time-to-decision"), [
      { By: "policy", Decisions: 100, P50: 50, P90: 90, P99: 99, Longest: 100 },
    ]);
  });

  it("each chart shows what one request, its sweep and its anchor leave behind", async () => {
    await playOneRequest();
    const empty = allCharts.filter(({ name }) => !untold.includes(name) && chart(name).length === 0);
    assert.deepEqual(
      empty.map(({ name }) => name),
      [],
    );
    const only = (name: string) => chart(name).map(({ TimeGenerated: _, ...figures }) => figures);
    assert.deepEqual(only("decisions"), [{ Decision: "approve by people", Decisions: 1 }]);
    assert.deepEqual(only("ended"), [{ State: "approved", Requests: 1 }]);
    assert.deepEqual(
      only("arm-calls").filter(({ Call: call }) => call === "write: done"),
      [{ Call: "write: done", Calls: 1 }],
    );
    assert.equal(only("time-to-human")[0]?.["Answers"], 1);
    assert.deepEqual(only("arm-left"), [{ Bucket: "writes in 10000000-0000-0000-0000-000000000001", Left: 7 }]);
  });

  it("each field that a query reads arrives with the number that it reads it of", async () => {
    await playOneRequest();
    const rows = [...insights.tables.AppMetrics, ...insights.tables.AppDependencies];
    const read = [...allRules, ...allCharts].flatMap(({ name, query }) => {
      const of = [...query.matchAll(/Name == "([^"]+)"/g)].map(([, number]) => number);
      return [...query.matchAll(/Properties\["([^"]+)"\]/g)].flatMap(([, field = ""]) =>
        of.map((number) => ({ name, number, field })),
      );
    });
    assert.ok(read.length > 10);
    assert.deepEqual(
      read.filter(
        ({ number, field }) => !rows.some((row) => row["Name"] === number && field in Object(row["Properties"])),
      ),
      [],
    );
  });

  // Errors are lines of the host, and drift is its own test above.
  const untold = ["errors", "drift"];

  function chart(name: string): readonly Row[] {
    const { query } = allCharts.find((one) => one.name === name) ?? assert.fail(`no chart is called ${name}`);
    return ask(query, insights.tables, new Date(Date.now() + 1000));
  }

  /** The real workflow: asked, answered by a person, carried out, swept, anchored. */
  async function playOneRequest(): Promise<void> {
    const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");
    const fakes = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    fakes.publisher.isOn = true;
    fakes.ledger.publishes = true;
    const ports = { ...traced(fakes, telemetry), ledger: tracedLedger(fakes.ledger, telemetry) };
    await reviewService(aServiceRef(), "event", ports);
    const requestId = (await requestOf(ports, connection()))?.id ?? "";
    const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
    const ballot = { requestId, vote: "approve", justification: "CHG-1", person } as const;
    await decideManually({ ...ballot, door: "api", correlation: "c" }, ports);
    await reviewService(aServiceRef(), "event", ports);
    await reconcile(ports);
    const { measures } = await reconcile(ports);
    const left = [{ subscriptionId: "10000000-0000-0000-0000-000000000001", kind: "writes", remaining: 7 }];
    const parked = { waiting: async () => ({ count: 0, oldest: null }) };
    await tellMeasures(measures, { parked, left: () => left }, ports, telemetry);
    await keepEvidence(undefined, {
      ...ports,
      ...{ trail: fakes.ledger, anchors: new FakeAnchors(), indexCare: new FakeIndexCare(fakes.index), telemetry },
    });
    await telemetry.flush();
  }
});
