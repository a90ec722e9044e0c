import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Run } from "../../src/requests/run.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { confirmRun, startRun, stopRun } from "../../src/workflow/runs.ts";
import { showRun } from "../../src/workflow/show-run.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, service } from "../builders.ts";
import { ada, countsOf, handOf, one, runKinds, started, sweep, two, wish } from "./runs-stage.ts";
import { assertChainHolds, requestOf, review, type Stage, stage } from "./stage.ts";
import { recover, survives } from "./survival.ts";

describe("Draining a service", () => {
  const unknown = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");
  const waits = connection({ ref: aConnectionRef("pe-3.3"), endpoint: unknown });
  const ended = connection({ ref: aConnectionRef("pe-4.4"), endpoint: anEndpoint("pe-4"), status: "Rejected" });
  const drain = { kind: "drain", scope: { serviceId: aServiceRef().id }, note: "CHG-9" } as const;

  async function busy(settings: Parameters<typeof stage>[1] = {}): Promise<Stage> {
    const ports = stage([service({ connections: [one, two, waits, ended] })], settings);
    await review(ports);
    ports.clock.advance(60);
    return ports;
  }

  async function confirmed(ports: Ports, by: "reject" | "remove"): Promise<Run> {
    const run = await started(ports, { ...drain, by });
    const outcome = await confirmRun(run.id, "agreed", handOf(ports, ada), ports);
    assert.equal(outcome.kind, "confirmed", JSON.stringify(outcome));
    return run;
  }

  it("does nothing before a second person confirms it, who is not the first", async () => {
    const ports = await busy();
    const run = await started(ports, drain);
    assert.equal(run.state, "proposed");
    await sweep(ports);
    assert.equal(ports.connections.shown(one.ref)?.status, "Approved");
    const same = await confirmRun(run.id, "me again", handOf(ports), ports);
    assert.equal(same.kind === "refused" && same.why, "same-person");
    assert.equal((await confirmRun("x", "x", handOf(ports, ada), ports)).kind, "refused");
    ports.clock.advance(8 * 86_400);
    const late = await confirmRun(run.id, "late", handOf(ports, ada), ports);
    assert.equal(late.kind === "refused" && late.why, "too-old");
    const anew = await started(ports, drain);
    assert.equal((await confirmRun(anew.id, "ok", handOf(ports, ada), ports)).kind, "confirmed");
    const again = await confirmRun(anew.id, "ok", handOf(ports, ada), ports);
    assert.equal(again.kind === "refused" && again.why, "not-proposed");
  });

  it("rejects every connection in whatever state, in the names of both, and says that the service may go", async () => {
    const ports = await busy();
    const run = await confirmed(ports, "reject");
    await sweep(ports);
    const states = [one, two, waits, ended].map(({ ref }) => ports.connections.shown(ref)?.status);
    assert.deepEqual(states, ["Rejected", "Rejected", "Rejected", "Rejected"]);
    const request = await requestOf(ports, one);
    assert.deepEqual([request?.state, request?.live?.cause, request?.votes], ["rejected", "drain", []]);
    assert.match(request?.decided?.reason ?? "", /Megan, Ada.*CHG-9/);
    assert.equal(request?.decided?.by.kind === "person" && request.decided.by.objectId, ada);
    const shown = await showRun(run.id, ports);
    assert.deepEqual([shown?.counts, shown?.service?.deletable], [{ "taken-away": 3 }, "perhaps"]);
    assert.ok(shown?.run.drainedAt);
    assert.deepEqual(await runKinds(ports), ["run-proposed", "run-started", "run-drained"]);
  });

  it("removes them, those that were rejected before as well, and ends when the service is deleted", async () => {
    const ports = await busy();
    const run = await confirmed(ports, "remove");
    await sweep(ports);
    assert.deepEqual((await ports.connections.read(aServiceRef())) as unknown, { ...service(), connections: [] });
    assert.equal((await showRun(run.id, ports))?.service?.deletable, "yes");
    ports.connections.delete(aServiceRef());
    await sweep(ports);
    await sweep(ports);
    const shown = await showRun(run.id, ports);
    assert.deepEqual([shown?.run.state, shown?.service?.deletable], ["finished", "gone"]);
    await assertChainHolds(ports);
  });

  it("approves nothing while it lasts: whoever asks is rejected", async () => {
    const ports = await busy();
    await confirmed(ports, "reject");
    await sweep(ports);
    const late = connection({ ref: aConnectionRef("pe-5.5"), endpoint: anEndpoint("pe-5") });
    ports.connections.connect(late);
    await sweep(ports);
    assert.equal(ports.connections.shown(late.ref)?.status, "Rejected");
    assert.equal(
      ports.connections.writes.some(({ connection: id, status }) => id === late.ref.id && status === "Approved"),
      false,
    );
  });

  it("keeps to ARM's pace, and goes on where it was", async () => {
    const ports = await busy();
    const run = await confirmed(ports, "reject");
    ports.connections.nextWrites.push(
      { kind: "busy", retryAfterMs: 5000 },
      { kind: "unknown" },
      { kind: "unknown-but-done" },
    );
    await sweep(ports);
    await recover(ports);
    assert.deepEqual(await countsOf(ports, run), { "taken-away": 3 });
  });

  it("judges again as ever once it is stopped, and takes nothing more away", async () => {
    const ports = await busy();
    const run = await confirmed(ports, "reject");
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 5000 });
    ports.watch.take();
    await review(ports);
    assert.equal((await stopRun(run.id, "mistake", handOf(ports), ports)).kind, "stopped");
    await recover(ports);
    assert.deepEqual(
      [one, two].map(({ ref }) => ports.connections.shown(ref)?.status),
      ["Approved", "Approved"],
    );
  });

  it("gives back to policy what it decided about a waiting connection, when it is stopped before ARM took that", async () => {
    const ports = stage([service({ connections: [waits] })]);
    await review(ports);
    const run = await confirmed(ports, "reject");
    ports.connections.nextWrites.push({ kind: "busy", retryAfterMs: 5000 });
    ports.watch.take();
    await review(ports);
    assert.equal((await requestOf(ports, waits))?.state, "rejecting");
    await stopRun(run.id, "mistake", handOf(ports), ports);
    await recover(ports);
    assert.equal(ports.connections.shown(waits.ref)?.status, "Pending");
    assert.deepEqual(
      [(await requestOf(ports, waits))?.state, (await requestOf(ports, waits))?.round],
      ["awaiting-decision", 2],
    );
    assert.deepEqual(await countsOf(ports, run), { withdrawn: 1 });
  });

  it("is refused in a mode that does not reject", async () => {
    for (const mode of ["observe", "approve-only"] as const) {
      const ports = await busy({ mode });
      const outcome = await startRun(wish(drain), handOf(ports), ports);
      assert.ok(outcome.kind === "refused" && outcome.why === "mode" && outcome.detail.includes(mode));
    }
  });

  it("survives a host that is killed at any call", async () => {
    for (const by of ["reject", "remove"] as const) {
      await survives(
        async (ports) => {
          const [known] = await ports.ledger.runs();
          const run = known ?? (await started(ports, { ...drain, by }));
          await confirmRun(run.id, "agreed", handOf(ports, ada), ports);
          await review(ports);
        },
        async () => {
          const ports = stage([service({ connections: [one, waits, ended] })]);
          await review(ports);
          ports.clock.advance(60);
          return ports;
        },
        async (ports) => {
          const [known] = await ports.ledger.runs();
          const run = known ?? (await started(ports, { ...drain, by }));
          if (run.state === "proposed") await confirmRun(run.id, "agreed", handOf(ports, ada), ports);
          await recover(ports);
          const shown = await showRun(run.id, ports);
          assert.equal(shown?.service?.deletable, by === "remove" ? "yes" : "perhaps");
          assert.deepEqual(await runKinds(ports), ["run-proposed", "run-started", "run-drained"]);
          await assertChainHolds(ports);
        },
      );
    }
  });
});
