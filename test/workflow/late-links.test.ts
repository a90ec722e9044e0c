import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { serviceKey } from "../../src/requests/request-id.ts";
import { lacksLink, linkSituationsOf, nextLookForLink } from "../../src/workflow/late-links.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { aConnectionRef, anEndpoint, aServiceRef, connection, noon, request, service } from "../builders.ts";
import { assertChainHolds, auditOf, blocked, kindsOf, requestOf, review, type Stage, stage } from "./stage.ts";

const approved = (change = {}) => connection({ status: "Approved", ...change });
const awaited = { requestId: request().id, connectionId: aConnectionRef().id, since: new Date(noon) };
const after = (hours: number) => new Date(awaited.since.getTime() + hours * 3_600_000);

describe("A LinkID is awaited", () => {
  const cases = {
    "when ARM shows an approved connection without it": [approved(), null, true],
    "not when the connection shows it": [approved({ linkIdentifier: "7" }), null, false],
    "not when it was seen while the connection was Pending": [approved(), "7", false],
    "not of a rejected connection": [connection({ status: "Rejected" }), null, false],
    "not of a connection in a state that nobody knows": [connection({ status: "Unknown" }), null, false],
  } as const;
  for (const [name, [shown, linkIdentifier, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(lacksLink(shown, { linkIdentifier }), expected));
  }
});

describe("What becomes of an awaited LinkID", () => {
  const cases = {
    "it is shown": [[approved({ linkIdentifier: "7" })], 0, "shown"],
    "it is shown after any time": [[approved({ linkIdentifier: "7" })], 24 * 30, "shown"],
    "it is awaited on": [[approved()], 24, "awaited"],
    "it is given up after a week": [[approved()], 24 * 7 + 1, "given-up"],
    "it is given up with the connection": [[], 0, "given-up"],
    "it is given up when the connection is not approved any more": [
      [connection({ status: "Disconnected" })],
      0,
      "given-up",
    ],
    "it is given up when its consumer asks anew": [[connection()], 0, "given-up"],
    "it is left alone in a state that nobody knows": [[connection({ status: "Unknown" })], 24 * 30, "awaited"],
  } as const;
  for (const [name, [connections, hours, expected]] of Object.entries(cases)) {
    it(name, () => {
      const [situation] = linkSituationsOf(service({ connections: [...connections] }), [awaited], after(hours));
      assert.equal(situation?.kind, expected);
    });
  }

  it("is looked for in half a minute, then after as long as it was awaited, at most a day", () => {
    const pauses = [0, 1 / 120, 1, 20, 24 * 6].map(
      (hours) => (nextLookForLink(awaited.since, after(hours)).getTime() - after(hours).getTime()) / 1000,
    );
    assert.deepEqual(pauses, [30, 30, 3600, 72_000, 86_400]);
  });
});

describe("A LinkID that ARM shows late", () => {
  const lateStage = () => {
    const ports = stage();
    ports.connections.linkOnApproval = undefined;
    return ports;
  };
  /** One sweep, and the review if it wakes one; answers whether it did. */
  const sweep = async (ports: Stage): Promise<boolean> => {
    await reconcile(ports);
    const woken = ports.watch.take() !== undefined;
    if (woken) await review(ports);
    return woken;
  };
  const awaitedBy = async (ports: Ports) => (await ports.ledger.unsettled(serviceKey(aServiceRef().id))).awaitedLinks;

  it("is found by a sweep, though nothing else about the connection changed", async () => {
    const ports = lateStage();
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.linkIdentifier, null);
    assert.equal(await sweep(ports), false, "the first look is not due yet");
    ports.connections.showLink(aConnectionRef(), "4711");
    ports.clock.advance(31);
    assert.equal(await sweep(ports), true);

    const request = await requestOf(ports, connection());
    assert.deepEqual([request?.state, request?.linkIdentifier], ["approved", "4711"]);
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "applied", "link-identified"]);
    const last = (await auditOf(ports)).at(-1);
    assert.deepEqual([last?.who.kind, last?.linkIdentifier, last?.requestId], ["robot", "4711", request?.id]);
    const { entries } = await ports.index.searchAudit({ link: "4711", top: 10 });
    assert.deepEqual(
      entries.map(({ requestId }) => requestId),
      [request?.id],
    );
    assert.equal(ports.connections.writes.length, 1, "a text is not worth a second write");
    await assertChainHolds(ports);
  });

  it("is found for a connection that somebody approved beside plgate, too", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: anEndpoint("pe-s", megansFriend) })] })]);
    await review(ports);
    const outside = approved({ endpoint: anEndpoint("pe-s", megansFriend) });
    ports.connections.connect(outside);
    await review(ports);
    assert.equal((await requestOf(ports, outside))?.state, "resolved-elsewhere");
    ports.connections.showLink(aConnectionRef(), "4711");
    await review(ports);
    const request = await requestOf(ports, outside);
    assert.deepEqual([request?.state, request?.linkIdentifier], ["resolved-elsewhere", "4711"]);
  });

  it("is not awaited of a rejected connection", async () => {
    const ports = stage([service({ connections: [connection({ endpoint: anEndpoint("pe-b", blocked) })] })]);
    await review(ports);
    assert.deepEqual(await awaitedBy(ports), []);
  });

  it("costs nothing when it comes with the approval", async () => {
    const ports = stage();
    await review(ports);
    assert.deepEqual(await awaitedBy(ports), []);
    ports.clock.advance(3600 * 24);
    assert.equal(await sweep(ports), false);
  });

  it("is given up after a week in about twenty looks, and the service is left in peace", async () => {
    const ports = lateStage();
    await review(ports);
    let looks = 0;
    for (let tick = 0; tick < 9 * 24 * 6; tick += 1) {
      ports.clock.advance(600);
      looks += (await sweep(ports)) ? 1 : 0;
    }
    assert.ok(looks >= 10 && looks <= 22, `${looks} looks`);
    assert.deepEqual(await awaitedBy(ports), []);
    assert.deepEqual(await kindsOf(ports), ["requested", "evaluated", "decided", "applied"]);
  });

  it("is not given to the request of another endpoint that took the connection's name", async () => {
    const ports = lateStage();
    await review(ports);
    ports.connections.connect(approved({ endpoint: anEndpoint("pe-other", megansFriend), linkIdentifier: "4711" }));
    await review(ports);
    assert.equal((await requestOf(ports, connection()))?.linkIdentifier, null);
    assert.deepEqual(await awaitedBy(ports), []);
  });

  it("is put on record once, when two hosts see it at the same time", async () => {
    const ports = lateStage();
    await review(ports);
    ports.connections.showLink(aConnectionRef(), "4711");
    await Promise.all([review(ports), review({ ...ports, watch: stage().watch })]);
    const kinds = await kindsOf(ports);
    assert.equal(kinds.filter((kind) => kind === "link-identified").length, 1);
    await assertChainHolds(ports);
  });
});

describe("An approval tells the consumer its LinkID", () => {
  const described = async (linkIdentifier: string | undefined, linkIdInDescription: boolean) => {
    const ports = stage([service({ connections: [connection({ linkIdentifier })] })], { linkIdInDescription });
    await review(ports);
    return ports.connections.writes[0]?.description.replace(/ plgate .*/, "");
  };

  it("when it is configured and the number is known", async () =>
    assert.equal(await described("4711", true), "Approved. LinkID 4711."));
  it("not when nobody configured it", async () => assert.equal(await described("4711", false), "Approved."));
  it("not when ARM does not show the number yet", async () =>
    assert.equal(await described(undefined, true), "Approved."));
});

const megansFriend = "77777777-0000-4000-8000-000000000007";
