import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ArmSettings } from "./settings.ts";
import { connect, decide, polling, type RawAnswer, refusalOf, type TestArm, until, withArm } from "./test-arm.ts";
import {
  consumer,
  consumerSub,
  endpointBody,
  provider,
  providerSub,
  seededService,
  serviceId,
  testSeed,
} from "./test-world.ts";

const open = `${serviceId("pls-open")}?api-version=2026-01-01`;
const body = { properties: { privateLinkServiceConnectionState: { status: "Approved" } } };
const path = (name: string) => `${serviceId("pls-open")}/privateEndpointConnections/${name}?api-version=2026-01-01`;

/** Two decisions on two connections of one service at the same time: what the one that came too late is told. */
async function secondWriter(arm: TestArm): Promise<RawAnswer> {
  const names = [await connect(arm, "pe-1"), await connect(arm, "pe-2")].map(({ name }) => name);
  arm.changeSettings({ "latency.writeMs": 1000 });
  const answers = await Promise.all(names.map((name) => arm.raw("PUT", path(name), { as: provider, body })));
  const [first, second] = answers.toSorted((left, right) => left.status - right.status);
  assert.equal(first?.status, 200);
  assert.ok(second);
  return second;
}

describe("The lock of a service [U] (local-azure.md B.5 rule 6)", () => {
  type Form = readonly [
    answer: ArmSettings["lock.answer"],
    status: number,
    code: string | undefined,
    inner: string | undefined,
    retryAfter: string | undefined,
  ];
  const forms: Readonly<Record<string, Form>> = {
    "tells the second writer to come back": [
      "429-retry-after",
      429,
      "RetryableError",
      "ReferencedResourceNotProvisioned",
      "3",
    ],
    "may leave out when": ["429-bare", 429, "RetryableError", "ReferencedResourceNotProvisioned", undefined],
    "may name another operation": ["429-other-operation", 429, "RetryableErrorDueToAnotherOperation", undefined, "3"],
    "may be a conflict": ["409", 409, "AnotherOperationInProgress", undefined, undefined],
    "may not exist": ["none", 200, undefined, undefined, undefined],
  };
  for (const [name, [answer, status, code, inner, retryAfter]] of Object.entries(forms)) {
    it(name, () =>
      withArm({ settings: { "lock.answer": answer, "lock.retryAfterSeconds": 3 } }, async (arm) => {
        const second = await secondWriter(arm);
        assert.deepEqual(
          [
            second.status,
            second.body.error?.code,
            second.body.error?.details?.[0]?.code,
            second.headers["retry-after"],
          ],
          [status, code, inner, retryAfter],
        );
      }),
    );
  }

  it("draws one of the forms where they are mixed", () =>
    withArm({ settings: { "lock.answer": "mixed" } }, async (arm) => {
      const names = [await connect(arm, "pe-1"), await connect(arm, "pe-2")].map(({ name }) => name);
      arm.changeSettings({ "latency.writeMs": 1000 });
      const [first = "", second = ""] = names;
      const holding = arm.raw("PUT", path(first), { as: provider, body });
      await untilBusy(arm);
      const seen = new Set<string>();
      for (let tries = 0; tries < 12; tries += 1) {
        const answer = await arm.raw("PUT", path(second), { as: provider, body });
        seen.add(`${answer.body.error?.code} ${answer.headers["retry-after"]}`);
      }
      assert.equal((await holding).status, 200);
      assert.ok(seen.size > 1, [...seen].join(", "));
    }));

  it("shows readers a service that is Updating, and lasts for its tail", () =>
    withArm({ settings: { "lock.tailMs": 1500 } }, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      const approved = await decide(arm, name, "Approved");
      assert.equal(approved.provisioningState, "Succeeded");
      const services = arm.client(provider, providerSub).privateLinkServices;
      assert.equal((await services.get("rg-services", "pls-open")).provisioningState, "Updating");
      assert.deepEqual(await refusalOf(decide(arm, name, "Rejected")), [429, "RetryableError"]);
      await until(async () => (await services.get("rg-services", "pls-open")).provisioningState === "Succeeded");
      assert.equal((await decide(arm, name, "Rejected")).privateLinkServiceConnectionState?.status, "Rejected");
    }));

  it("is each service's own", () =>
    withArm({ seed: { ...testSeed, services: [...testSeed.services, seededService("pls-2")] } }, async (arm) => {
      const one = await connect(arm, "pe-1");
      const two = await connect(arm, "pe-2", { target: serviceId("pls-2") }, "pls-2");
      arm.changeSettings({ "latency.writeMs": 200 });
      await Promise.all([decide(arm, one.name, "Approved"), decide(arm, two.name, "Approved", "", "pls-2")]);
    }));

  it("holds an endpoint until its operation has ended", () =>
    withArm({ settings: { "latency.lroMs": 1500 } }, async (arm) => {
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      const making = privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling).pollUntilDone();
      await until(async () => arm.counts().byRoute["operations.get"] !== undefined);
      const again = privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling);
      assert.deepEqual(await refusalOf(again), [429, "RetryableError"]);
      assert.equal((await making).provisioningState, "Succeeded");
    }));

  it("is waited for by the Azure client itself when it says for how long", () =>
    withArm({ settings: { "lock.tailMs": 800 } }, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      await decide(arm, name, "Approved");
      const body = { privateLinkServiceConnectionState: { status: "Rejected" } };
      const patient = arm.client(provider, providerSub, { maxRetries: 3 }).privateLinkServices;
      const done = await patient.updatePrivateEndpointConnection("rg-services", "pls-open", name, body);
      assert.equal(done.privateLinkServiceConnectionState?.status, "Rejected");
      assert.equal(arm.counts().byStatus["429"], 1);
    }));
});

describe("Token buckets (local-azure.md B.5 rule 7)", () => {
  const settings: Partial<ArmSettings> = {
    "buckets.enabled": true,
    "buckets.reads": { capacity: 2, perSecond: 0.25 },
    "buckets.writes": { capacity: 1, perSecond: 1 },
  };
  const read = (arm: TestArm, as = provider) => arm.raw("GET", open, { as });

  it("empty by use, refuse with the seconds to the next token, and fill again", () => {
    let time = Date.now();
    return withArm({ settings, now: () => new Date(time) }, async (arm) => {
      const header = "x-ms-ratelimit-remaining-subscription-reads";
      assert.deepEqual([(await read(arm)).headers[header], (await read(arm)).headers[header]], ["1", "0"]);
      const refused = await read(arm);
      assert.deepEqual(
        [refused.status, refused.body.error?.code, refused.headers["retry-after"]],
        [429, "SubscriptionRequestsThrottled", "4"],
      );
      time += 1500;
      const early = await read(arm);
      assert.deepEqual([early.status, early.headers["retry-after"]], [429, "3"]);
      time += 2500;
      assert.equal((await read(arm)).status, 200);
    });
  });

  it("refuse whoever comes before its time, though a token has dripped in by then", () => {
    let time = Date.now();
    const drip = { ...settings, "buckets.reads": { capacity: 1, perSecond: 10 } };
    return withArm({ settings: drip, now: () => new Date(time) }, async (arm) => {
      assert.equal((await read(arm)).status, 200);
      assert.equal((await read(arm)).headers["retry-after"], "1");
      time += 500;
      const early = await read(arm);
      assert.deepEqual([early.status, early.headers["retry-after"]], [429, "1"]);
      time += 500;
      assert.equal((await read(arm)).status, 200);
    });
  });

  it("are one for each caller, subscription and kind of call", () => {
    const second = { objectId: "second", scope: `/subscriptions/${providerSub}`, actions: ["*"] };
    const seed = { ...testSeed, roleAssignments: [...testSeed.roleAssignments, second] };
    return withArm({ settings, seed, now: () => new Date(0) }, async (arm) => {
      const [first, other] = [provider, { ...provider, objectId: "second" }];
      const statuses = [];
      for (const as of [first, first, first, other]) statuses.push((await read(arm, as)).status);
      statuses.push((await arm.raw("DELETE", path("pe.x"), { as: first })).status);
      statuses.push((await arm.raw("PUT", path("pe.x"), { as: first, body })).status);
      statuses.push((await arm.raw("PUT", path("pe.x"), { as: first, body })).status);
      assert.deepEqual(statuses, [200, 200, 429, 200, 204, 400, 429]);
    });
  });

  it("have the network provider's own quota below them, when that is switched on", () => {
    let time = 0;
    const network = { "buckets.enabled": true, "buckets.network": true, "buckets.networkReads": 1 };
    return withArm({ settings: network, now: () => new Date(time) }, async (arm) => {
      assert.equal((await read(arm)).status, 200);
      time += 100_000;
      const refused = await read(arm);
      assert.deepEqual([refused.status, refused.headers["retry-after"]], [429, "200"]);
      time += 200_000;
      assert.equal((await read(arm)).status, 200);
    });
  });
});

async function untilBusy(arm: TestArm): Promise<void> {
  const isUpdating = async () => {
    const { body: service } = await arm.raw("GET", open, { as: provider });
    return JSON.stringify(service).includes('"Updating"');
  };
  await until(isUpdating);
}
