import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { PlgateError } from "../../src/runtime/errors.ts";
import { noTelemetry, type Telemetry } from "../../src/runtime/telemetry.ts";
import { traceIdOf } from "../../src/telemetry/open-telemetry.ts";
import { startTelemetry } from "../../src/telemetry/start-sdk.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { tellMeasures } from "../../src/workflow/tell-measures.ts";
import { traced, tracedLedger } from "../../src/workflow/traced.ts";
import { anEndpoint, request as aRequest, aServiceRef, connection, service } from "../builders.ts";
import { subscribed } from "../workflow/published.ts";
import { megan, requestOf, stage, tenant } from "../workflow/stage.ts";
import { startCollector } from "./a-collector.ts";

const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");
const asked = "11111111-2222-4333-8444-555555555555";
const answered = "66666666-7777-4888-9999-aaaaaaaaaaaa";
const credential = { getToken: async () => null };

describe("Traces and numbers", () => {
  let collector: Awaited<ReturnType<typeof startCollector>>;
  let telemetry: Telemetry;

  before(async () => {
    collector = await startCollector();
    telemetry = await startTelemetry(
      { insights: undefined, collector: collector.url, intervalSeconds: 3600 },
      credential,
      (why) => assert.fail(why),
    );
  });
  after(() => collector.stop());

  it("follow one request from the event to the card and from the vote to the outcome, under the audit's correlation ids", async () => {
    const fakes = subscribed(stage([service({ connections: [connection({ endpoint: stranger })] })]));
    const ports = { ...traced(fakes, telemetry), ledger: tracedLedger(fakes.ledger, telemetry) };

    await telemetry.trace(asked, "event", {}, () => ports.watch.wake(aServiceRef(), "event", 0, asked));
    await reviewNext();
    const id = (await requestOf(ports, connection()))?.id ?? "";
    const person = { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined };
    const ballot = { requestId: id, vote: "approve", justification: "CHG-1", person } as const;
    await telemetry.trace(answered, "teams", {}, () =>
      decideManually({ ...ballot, door: "teams", correlation: answered }, ports),
    );
    await reviewNext();
    assert.equal((await requestOf(ports, connection()))?.state, "approved");
    await telemetry.flush();

    assert.deepEqual(namesIn(asked), [
      ...[
        "arm read",
        "commit",
        "event",
        "publish",
        "read what is unsettled",
        "review",
        "teams announce",
        "teams update",
      ],
    ]);
    const outcome = namesIn(answered);
    for (const name of ["teams", "commit", "review", "arm write", "teams update", "publish"]) {
      assert.ok(outcome.includes(name), `${name} is missing in ${outcome}`);
    }
    const events = await ports.ledger.eventsOf((await requestOf(ports, connection()))?.id ?? (id as never));
    assert.deepEqual([...new Set(events.map(({ correlation }) => traceIdOf(correlation)))].sort(), [
      ...[traceIdOf(asked), traceIdOf(answered)],
    ]);

    /** What the trigger of the queue does: the wake-up brings the correlation id along. */
    async function reviewNext(): Promise<void> {
      const message = fakes.watch.take();
      assert.ok(message?.correlation, "the wake-up carries no correlation id");
      const { service: ref, door, correlation } = message;
      await telemetry.trace(correlation, "review", {}, () => reviewService(ref, door, ports, correlation));
    }
  });

  it("say how long people and Azure took, and count what is put on record", async () => {
    await telemetry.flush();
    const names = new Set(collector.numbers.map(({ name }) => name));
    for (const name of [
      ...["plgate.events", "plgate.arm.calls", "plgate.arm.time", "plgate.decision.time", "plgate.human.time"],
      ...["plgate.outcome.time", "plgate.requests.ended", "plgate.cards.calls"],
      "plgate.publish.calls",
    ]) {
      assert.ok(names.has(name), `${name} was not told`);
    }
    const ended = collector.numbers.find(({ name }) => name === "plgate.requests.ended");
    assert.deepEqual(ended?.fields, { "plgate.state": "approved", "plgate.by": "people" });
  });

  it("carry the same times on the span of the step, for back ends that keep no distribution of a number", () => {
    const commits = collector.spans.filter(({ name }) => name === "commit");
    const [decided] = commits.filter(({ fields }) => "plgate.decision.time" in fields).map(({ fields }) => fields);
    assert.deepEqual([decided?.["plgate.decision"], decided?.["plgate.by"]], ["approve", "people"]);
    assert.ok(commits.some(({ fields }) => Number(fields["plgate.human.time"]) >= 0));
    assert.ok(commits.some(({ fields }) => Number(fields["plgate.outcome.time"]) >= 0));
  });

  it("say what a sweep found, and tell the rest when something cannot be measured", async () => {
    const fakes = stage([service({ connections: [connection({ endpoint: stranger })] })]);
    await reviewService(aServiceRef(), "event", fakes);
    fakes.clock.advance(90);
    const { measures } = await reconcile(fakes);
    const left = [{ subscriptionId: "10000000-0000-0000-0000-000000000001", kind: "writes", remaining: 7 }];
    const parked = { waiting: () => Promise.reject(new PlgateError("the queue does not answer", { retryable: true })) };
    await tellMeasures(measures, { parked, left: () => left }, fakes, telemetry);
    await telemetry.flush();
    const told = (name: string) => collector.numbers.filter((one) => one.name === name).map(({ value }) => value);
    assert.deepEqual(told("plgate.requests.oldest"), [90]);
    assert.deepEqual(told("plgate.sweep.services"), [1]);
    assert.deepEqual(told("plgate.arm.left"), [7]);
    assert.deepEqual(told("plgate.poison"), []);
    const open = collector.numbers.filter(({ name }) => name === "plgate.requests.open");
    assert.deepEqual(
      open.filter(({ value }) => value > 0).map(({ fields }) => fields),
      [{ "plgate.state": "awaiting-decision" }],
    );
  });

  it("tell of a failure, and hand it on", async () => {
    const fakes = stage();
    fakes.connections.nextReads.push({ kind: "fails" });
    const correlation = "99999999-0000-4000-8000-000000000001";
    await assert.rejects(
      telemetry.trace(correlation, "review", {}, () => traced(fakes, telemetry).connections.read(aServiceRef())),
      PlgateError,
    );
    await telemetry.flush();
    const failed = collector.spans.filter(({ traceId }) => traceId === traceIdOf(correlation));
    assert.deepEqual(failed.map((span) => [span.name, span.failed]).sort(), [
      ["arm read", true],
      ["review", true],
    ]);
  });

  it("are nobody's concern where nobody listens", async () => {
    const silent = await startTelemetry(
      { insights: undefined, collector: undefined, intervalSeconds: 60 },
      credential,
      assert.fail,
    );
    assert.equal(await silent.trace("c", "x", {}, async () => 1), 1);
  });

  it("make no difference when they cannot be started", async () => {
    const said: string[] = [];
    const broken = { insights: "not a connection string", collector: undefined, intervalSeconds: 60 };
    const silent = await startTelemetry(broken, credential, (why) => said.push(why));
    assert.equal(await silent.span("x", {}, async () => 2), 2);
    assert.equal(said.length, 1);
  });

  it("hand everything on that a port is asked, and all that it answers", async () => {
    const fakes = stage();
    const asked: string[] = [];
    const echo = (port: object) =>
      new Proxy(port, {
        get: (target, name) =>
          typeof Reflect.get(target, name) === "function"
            ? async (...given: unknown[]) => {
                asked.push(`${String(name)} ${given.length}`);
                return { kind: "echo", given, items: [], unreadable: [], open: [], approvals: [] };
              }
            : Reflect.get(target, name),
      });
    const ports = traced(
      {
        ...fakes,
        connections: echo(fakes.connections) as typeof fakes.connections,
        finder: echo(fakes.finder) as typeof fakes.finder,
        notifier: echo(fakes.notifier) as typeof fakes.notifier,
      },
      noTelemetry,
    );
    const ledger = tracedLedger(echo(fakes.ledger) as typeof fakes.ledger, noTelemetry);
    const request = aRequest();
    const given = { request, view: { request }, events: [], kind: "k", id: "i", chain: "c" } as never;
    for (const port of [ports.connections, ports.finder, ports.notifier, ledger]) {
      for (const [name, method] of Object.entries(port)) {
        if (name === "events") continue;
        const most = [given, given, given, given, given];
        const answer = (await Reflect.apply(method, port, most)) as { given: unknown[] };
        const taken = method.length;
        assert.deepEqual(answer.given, most.slice(0, taken), `${name} hands on ${answer.given.length} of ${taken}`);
      }
    }
    // As many as the ports have: what is forgotten here is forgotten in production.
    assert.ok(asked.includes("write 4") && asked.includes("remove 2") && asked.includes("list 1"));
  });

  function namesIn(correlation: string): readonly string[] {
    const trace = traceIdOf(correlation);
    return [...new Set(collector.spans.filter(({ traceId }) => traceId === trace).map(({ name }) => name))].sort();
  }
});

describe("The id of a trace", () => {
  it("is the correlation id, where that is a UUID", () =>
    assert.equal(traceIdOf("11111111-2222-4333-8444-555555555555"), "11111111222243338444555555555555"));
  it("is made of any other, always the same", () => {
    assert.match(traceIdOf("invocation 7"), /^[0-9a-f]{32}$/);
    assert.equal(traceIdOf("invocation 7"), traceIdOf("invocation 7"));
  });
});
