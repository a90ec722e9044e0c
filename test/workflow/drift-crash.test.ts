import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Connection } from "../../src/connection/connection.ts";
import { aConnectionRef, anEndpoint, connection, customer } from "../builders.ts";
import { FakeWatch } from "../fakes/watch.ts";
import { approved, drifting, driftPolicy, foundKinds, stranger } from "./drifting.ts";
import { assertChainHolds, auditOf, blocked, kindsOf, requestOf, review, type Stage } from "./stage.ts";
import { survives } from "./survival.ts";

type Case = {
  readonly prepare: () => Promise<Stage>;
  readonly detected: number;
  readonly stands: readonly string[];
  readonly asked: number;
};

const pending = (name: string, subscription: string): Connection =>
  connection({ ref: aConnectionRef(`${name}.1`), endpoint: anEndpoint(name, subscription) });

async function afterPolicy(ports: Stage, change: Parameters<typeof driftPolicy>[0]): Promise<Stage> {
  await review(ports);
  ports.policies.set([driftPolicy({ ...change, version: 2 })]);
  return ports;
}

const cases: Readonly<Record<string, Case>> = {
  "approvals outside that policy only records": {
    prepare: async () => drifting({}, { connections: [approved("pe-1"), approved("pe-2")] }),
    ...{ detected: 2, stands: ["approved-outside", "approved-outside"], asked: 0 },
  },
  "an approval outside that is adopted": {
    prepare: async () => drifting({ drift: "revoke" }, { connections: [approved("pe-1", customer)] }),
    ...{ detected: 1, stands: [], asked: 1 },
  },
  "an approval outside about which people are asked": {
    prepare: async () => drifting({ drift: "escalate" }, { connections: [approved("pe-1")] }),
    ...{ detected: 1, stands: ["approved-outside"], asked: 1 },
  },
  "an approval outside that is to be revoked": {
    prepare: async () => drifting({ drift: "revoke" }, { connections: [approved("pe-1")] }),
    ...{ detected: 1, stands: ["approved-outside"], asked: 1 },
  },
  "an approval in the portal while plgate had the request": {
    prepare: async () => {
      const ports = drifting({}, { connections: [pending("pe-1", stranger)] });
      await review(ports);
      ports.connections.connect(approved("pe-1"));
      return ports;
    },
    ...{ detected: 1, stands: ["approved-outside"], asked: 1 },
  },
  "an approval that policy would not give any more": {
    prepare: async () => afterPolicy(drifting({}, { connections: [pending("pe-1", customer)] }), { approves: "false" }),
    ...{ detected: 1, stands: ["no-longer-approved"], asked: 1 },
  },
  "an approval that policy rejects now and revokes": {
    prepare: async () =>
      afterPolicy(drifting({}, { connections: [pending("pe-1", customer)] }), { drift: "revoke", rejects: customer }),
    ...{ detected: 1, stands: ["no-longer-approved"], asked: 2 },
  },
  "auto-approval and visibility": {
    prepare: async () => drifting({}, { connections: [], autoApproval: [customer], visibility: ["*"] }),
    ...{ detected: 2, stands: ["auto-approval", "visible-to-anyone"], asked: 0 },
  },
  "a rejected connection that is Pending again": {
    prepare: async () => {
      const ports = drifting({}, { connections: [pending("pe-b", blocked)] });
      await afterPolicy(ports, { rejects: stranger });
      ports.connections.connect(pending("pe-b", blocked));
      return ports;
    },
    ...{ detected: 1, stands: ["pending-again"], asked: 2 },
  },
};

describe("A host killed at any call while it finds drift leaves it found once, told, and handled once", () => {
  for (const [name, { prepare, detected, stands, asked }] of Object.entries(cases)) {
    const check = async (ports: Stage) => {
      await assertFound(ports, { detected, stands, asked });
      assert.equal((await ports.outbox.waiting()).count, 0);
    };
    it(name, () => survives((ports) => review(ports), prepare, check));

    it(`${name}, on two hosts at once`, async () => {
      const ports = await prepare();
      const others = [1, 2].map(() => ({ ...ports, watch: new FakeWatch(ports.clock) }));
      await Promise.all([ports, ...others].map((host) => review(host)));
      await assertFound(ports, { detected, stands, asked });
    });
  }

  it("what is over, on any of its ways", async () => {
    const prepare = async () => {
      const ports = drifting({}, { connections: [approved("pe-1")] });
      await review(ports);
      ports.connections.disconnect(approved("pe-1").ref);
      return ports;
    };
    await survives(
      (ports) => review(ports),
      prepare,
      async (ports) => {
        assert.equal((await kindsOf(ports)).filter((kind) => kind === "drift-cleared").length, 1);
        assert.deepEqual(await foundKinds(ports), []);
        await assertChainHolds(ports);
      },
    );
  });
});

async function assertFound(ports: Stage, expected: Omit<Case, "prepare">): Promise<void> {
  const kinds = await kindsOf(ports);
  const { detected, stands, asked } = expected;
  assert.equal(kinds.filter((kind) => kind === "drift-detected").length, detected, "told on record");
  assert.deepEqual(await foundKinds(ports), stands);
  assert.equal(kinds.filter((kind) => kind === "requested").length, asked, "asked");
  await assertChainHolds(ports);
  const isAsked = (await auditOf(ports)).some(({ kind }) => kind === "revoking" || kind === "escalated");
  const cards = ports.notifier.cardsOf((await requestOf(ports, approved("pe-1")))?.id ?? "").length;
  assert.ok(ports.notifier.bulletins.length >= 1 || (isAsked && cards === 1), "people know of it");
}
