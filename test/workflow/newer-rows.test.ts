import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isNewerMessage, readWakeUp } from "../../src/intake/wake-up.ts";
import { messageVersion } from "../../src/ledger/row-versions.ts";
import { NotNow } from "../../src/runtime/errors.ts";
import { checkHealth } from "../../src/workflow/check-health.ts";
import { newerRowsAlarm } from "../../src/workflow/newer-rows.ts";
import { aServiceRef, connection, provider, service } from "../builders.ts";
import { FakeLog } from "../fakes/log.ts";
import { auditOf, review, stage } from "./stage.ts";

const newer = async () => {
  throw new NotNow("of a newer version", { retryAfterMs: 30_000, because: "newer-row" });
};
const pending = () => stage([service({ connections: [connection()] })]);

type Staged = ReturnType<typeof pending>;

/** What a newer version wrote, and this one meets on its way to a judgement. */
const met: Readonly<Record<string, (ports: Staged) => void>> = {
  "a policy in force": ({ policies }) => Object.assign(policies, { current: newer }),
  "the consumer's entry": ({ consumers }) => Object.assign(consumers, { find: newer }),
  "the consumer's history": ({ ledger }) => Object.assign(ledger, { history: newer }),
  "the open requests": ({ ledger }) => Object.assign(ledger, { unsettled: newer }),
  "a run": ({ ledger }) => Object.assign(ledger, { runs: newer }),
};

describe("A review that meets rows of a newer version", () => {
  for (const [name, meet] of Object.entries(met)) {
    it(`decides nothing, writes nothing and comes back later: ${name}`, async () => {
      const ports = pending();
      meet(ports);
      const outcome = await review(ports);
      assert.deepEqual([outcome.kind, outcome.kind === "later" && outcome.seconds], ["later", 30]);
      assert.deepEqual(await auditOf(ports), []);
      assert.deepEqual(ports.connections.writes, []);
    });
  }
});

describe("Rows of a newer version", () => {
  const rows = [{ table: "ledger", version: 2, known: 1, times: 3 }];
  const said =
    "rows of a newer version were met, and left alone: ledger version 2 (this host knows 1); finish the upgrade, see docs/upgrade.md";

  it("are said in the log once for each table and version", () => {
    const log = new FakeLog();
    let found: typeof rows = [];
    const tell = newerRowsAlarm(() => found);
    tell(log);
    found = rows;
    for (const _ of [1, 2]) tell(log);
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      [said],
    );
  });

  it("are said in health", async () => {
    const parked = { waiting: async () => ({ count: 0, oldest: null }) };
    const events = () => ({ since: new Date("2026-11-24T09:00:00Z"), lastAt: null, taken: 0, ignored: 0 });
    const host = { parked, arm: () => ({ resting: [], least: undefined }), events, newer: () => rows };
    const { checks } = await checkHealth(stage(), undefined, host);
    assert.deepEqual(
      checks.find(({ name }) => name === "versions"),
      { name: "versions", status: "degraded", detail: said },
    );
  });
});

describe("A message of the queue", () => {
  const { id } = aServiceRef();

  it("of a newer version is neither read nor taken for damaged", () => {
    const message = { v: messageVersion + 1, serviceId: id, door: "event" };
    assert.equal(readWakeUp(message, [provider]), undefined);
    assert.ok(isNewerMessage(message));
  });

  it("of this version is read, and what is no message is no newer one", () => {
    const message = { v: messageVersion, serviceId: id, door: "event" };
    assert.equal(readWakeUp(message, [provider])?.service.id, id);
    for (const other of [message, {}, "text", null, { v: "2" }]) assert.equal(isNewerMessage(other), false);
  });
});
