import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PrivateLinkService } from "../../src/connection/connection.ts";
import { listServices } from "../../src/workflow/list-services.ts";
import { sharesOf } from "../../src/workflow/shares.ts";
import { aServiceRef, service } from "../builders.ts";
import { approved, drifting, foundKinds } from "./drifting.ts";
import { auditOf, restarted, review, type Stage } from "./stage.ts";

const lists = (count: number) =>
  Array.from({ length: count }, (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, "0")}`);

async function lines(ports: Stage): Promise<readonly string[]> {
  return (await auditOf(ports))
    .filter(({ kind, detail }) => kind === "capacity-warned" || JSON.stringify(detail).includes('"capacity"'))
    .map(({ kind, what }) => `${kind}: ${what}`);
}

function full(change: Partial<PrivateLinkService>): Stage {
  return drifting({}, { connections: [], visibility: [], natIps: 1, ...change });
}

describe("A limit of Azure that is near", () => {
  it("is warned of once at 80 percent, once at 95, and again only after it was well below", async () => {
    const ports = full({});
    const shown = async (count: number) => {
      ports.connections.put(service({ connections: [], natIps: 1, visibility: lists(count) }));
      for (let look = 0; look < 2; look += 1) await review(ports);
    };
    for (const count of [79, 80, 96, 91, 96, 78, 81, 74, 80]) await shown(count);
    assert.deepEqual(await lines(ports), [
      "capacity-warned: 80 of 100 subscriptions on the visibility list are in use.",
      "capacity-warned: 96 of 100 subscriptions on the visibility list are in use.",
      "drift-cleared: 78 of 100 subscriptions on the visibility list are in use. That is well below 95 percent.",
      "drift-cleared: 74 of 100 subscriptions on the visibility list are in use. That is well below 80 percent.",
      "capacity-warned: 80 of 100 subscriptions on the visibility list are in use.",
    ]);
    assert.equal(ports.notifier.bulletins.length, 3);
  });

  it("is told once when both levels are reached at once", async () => {
    const ports = full({ natIps: 8 });
    await review(ports);
    assert.deepEqual(await foundKinds(ports), ["capacity", "capacity"]);
    assert.deepEqual(
      ports.notifier.bulletins.map(({ bulletin }) => bulletin.what),
      ["8 of 8 NAT addresses are in use."],
    );
  });

  it("of NAT ports is read once in a quarter of an hour, and the service looked at again for it", async () => {
    const ports = restarted(full({}), { natPortMetrics: true });
    const { id } = aServiceRef();
    ports.metrics.used.set(id, 97);
    for (let look = 0; look < 3; look += 1) await review(ports);
    assert.equal(ports.metrics.reads, 1);
    const [watched] = await ports.watch.list();
    assert.equal(watched?.lookAgainAt?.getTime(), ports.clock.now().getTime() + 900_000);
    assert.equal((await lines(ports)).at(-1), "capacity-warned: 97 percent of the NAT ports are in use.");
    ports.clock.advance(900);
    ports.metrics.broken = true;
    assert.equal((await review(ports)).kind, "settled", "a metric that cannot be read stops nothing");
    assert.deepEqual(await foundKinds(ports), ["capacity", "capacity"]);
  });

  it("of NAT ports is not read where nobody wants it", async () => {
    const ports = full({});
    await review(ports);
    assert.equal(ports.metrics.reads, 0);
  });

  it("counts no star as a subscription, and calls nothing full before it is", () => {
    const uses = { connections: 999, natIps: undefined, autoApproval: [], visibility: ["*"], natPorts: null };
    assert.deepEqual(
      sharesOf(uses).map(({ limit, percent }) => [limit, percent]),
      [
        ["connections", 99],
        ["auto-approval", 0],
        ["visibility", 0],
      ],
    );
  });
});

describe("The list of services", () => {
  it("shows how full each is and what was found there, and asks the ledger only where something was", async () => {
    const ports = drifting({}, { connections: [approved("pe-1"), approved("pe-2")], natIps: 7 });
    const quiet = service({ ref: aServiceRef("pls-quiet"), connections: [], natIps: 1 });
    ports.connections.put(quiet);
    for (const name of [undefined, "pls-quiet"]) await review(ports, name);
    let asked = 0;
    const { unsettled } = ports.ledger;
    ports.ledger.unsettled = (key) => {
      asked += 1;
      return unsettled.call(ports.ledger, key);
    };
    const { services } = await listServices(ports);
    assert.equal(asked, 1);
    const [found, nothing] = services;
    const since = ports.clock.now().toISOString();
    assert.deepEqual(found?.findings, [
      { kind: "approved-outside", count: 2, since, what: "Approved, and no decision of plgate says so." },
      { kind: "capacity", count: 1, since, what: "7 of 8 NAT addresses are in use." },
    ]);
    assert.deepEqual(found?.shares[1], { limit: "nat-addresses", used: 7, most: 8, percent: 87 });
    assert.deepEqual(nothing?.findings, []);
  });
});
