import assert from "node:assert/strict";
import { it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { Step } from "../../src/ledger/commit.ts";
import { connectionKey, type RequestId, serviceKey } from "../../src/requests/request-id.ts";
import type { Ledger, StoredRequest } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, customer, event, noon, request, step } from "../builders.ts";

/** Opens a ledger that holds nothing; `host` gives a further host on the same storage. */
export type OpenLedger = () => Promise<{ readonly host: () => Ledger }>;

const service = serviceKey(aServiceRef().id);

/** What a ledger answers to each question about what was committed. */
export function ledgerReadContract(open: OpenLedger): void {
  it("knows nothing of a service without requests", async () => {
    const ledger = (await open()).host();
    const { id } = request();
    assert.equal(await ledger.request(id), undefined);
    assert.equal(await ledger.latestOf(service, "aaaaaaaaaa"), undefined);
    assert.deepEqual(await ledger.unsettled(service), { open: [], awaitedLinks: [], approvals: [], findings: [] });
    assert.deepEqual(await ledger.eventsOf(id), []);
    assert.deepEqual(await collect(ledger.events(service)), []);
    assert.deepEqual(await ledger.head(service), { seq: 0, hash: "0".repeat(64) });
    assert.deepEqual(await ledger.history(service, customer), { approvedBefore: false, rejectedBefore: false });
  });

  it("finds no request under a text that is no request id", async () => {
    const ledger = (await open()).host();
    assert.equal(await ledger.request("' or true" as RequestId), undefined);
    assert.deepEqual(await ledger.eventsOf("../x" as RequestId), []);
  });

  it("lists the open requests and no ended one", async () => {
    const ledger = (await open()).host();
    const [one, two, three] = ["pe-1.1", "pe-2.1", "pe-3.1"].map((at) => request({}, aConnectionRef(at)));
    for (const begun of [one, two, three]) await ledger.commit(step({ request: begun ?? request() }));
    const stored = await ledger.request(two?.id ?? request().id);
    assert.ok(stored);
    const ended = { ...stored.request, state: "withdrawn" } as const;
    await ledger.commit(step({ request: ended, expected: stored.etag, events: [event({ kind: "withdrawn" }, ended)] }));
    const { open: found } = await ledger.unsettled(service);
    assert.deepEqual(found.map(({ request: { id } }) => id).sort(), [one?.id, three?.id].sort());
  });

  it("gives the links that are awaited beside the open requests, until they are known or forgotten", async () => {
    const ledger = (await open()).host();
    const [one, two, three] = ["pe-1.1", "pe-2.1", "pe-3.1"].map((at) => request({}, aConnectionRef(at)));
    assert.ok(one && two && three);
    const approvals = [one, two].map((begun) => ({ ...begun, state: "approved" as const }));
    const stored = [];
    for (const ended of approvals) stored.push(await committedBy(ledger, step({ request: ended, link: "awaited" })));
    await committedBy(ledger, step({ request: three }));
    const unsettled = async () => {
      const { open: found, awaitedLinks } = await ledger.unsettled(service);
      return [found.map(({ request: { id } }) => id), awaitedLinks.map(({ requestId }) => requestId).sort()];
    };
    assert.deepEqual(await unsettled(), [[three.id], [one.id, two.id].sort()]);
    const { awaitedLinks } = await ledger.unsettled(service);
    const since = new Date(noon);
    assert.deepEqual(
      awaitedLinks.find(({ requestId }) => requestId === one.id),
      { requestId: one.id, connectionId: one.connectionId, since },
    );

    const known = { ...one, state: "approved", linkIdentifier: "7" } as const;
    const expected = stored[0]?.etag ?? null;
    const told = step({ request: known, key: "known", expected, link: "known" });
    assert.equal((await ledger.commit(told)).kind, "committed");
    assert.deepEqual(await unsettled(), [[three.id], [two.id]]);
    await ledger.forgetLink(two.id);
    await ledger.forgetLink(two.id);
    assert.deepEqual(await unsettled(), [[three.id], []]);
    // Given up, and then it was there after all.
    const late = step({
      request: { ...two, state: "approved" },
      key: "late",
      expected: stored[1]?.etag ?? null,
      link: "known",
    });
    assert.equal((await ledger.commit(late)).kind, "committed");
  });

  it("gives the latest round of a connection, open or ended, whatever the count of its digits", async () => {
    const ledger = (await open()).host();
    const of = aConnectionRef();
    for (const round of [1, 9, 10, 100]) {
      await ledger.commit(step({ request: request({ round, state: "withdrawn" }, of) }));
    }
    await ledger.commit(step({ request: request({ round: 200 }, aConnectionRef("another.1")) }));
    const latest = await ledger.latestOf(service, connectionKey(of.id));
    assert.equal(latest?.request.round, 100);
  });

  it("remembers how requests of a consumer ended at this service and at no other", async () => {
    const ledger = (await open()).host();
    const upper = customer.toUpperCase();
    await ledger.commit(step({ request: request({ state: "approved" }, aConnectionRef("pe-1.1")) }));
    assert.deepEqual(await ledger.history(service, upper), { approvedBefore: true, rejectedBefore: false });
    await ledger.commit(step({ request: request({ state: "rejected" }, aConnectionRef("pe-2.1")) }));
    assert.deepEqual(await ledger.history(service, customer), { approvedBefore: true, rejectedBefore: true });
    const elsewhere = serviceKey(aServiceRef("pls-b").id);
    assert.deepEqual(await ledger.history(elsewhere, customer), { approvedBefore: false, rejectedBefore: false });
  });

  it("gives the events of one request, oldest first, though others came in between", async () => {
    const ledger = (await open()).host();
    const [mine, other] = [request({}, aConnectionRef("pe-1.1")), request({}, aConnectionRef("pe-2.1"))];
    const begun = await committedBy(
      ledger,
      step({ request: mine, events: [event({}, mine), event({ kind: "evaluated" }, mine)] }),
    );
    await committedBy(ledger, step({ request: other }));
    const decided = { ...begun.request, state: "approving" } as const;
    await committedBy(
      ledger,
      step({ request: decided, expected: begun.etag, events: [event({ kind: "decided" }, mine)] }),
    );
    const events = await ledger.eventsOf(mine.id);
    assert.deepEqual(
      events.map(({ seq, kind }) => [seq, kind]),
      [
        [1, "requested"],
        [2, "evaluated"],
        [4, "decided"],
      ],
    );
  });

  it("reads the chain up to a head that was read before, whatever was added since", async () => {
    const ledger = (await open()).host();
    await committedBy(ledger, step({ request: request({}, aConnectionRef("pe-1.1")) }));
    const head = await ledger.head(service);
    await committedBy(ledger, step({ request: request({}, aConnectionRef("pe-2.1")) }));
    assert.equal((await verifyChain(ledger.events(service, head.seq), head)).ok, true);
    assert.equal((await verifyChain(ledger.events(service), head)).ok, false);
    assert.deepEqual(
      (await ledger.eventsBetween(service, 2, 2)).map(({ seq }) => seq),
      [2],
    );
  });
}

export async function committedBy(ledger: Ledger, told: Step): Promise<StoredRequest> {
  const committed = await ledger.commit(told);
  assert.ok(committed.kind === "committed", `the step was not committed: ${committed.kind}`);
  return committed.stored;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
