import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { controlHeader } from "./control.ts";
import { connect, connectionOf, decide, until, withArm } from "./test-arm.ts";
import { provider, providerSub, serviceId } from "./test-world.ts";

const open = `${serviceId("pls-open")}?api-version=2026-01-01`;

describe("The server of the local ARM", () => {
  it("gives way when its port is taken", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const address = other.address();
    assert.ok(address && typeof address === "object");
    try {
      await withArm({ port: address.port }, async (arm) => {
        assert.notEqual(Number(new URL(arm.url).port), address.port);
        assert.equal((await arm.raw("GET", open, { as: provider })).status, 200);
      });
    } finally {
      other.close();
    }
  });

  it("takes the time that it was told to take", () =>
    withArm({ settings: { "latency.readMs": 150, "latency.writeMs": { p50: 300, p99: 300 } } }, async (arm) => {
      const timed = async (call: Promise<unknown>) => {
        const started = performance.now();
        await call;
        return performance.now() - started;
      };
      // A timer may fire a little early.
      assert.ok((await timed(arm.raw("GET", open, { as: provider }))) > 145);
      assert.ok((await timed(arm.raw("DELETE", open, { as: provider }))) > 295);
    }));

  it("answers from the state at the end of a call: a slow GET sees the PUT that overtook it", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const before = arm.counts().total;
      arm.changeSettings({ "latency.readMs": 1500 });
      const slow = arm.raw("GET", open, { as: provider });
      const write = decide(arm, name, "Approved");
      assert.equal((await write).privateLinkServiceConnectionState?.status, "Approved");
      assert.equal(arm.counts().total, before + 1);
      assert.match(JSON.stringify((await slow).body), /"status":"Approved"/);
    }));

  it("leads clients back to the host that they came in on", () =>
    withArm({ settings: { "page.size": 1 } }, async (arm) => {
      await connect(arm, "pe-1");
      await connect(arm, "pe-2");
      const list = `${serviceId("pls-open")}/privateEndpointConnections?api-version=2026-01-01`;
      const headers = { host: `localhost:${new URL(arm.url).port}` };
      const { body } = await arm.raw("GET", list, { as: provider, headers });
      const next = String(body["nextLink"]);
      assert.ok(next.startsWith(`https://${headers.host}/subscriptions/${providerSub}/`), next);
      const { pathname, search } = new URL(next);
      const last = await arm.raw("GET", `${pathname}${search}`, { as: provider });
      assert.equal(last.body["nextLink"], undefined);
    }));

  it("ends at once, whatever is still running", async () => {
    let hanging: Promise<unknown> = Promise.resolve();
    await withArm({}, async (arm) => {
      arm.orderFaults([{ path: "*", delayMs: 3_600_000 }]);
      hanging = assert.rejects(arm.raw("GET", open, { as: provider }), /socket hang up|ECONNRESET/);
      const headers = { [controlHeader]: arm.controlSecret };
      await until(async () => (await (await fetch(`${arm.controlUrl}/faults`, { headers })).text()) === "[]");
    });
    await hanging;
  });

  it("survives a client that hangs up in the middle of its body", () =>
    withArm({}, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const socket = connectTls({ port: Number(new URL(arm.url).port), ca: arm.ca, servername: "localhost" });
      await once(socket, "secureConnect");
      const path = `${serviceId("pls-open")}/privateEndpointConnections/${name}?api-version=2026-01-01`;
      socket.write(`PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{`);
      socket.destroySoon();
      await once(socket, "close");
      assert.equal((await connectionOf(arm, "pe-1")).privateLinkServiceConnectionState?.status, "Pending");
    }));
});
