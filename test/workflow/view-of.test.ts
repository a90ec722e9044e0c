import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import { parseRequestId } from "../../src/requests/request-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { viewOf } from "../../src/workflow/view-of.ts";
import { fakePorts } from "../fakes/ports.ts";
import { aDecision, aRequest } from "../teams/a-view.ts";

const asked = "2026-11-23T10:00:00.000Z";

/** A request of the usual consumer, known to ledger and index; `n` makes its id and its endpoint's name. */
async function known(ports: ReturnType<typeof fakePorts>, n: number, change: Partial<ApprovalRequest>) {
  const id = parseRequestId(`abcdefghijklmnop-qrstuvwxyz-${n}`)?.id;
  if (!id) throw new Error("the example is not a request id");
  const request = aRequest({ id, connectionName: `pe-${n}`, endpointId: null, round: n, ...change });
  const about = { kind: "requested", what: "asked", requestId: id } as const;
  const event = {
    ...about,
    time: request.requestedAt,
    who: { kind: "robot" } as const,
    door: "event" as const,
    why: null,
    serviceId: request.serviceId,
    connectionId: request.connectionId,
    consumerSubscriptionId: request.consumerSubscriptionId,
    linkIdentifier: null,
    correlation: "c",
    detail: {},
  };
  await ports.ledger.commit({ key: `${id}|new`, request, expected: null, events: [event], notify: false });
  await ports.index.putRequest(request, n);
  return request;
}

async function namesBefore(ports: ReturnType<typeof fakePorts>, request: ApprovalRequest) {
  const { earlier } = await viewOf(request, ports);
  return earlier === "unreadable" ? earlier : earlier.map(({ connectionName }) => connectionName);
}

describe("viewOf", () => {
  it("names the last three requests that came before this one, the newest first, and never this one", async () => {
    const ports = fakePorts();
    for (const n of [1, 2, 3, 4]) await known(ports, n, { requestedAt: `2026-11-2${n - 1}T10:00:00.000Z` });
    const request = await known(ports, 5, { requestedAt: "2026-11-24T10:00:00.000Z" });
    await known(ports, 6, { requestedAt: "2026-11-25T10:00:00.000Z" });
    assert.deepEqual(await namesBefore(ports, request), ["pe-4", "pe-3", "pe-2"]);
  });

  it("tells how each ended as the ledger has it, and by whom", async () => {
    const ports = fakePorts();
    const decided = aDecision({ kind: "reject" });
    const before = await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z", state: "rejected", decided });
    const { id, state, updatedAt, connectionName, endpointId } = before;
    const { earlier } = await viewOf(await known(ports, 2, { requestedAt: asked }), ports);
    assert.deepEqual(earlier, [{ id, state, updatedAt, connectionName, endpointId, decided }]);
  });

  it("finds what came before behind many that came after", async () => {
    const ports = fakePorts();
    await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z" });
    const request = await known(ports, 2, { requestedAt: "2026-11-02T10:00:00.000Z" });
    for (let n = 3; n < 30; n += 1) await known(ports, n, { requestedAt: asked });
    assert.deepEqual(await namesBefore(ports, request), ["pe-1"]);
  });

  it("does not claim that there were none when more came after than it looks through", async () => {
    const ports = fakePorts();
    const request = await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z" });
    for (let n = 2; n < 60; n += 1) await known(ports, n, { requestedAt: asked });
    assert.equal(await namesBefore(ports, request), "unreadable");
  });

  it("leaves other consumers and other services alone", async () => {
    const ports = fakePorts();
    const serviceId = aRequest().serviceId.replace("pls-orders", "pls-other");
    const consumerSubscriptionId = "99999999-9999-9999-9999-999999999999";
    await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z", serviceId });
    await known(ports, 2, { requestedAt: "2026-11-02T10:00:00.000Z", consumerSubscriptionId });
    assert.deepEqual(await namesBefore(ports, await known(ports, 3, { requestedAt: asked })), []);
  });

  it("is given all the same when the list of requests cannot be read, and the log says so", async () => {
    const ports = fakePorts();
    const request = await known(ports, 1, { requestedAt: asked });
    ports.index.searchRequests = async () => {
      throw new PlgateError("the index does not answer", { retryable: true });
    };
    assert.equal(await namesBefore(ports, request), "unreadable");
    assert.match(JSON.stringify(ports.log), /earlier requests of a consumer cannot be listed/);
  });

  it("reads nothing about a consumer whom nobody knows", async () => {
    const ports = fakePorts();
    ports.index.searchRequests = () => assert.fail("nobody is asked about");
    assert.deepEqual(await namesBefore(ports, aRequest({ consumerSubscriptionId: null })), []);
  });

  it("tells by which request the connection stands that is looked at again, and of no other request", async () => {
    const ports = fakePorts();
    const before = await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z", state: "approved" });
    const live = { cause: "expiry", why: "It ends.", approval: before.id } as const;
    const asking = await known(ports, 2, { requestedAt: asked, live });
    assert.equal((await viewOf(asking, ports)).approval?.id, before.id);
    assert.ok(!("approval" in (await viewOf(before, ports))));
    const outside = await known(ports, 3, { requestedAt: asked, live: { ...live, approval: null } });
    assert.equal((await viewOf(outside, ports)).approval, null);
  });

  it("says of an earlier request whether it was about an approved connection", async () => {
    const ports = fakePorts();
    const live = { cause: "drift", why: "Found.", approval: null } as const;
    await known(ports, 1, { requestedAt: "2026-11-01T10:00:00.000Z", state: "approved", live });
    const { earlier } = await viewOf(await known(ports, 2, { requestedAt: asked }), ports);
    assert.ok(earlier !== "unreadable");
    assert.deepEqual(earlier[0]?.live, live);
  });

  it("speaks the language of the channel and links to the request where there is a public address", async () => {
    const ports = fakePorts([], { language: "ja", publicUrl: "https://plgate.example" });
    const request = aRequest();
    const { language, link } = await viewOf(request, ports);
    assert.equal(language, "ja");
    assert.match(link ?? "", new RegExp(`^https://plgate\\.example/.*${request.id}$`));
  });
});
