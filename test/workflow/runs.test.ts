import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { previewJudgement } from "../../src/workflow/preview-judgement.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { startRun, stopRun } from "../../src/workflow/runs.ts";
import { showRun } from "../../src/workflow/show-run.ts";
import { aConnectionRef, aServiceRef, connection, service } from "../builders.ts";
import {
  ada,
  answer,
  approved,
  countsOf,
  handOf,
  one,
  putInForce,
  runKinds,
  started,
  sweep,
  two,
  wish,
} from "./runs-stage.ts";
import { assertChainHolds, requestOf, review, type Stage, stage } from "./stage.ts";
import { recover, survives } from "./survival.ts";

describe("A recertification", () => {
  it("asks about each approval of its scope, once, and ends with counts when all are answered", async () => {
    const ports = await approved();
    const run = await started(ports);
    await sweep(ports);
    await sweep(ports);
    const asked = [await requestOf(ports, one), await requestOf(ports, two)];
    assert.deepEqual(
      asked.map((request) => [request?.state, request?.round, request?.live?.run, request?.timetable?.expiry]),
      [
        ["awaiting-decision", 2, run.id, "leave"],
        ["awaiting-decision", 2, run.id, "leave"],
      ],
    );
    assert.equal(asked[0]?.timetable?.dueAt, run.dueAt);
    await answer(ports, one, "approve");
    await answer(ports, two, "reject");
    await sweep(ports);
    const shown = await showRun(run.id, ports);
    assert.deepEqual([shown?.run.state, shown?.run.counts], ["finished", { kept: 1, "taken-away": 1 }]);
    assert.equal(ports.connections.shown(two.ref)?.status, "Rejected");
    assert.deepEqual(await runKinds(ports), ["run-started", "run-finished"]);
    await assertChainHolds(ports);
  });

  const ends = {
    "revokes what nobody confirmed by its deadline, when it is to": ["revoke", "reject", "Rejected", "taken-away"],
    "flags what nobody confirmed by its deadline": ["flag", "leave", "Approved", "flagged"],
  } as const;
  for (const [name, [unanswered, expiry, status, fate]] of Object.entries(ends)) {
    it(name, async () => {
      const ports = await approved();
      const run = await started(ports, { unanswered });
      await sweep(ports);
      assert.equal((await requestOf(ports, one))?.timetable?.expiry, expiry);
      await answer(ports, two, "approve");
      ports.clock.advance(14 * 86_400);
      await sweep(ports);
      await sweep(ports);
      assert.equal(ports.connections.shown(one.ref)?.status, status);
      assert.deepEqual(await countsOf(ports, run), { [fate]: 1, kept: 1 });
      assert.equal((await showRun(run.id, ports))?.run.state, "finished");
    });
  }

  it("has no more questions open than its cap, and names what it could not ask in time", async () => {
    const ports = await approved();
    const run = await started(ports, { cap: 1 });
    await sweep(ports);
    const shown = await showRun(run.id, ports);
    assert.deepEqual([shown?.open, shown?.waiting], [1, 1]);
    ports.clock.advance(14 * 86_400);
    await sweep(ports);
    await sweep(ports);
    assert.deepEqual(await countsOf(ports, run), { flagged: 1, unasked: 1 });
  });

  it("goes on with the next when one is answered, without a sweep", async () => {
    const ports = await approved();
    const run = await started(ports, { cap: 1 });
    await sweep(ports);
    const first = (await requestOf(ports, one))?.live ? one : two;
    await answer(ports, first, "approve");
    assert.deepEqual(await countsOf(ports, run), { kept: 1, open: 1 });
  });

  it("is about its service, subscription or consumer alone, and about nothing that was approved after its beginning", async () => {
    const elsewhere = [
      { serviceId: aServiceRef("pls-b").id },
      { subscriptionId: "20000000-0000-4000-8000-000000000002" },
      { consumerSubscriptionId: "20000000-0000-4000-8000-000000000002" },
    ];
    for (const scope of elsewhere) {
      const ports = await approved();
      ports.connections.put(service({ ref: aServiceRef("pls-b"), connections: [] }));
      await started(ports, { scope });
      await sweep(ports);
      assert.equal((await requestOf(ports, one))?.live, undefined, JSON.stringify(scope));
    }
    const ports = stage([service({ connections: [one] })]);
    await review(ports);
    ports.clock.advance(60);
    const run = await started(ports);
    await sweep(ports);
    ports.clock.advance(60);
    ports.connections.connect(two);
    await sweep(ports);
    assert.equal((await requestOf(ports, two))?.state, "approved");
    assert.deepEqual(await countsOf(ports, run), { open: 1 });
  });

  it("withdraws its open questions when it is stopped, and takes nothing away any more, whatever the time", async () => {
    const ports = await approved();
    const run = await started(ports, { unanswered: "revoke" });
    await sweep(ports);
    await answer(ports, one, "reject");
    ports.clock.advance(15 * 86_400);
    const outcome = await stopRun(run.id, "Wrong quarter", handOf(ports, ada), ports);
    assert.equal(outcome.kind, "stopped");
    await sweep(ports);
    assert.equal((await requestOf(ports, two))?.state, "withdrawn");
    assert.equal(ports.connections.shown(two.ref)?.status, "Approved");
    assert.equal(ports.connections.shown(one.ref)?.status, "Rejected");
    assert.deepEqual(await countsOf(ports, run), { "taken-away": 1, withdrawn: 1 });
    assert.equal((await stopRun(run.id, "again", handOf(ports), ports)).kind, "ended-before");
    assert.equal((await stopRun("nothing", "x", handOf(ports), ports)).kind, "unknown-run");
  });

  it("is not begun twice over the same scope, nor where the mode forbids it", async () => {
    const ports = await approved();
    const run = await started(ports);
    const again = await startRun(wish(), handOf(ports), ports);
    assert.ok(again.kind === "refused" && again.why === "goes-on" && again.run?.id === run.id);
    const modes = [
      ["observe", "flag", "mode"],
      ["approve-only", "revoke", "mode"],
      ["approve-only", "flag", undefined],
    ] as const;
    for (const [mode, unanswered, why] of modes) {
      const held = await approved({ mode });
      const outcome = await startRun(wish({ unanswered }), handOf(held), held);
      assert.equal(outcome.kind === "refused" ? outcome.why : undefined, why, `${mode} ${unanswered}`);
    }
    const unknown = await startRun(wish({ scope: { serviceId: aServiceRef("nowhere").id } }), handOf(ports), ports);
    assert.equal(unknown.kind === "refused" && unknown.why, "unknown-service");
  });

  it("survives a host that is killed at any call while it is started, asked and answered", async () => {
    await survives(
      async (ports) => {
        const { runs } = { runs: await ports.ledger.runs() };
        if (runs.length === 0) await startRun(wish({ unanswered: "revoke" }), handOf(ports), ports);
        await reconcile(ports);
        await review(ports);
      },
      () => approved(),
      async (ports) => {
        if ((await ports.ledger.runs()).length === 0) await started(ports, { unanswered: "revoke" });
        await recover(ports);
        const [run] = await ports.ledger.runs();
        assert.ok(run);
        assert.deepEqual(await countsOf(ports, run), { open: 2 });
        await answer(ports, one, "approve");
        ports.clock.advance(14 * 86_400);
        await recover(ports);
        const shown = await showRun(run.id, ports);
        assert.deepEqual([shown?.run.state, shown?.counts], ["finished", { kept: 1, "taken-away": 1 }]);
        const rounds = [await requestOf(ports, one), await requestOf(ports, two)].map((request) => request?.round);
        assert.deepEqual(rounds, [2, 2], "nobody is asked twice");
        assert.deepEqual(await runKinds(ports), ["run-started", "run-finished"]);
        await assertChainHolds(ports);
      },
    );
  });

  it("asks nobody twice when its account of a service is lost", async () => {
    const ports = await approved();
    const run = await started(ports);
    await sweep(ports);
    await answer(ports, one, "approve");
    const [share] = await ports.ledger.runShares(run.id);
    assert.ok(share);
    await ports.ledger.putRunShare({ ...share, connections: {} });
    await review(ports);
    assert.deepEqual(await countsOf(ports, run), { kept: 1, open: 1 });
  });
});

describe("A re-judgement", () => {
  const dryRun = async (ports: Stage, scope = {}) => {
    const preview = await previewJudgement(scope, null, 10_000, ports);
    assert.ok(preview.kind === "page");
    return preview;
  };

  it("shows first what it would ask, and writes nothing then", async () => {
    const ports = await approved();
    const before = ports.ledger.told.length;
    assert.deepEqual((await dryRun(ports)).value, []);
    putInForce(ports, "reject");
    const { value, found, acknowledge, next } = await dryRun(ports);
    assert.deepEqual(
      value.map(({ connectionId, effect, rules }) => [connectionId, effect, rules]),
      [
        [one.ref.id, "reject", ["all"]],
        [two.ref.id, "reject", ["all"]],
      ],
    );
    assert.deepEqual([found, next, ports.ledger.told.length], [2, null, before]);
    assert.match(acknowledge ?? "", /^[0-9a-f]{16}-2$/);
  });

  it("goes on behind the service where its time was over, and not under other policies", async () => {
    const ports = stage(
      ["pls-a", "pls-b"].map((name) =>
        service({
          ref: aServiceRef(name),
          connections: [connection({ ref: aConnectionRef("pe-1.1", aServiceRef(name)) })],
        }),
      ),
    );
    for (const name of ["pls-a", "pls-b"]) await review(ports, name);
    putInForce(ports, "reject");
    const first = await previewJudgement({}, null, 0, ports);
    assert.ok(first.kind === "page" && first.next && first.acknowledge === null);
    assert.deepEqual([first.looked, first.left, first.found], [1, 1, 1]);
    const second = await previewJudgement({}, first.next, 0, ports);
    assert.ok(second.kind === "page" && second.next === null);
    assert.deepEqual([second.found, second.acknowledge?.endsWith("-2")], [2, true]);
    putInForce(ports, "review");
    assert.equal((await previewJudgement({}, first.next, 0, ports)).kind, "policies-changed");
    ports.policies.breakDown();
  });

  it("needs what the dry run gave, of this scope and these policies", async () => {
    const ports = await approved();
    putInForce(ports, "reject");
    const { acknowledge } = await dryRun(ports);
    const refusals = [
      [null, {}, "not-acknowledged"],
      ["0123456789abcdef-2", {}, "policies-changed"],
      [acknowledge, { scope: { subscriptionId: "20000000-0000-4000-8000-000000000002" } }, "policies-changed"],
    ] as const;
    for (const [token, change, why] of refusals) {
      const outcome = await startRun(wish({ kind: "judge", acknowledge: token, ...change }), handOf(ports), ports);
      assert.equal(outcome.kind === "refused" && outcome.why, why);
    }
    putInForce(ports, "approve");
    const nothing = await startRun(
      wish({ kind: "judge", acknowledge: (await dryRun(ports)).acknowledge }),
      handOf(ports),
      ports,
    );
    assert.equal(nothing.kind === "refused" && nothing.why, "nothing-found");
  });

  it("takes away after its grace what policy rejects and nobody keeps, and never has more open than its cap", async () => {
    const ports = await approved();
    putInForce(ports, "reject");
    const { acknowledge } = await dryRun(ports);
    const run = await started(ports, { kind: "judge", acknowledge, unanswered: "revoke", within: "P1D", cap: 1 });
    await sweep(ports);
    await sweep(ports);
    assert.deepEqual([(await showRun(run.id, ports))?.open, (await showRun(run.id, ports))?.waiting], [1, 1]);
    const first = (await requestOf(ports, one))?.live ? one : two;
    assert.equal((await requestOf(ports, first))?.live?.cause, "policy");
    await answer(ports, first, "approve");
    await sweep(ports);
    ports.clock.advance(2 * 86_400);
    await sweep(ports);
    await sweep(ports);
    assert.deepEqual(await countsOf(ports, run), { kept: 1, "taken-away": 1 });
  });

  it("never takes away what policy would only ask people about", async () => {
    const ports = await approved();
    putInForce(ports, "review");
    const { acknowledge } = await dryRun(ports);
    const run = await started(ports, { kind: "judge", acknowledge, unanswered: "revoke", within: "P1D" });
    await sweep(ports);
    assert.equal((await requestOf(ports, one))?.timetable?.expiry, "leave");
    ports.clock.advance(2 * 86_400);
    await sweep(ports);
    await sweep(ports);
    assert.deepEqual(await countsOf(ports, run), { flagged: 2 });
  });

  it("stops by itself before it asks about more than its dry run found", async () => {
    const ports = await approved();
    putInForce(ports, "reject");
    ports.connections.disconnect(two.ref);
    const { acknowledge } = await dryRun(ports);
    ports.connections.connect({ ...two, status: "Approved", rawStatus: "Approved", description: "Approved." });
    const run = await started(ports, { kind: "judge", acknowledge });
    await sweep(ports);
    const shown = await showRun(run.id, ports);
    assert.deepEqual([shown?.run.state, shown?.asked], ["stopped", 0]);
    assert.equal((await requestOf(ports, one))?.live, undefined);
  });
});
