import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { odata } from "@azure/data-tables";
import { parseConnectionId } from "../../src/connection/arm-id.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import type { Act, Step } from "./acts.ts";
import { type Bed, makeBed } from "./bed.ts";
import type { Sabotage } from "./host.ts";
import type { Finding } from "./oracle.ts";
import { simulate } from "./run.ts";
import { shrink } from "./shrink.ts";

/*
 * The oracle can fail: for each promise there is a product that breaks it, made of the real one by a change at one port,
 * and the oracle has to say so. Nothing else goes wrong in these rounds.
 */
const host = 0;
const event = "once";
const policy: Act = { do: "policy", verdicts: "arqqqq", terms: "open", drift: "record", host };
const approved: Act = { do: "connect", who: 0, endpoint: 0, service: 0, event };
const rejected: Act = { do: "connect", who: 1, endpoint: 0, service: 0, event };
const asked: Act = { do: "connect", who: 2, endpoint: 0, service: 0, event };
const work: Act = { do: "work", host, messages: 3 };
const sweep: Act = { do: "sweep", host };
const deleted: Act = { do: "delete", who: 2, endpoint: 0, event };

function plan(...rounds: readonly (readonly Act[])[]): readonly Step[] {
  return rounds.flatMap((acts, round) => acts.map((act) => ({ round, together: false, act })));
}

/** The port with one method replaced; `real` is what it was. */
function changed<Name extends keyof Ports>(
  name: Name,
  change: (real: Ports[Name], ports: Ports) => Partial<Ports[Name]>,
): Sabotage {
  return (ports) => {
    const real = ports[name];
    const instead = change(real, ports);
    const port = new Proxy(real as object, {
      get(target, member) {
        const own: unknown = Reflect.get(instead as object, member) ?? Reflect.get(target, member, target);
        return typeof own === "function" ? own.bind(target) : own;
      },
    });
    return { [name]: port };
  };
}

type Case = {
  readonly check: Finding["check"];
  readonly sabotage: Sabotage;
  readonly plan: readonly Step[];
  readonly says: RegExp;
};

const everything = plan([policy, approved, rejected, asked, work, sweep]);
const broken: Readonly<Record<string, Case>> = {
  "approves what policy rejects": {
    check: "state",
    sabotage: changed("connections", (real) => ({ write: (ref, _status, text) => real.write(ref, "Approved", text) })),
    plan: everything,
    says: /is Approved|is Pending/,
  },
  "sees nothing that is Pending": {
    check: "state",
    sabotage: changed("connections", (real) => ({
      read: async (ref) => {
        const service = await real.read(ref);
        return service === "gone" ? service : { ...service, connections: [] };
      },
    })),
    plan: everything,
    says: /nobody has judged it/,
  },
  "writes twice": {
    check: "contradiction",
    sabotage: changed("connections", (real) => ({
      write: async (ref, status, text) => {
        await real.write(ref, status, text);
        return real.write(ref, status, text);
      },
    })),
    plan: everything,
    says: /twice, and nothing went wrong between/,
  },
  "writes one thing and then another": {
    check: "contradiction",
    sabotage: changed("connections", (real) => ({
      write: async (ref, status, text) => {
        const outcome = await real.write(ref, status, text);
        if (status === "Approved") await real.write(ref, "Rejected", text);
        return outcome;
      },
    })),
    plan: everything,
    says: /got Approved and then Rejected/,
  },
  "writes before the decision is on record": {
    check: "intent",
    sabotage: changed("ledger", (real, ports) => ({
      commit: async (step) => {
        const ref = parseConnectionId(step.request.connectionId);
        if (ref && step.request.state === "approving") await ports.connections.write(ref, "Approved", "at once");
        return real.commit(step);
      },
    })),
    plan: everything,
    says: /without a decision on record/,
  },
  "never records the outcome": {
    check: "outcome",
    sabotage: changed("ledger", (real) => ({
      commit: async (step) =>
        step.events.some(({ kind }) => kind === "applied") ? { kind: "conflict" } : real.commit(step),
    })),
    plan: everything,
    says: /nothing came of it/,
  },
  "loses events that it wrote": {
    check: "chain",
    sabotage: (ports, { ledger: table }) =>
      changed("ledger", (real) => ({
        commit: async (step) => {
          const committed = await real.commit(step);
          const rows = table.listEntities({ queryOptions: { filter: odata`PartitionKey eq ${step.request.service}` } });
          for await (const { partitionKey = "", rowKey = "" } of rows) {
            if (rowKey.startsWith("e|") && step.request.state === "rejected") {
              await table.deleteEntity(partitionKey, rowKey);
            }
          }
          return committed;
        },
      }))(ports, { ledger: table } as never),
    plan: everything,
    says: /./,
  },
  "leaves a row of the list out": {
    check: "list",
    sabotage: changed("index", (real) => ({
      addEvents: (service, events) =>
        real.addEvents(
          service,
          events.filter(({ kind }) => kind !== "decided"),
        ),
    })),
    plan: everything,
    says: /is not in the list/,
  },
  "never ticks off an effect": {
    check: "outbox",
    sabotage: changed("outbox", () => ({ done: async () => undefined })),
    plan: everything,
    says: /effects wait/,
  },
  "posts a card twice": {
    check: "card",
    sabotage: changed("notifier", (real) => ({
      update: async (view, card) => {
        await real.update(view, { ...card, activityId: `${card.activityId}-again` });
        return real.update(view, card);
      },
    })),
    plan: everything,
    says: /has 2 cards/,
  },
  "lets a card stand when its request has ended": {
    check: "card",
    sabotage: changed("notifier", (real) => ({
      update: async (view, card) =>
        view.request.state === "awaiting-decision" ? real.update(view, card) : { kind: "shown" },
    })),
    plan: plan([policy, asked, work, sweep], [deleted, work, sweep]),
    says: /has a card that shows awaiting-decision/,
  },
  "forgets to end the request of a connection that is gone": {
    check: "stuck",
    sabotage: changed("ledger", (real) => ({
      commit: async (step) => (step.request.state === "withdrawn" ? { kind: "conflict" } : real.commit(step)),
    })),
    plan: plan([policy, asked, work, sweep], [deleted, work, sweep]),
    says: /its connection is gone/,
  },
  "never gives a service back": {
    check: "stuck",
    sabotage: changed("watch", (real) => ({
      end: async (lease) => {
        await real.wake(lease.service, "timer");
        return false;
      },
    })),
    plan: everything,
    says: /./,
  },
};

describe("the oracle finds a product that", () => {
  let bed: Bed;
  before(async () => {
    bed = await makeBed();
  });
  after(() => bed.stop());

  for (const [what, { check, sabotage, plan, says }] of Object.entries(broken)) {
    it(what, async () => {
      const found = await simulate(bed, 1, plan, { sabotage, sweeps: 4 });
      const said = found?.findings.filter((one) => one.check === check).map((one) => one.what) ?? [];
      assert.ok(
        said.some((one) => says.test(one)),
        `${check}: ${JSON.stringify(found?.findings ?? "silent")}`,
      );
    });
  }

  it("keeps all promises: then it is silent", async () => {
    assert.equal(await simulate(bed, 1, plan([policy, approved, rejected, asked, work], [deleted, sweep])), undefined);
  });

  it("has a planted bug, and shrinking leaves the acts that it takes", async () => {
    const sabotage = broken["writes twice"]?.sabotage;
    const long = plan([asked, policy, rejected, approved, work]);
    const isFound = async (part: readonly Step[]) => {
      const found = await simulate(bed, 1, part, { sweeps: 3, ...(sabotage ? { sabotage } : {}) });
      return found?.findings.some(({ check }) => check === "contradiction") ?? false;
    };
    const least = await shrink(long, isFound, 12);
    assert.deepEqual(
      least.map(({ act }) => act.do),
      ["policy", "connect"],
    );
  });
});
