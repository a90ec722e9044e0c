import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { credentialOf, type TestArm, testAuthority, withArm } from "../../local/arm/test-arm.ts";
import { approver, provider, seededService, serviceId, testSeed } from "../../local/arm/test-world.ts";
import { monitorMetrics, noMetrics } from "../../src/azure/monitor-metrics.ts";
import { parseServiceId, type ServiceRef } from "../../src/connection/arm-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";

const trusted = getCACertificates("default");

function serviceNamed(name: string): ServiceRef {
  const ref = parseServiceId(serviceId(name));
  assert.ok(ref);
  return ref;
}

const open = serviceNamed("pls-open");
const full = serviceNamed("pls-full");
const target = { method: "GET", path: "*/Microsoft.Insights/metrics" };

function metricsOf(arm: TestArm, options: { readonly as?: typeof provider; readonly now?: () => number } = {}) {
  const { as = provider, ...rest } = options;
  return monitorMetrics({ credential: credentialOf(as), arm: arm.url, armScope: "local/.default", ...rest });
}

function withMetrics(run: (arm: TestArm) => Promise<void>): Promise<void> {
  const seed = { ...testSeed, services: [seededService("pls-open"), seededService("pls-full")] };
  return withArm({ seed, settings: { "metrics.natPorts": { "PLS-Full": [12, 81.2, 3] } } }, run);
}

async function faultOf(answer: Promise<unknown>): Promise<PlgateError> {
  const error: unknown = await answer.then(
    () => assert.fail("it answered"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof PlgateError);
  return error;
}

describe("The share of NAT ports in use, by Azure Monitor", () => {
  before(async () => setDefaultCACertificates([...trusted, (await testAuthority()).caPem]));
  after(() => setDefaultCACertificates(trusted));

  it("is that of the fullest address, rounded up", () =>
    withMetrics(async (arm) => assert.equal(await metricsOf(arm).natPorts(full), 82)));

  it("is null for a service that publishes none", () =>
    withMetrics(async (arm) => assert.equal(await metricsOf(arm).natPorts(open), null)));

  it("is asked once a minute, however many judgements want it", () =>
    withMetrics(async (arm) => {
      let now = Date.now();
      const metrics = metricsOf(arm, { now: () => now });
      await Promise.all([metrics.natPorts(full), metrics.natPorts(full)]);
      await metrics.natPorts(full);
      assert.equal(arm.counts().byRoute["metrics.list"], 1);
      arm.changeSettings({ "metrics.natPorts": { "pls-full": [96] } });
      now += 61_000;
      assert.equal(await metrics.natPorts(full), 96);
    }));

  it("needs a right of its own, and says which", () =>
    withMetrics(async (arm) => {
      const fault = await faultOf(metricsOf(arm, { as: approver }).natPorts(full));
      assert.match(fault.message, /^the NAT ports of pls-full cannot be read: .*Microsoft\.Insights\/metrics\/read/);
      assert.equal(fault.retryable, false);
    }));

  it("cannot be told of a service that is not there", () =>
    withMetrics(async (arm) => {
      const fault = await faultOf(metricsOf(arm).natPorts(serviceNamed("pls-none")));
      assert.equal(fault.retryable, false);
    }));

  const passing = {
    "a throttle": { status: 429, headers: { "retry-after": "3" } },
    "trouble of ARM": { status: 503 },
    "a connection that breaks": { reset: "after" },
    "an answer that is no JSON": { status: 200, body: "<html>" },
  } as const satisfies Readonly<Record<string, object>>;
  for (const [name, fault] of Object.entries(passing)) {
    it(`cannot be told now for ${name}, and is asked again after a quarter of a minute`, () =>
      withMetrics(async (arm) => {
        let now = Date.now();
        const metrics = metricsOf(arm, { now: () => now });
        arm.orderFaults([{ ...target, ...fault }]);
        const first = await faultOf(metrics.natPorts(full));
        assert.equal(first.retryable, true);
        assert.equal(await faultOf(metrics.natPorts(full)), first);
        now += 16_000;
        assert.equal(await metrics.natPorts(full), 82);
      }));
  }

  it("is waited for no longer than the time for it", () =>
    withMetrics(async (arm) => {
      arm.orderFaults([{ ...target, stall: "headers" }]);
      const credential = credentialOf(provider);
      const metrics = monitorMetrics({ credential, arm: arm.url, armScope: "local/.default", timeoutMs: 200 });
      const fault = await faultOf(metrics.natPorts(full));
      assert.equal(fault.retryable, true);
    }));

  it("is not read where it is switched off", async () => {
    const fault = await faultOf(noMetrics.natPorts(full));
    assert.match(fault.message, /PLGATE_NAT_PORT_METRICS is off/);
    assert.equal(fault.retryable, false);
  });
});
