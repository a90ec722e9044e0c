import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyHead, link } from "../../src/ledger/chain.ts";
import { requestId } from "../../src/requests/request-id.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { holderFrom } from "../../src/workflow/link-holder.ts";
import { type LinkPorts, showLink } from "../../src/workflow/show-link.ts";
import { aConnectionRef, aServiceRef, connection, customer, event, noon, request, service } from "../builders.ts";
import { approvedFor, day, pass, voteOn } from "./approved.ts";
import { approvedByMegan, linked, stranger, twoUnderOneNumber } from "./linked.ts";
import { blocked, megan, requestOf, review, type Stage, stage, tenant } from "./stage.ts";

describe("Who is behind a LinkID", () => {
  it("is a consumer with request, approval, rules and policy versions", async () => {
    const ports = stage([service({ connections: [linked("4711")] })]);
    await review(ports);
    const { holders, notMatching } = await showLink("4711", ports);
    const stored = await requestOf(ports, connection());
    assert.deepEqual(holders, [
      {
        requestId: requestId(aServiceRef().id, aConnectionRef().id, 1),
        state: "approved",
        requestedAt: stored?.requestedAt,
        serviceId: aServiceRef().id,
        connectionId: aConnectionRef().id,
        endpointId: stored?.endpointId,
        endpointRegion: "westeurope",
        consumer: { subscriptionId: customer, name: "Contoso", tier: "gold", tenantId: null },
        approval: {
          at: stored?.decided?.at,
          by: { kind: "robot" },
          door: "event",
          reason: "A registered customer within quota.",
          rules: ["customer"],
          votes: [],
          confirmedAt: stored?.updatedAt,
          expiresAt: null,
        },
        policies: stored?.verdict?.policies,
        liveSince: stored?.updatedAt,
        standing: "It is let in; no end of it is on record.",
      },
    ]);
    assert.deepEqual(
      stored?.verdict?.policies.map(({ name, version }) => [name, version]),
      [["stage", 1]],
    );
    assert.deepEqual(notMatching, []);
  });

  it("are two consumers when two services use one number, the newest first, with the words of who approved", async () => {
    const { holders } = await showLink("4711", await twoUnderOneNumber());
    assert.deepEqual(
      holders.map(({ consumer, serviceId }) => [consumer.subscriptionId, consumer.name, serviceId]),
      [
        [stranger, null, aServiceRef("pls-b").id],
        [customer, "Contoso", aServiceRef().id],
      ],
    );
    const [{ approval } = { approval: null }] = holders;
    assert.deepEqual(approval?.by, { kind: "person", objectId: megan, tenantId: tenant, name: "Megan" });
    assert.deepEqual(
      [approval?.door, approval?.votes.map(({ name, justification }) => [name, justification])],
      ["teams", [["Megan", "CHG-4711"]]],
    );
  });

  it("is known since the approval, though the number came later", async () => {
    const ports = stage();
    ports.connections.linkOnApproval = undefined;
    await review(ports);
    const approvedAt = (await requestOf(ports, connection()))?.updatedAt;
    assert.deepEqual((await showLink("4711", ports)).holders, []);
    ports.clock.advance(3600);
    ports.connections.showLink(aConnectionRef(), "4711");
    await review(ports);
    const [holder] = (await showLink("4711", ports)).holders;
    assert.deepEqual([holder?.state, holder?.liveSince], ["approved", approvedAt]);
  });

  it("is a consumer whom somebody let in beside plgate, since it was found", async () => {
    const waiting = linked("4711", "pe-x", stranger);
    const ports = stage([service({ connections: [waiting] })]);
    await review(ports);
    ports.connections.connect({ ...waiting, status: "Approved", rawStatus: "Approved" });
    await review(ports);
    const [holder] = (await showLink("4711", ports)).holders;
    assert.deepEqual(
      [holder?.state, holder?.approval?.by, holder?.approval?.rules, holder?.liveSince],
      ["resolved-elsewhere", { kind: "outside" }, [], holder?.approval?.at],
    );
  });

  const notLive: Readonly<Record<string, (ports: Stage) => Promise<void>>> = {
    "It is not let in: the request is awaiting-decision.": async () => {},
    "It was not let in: the request is withdrawn. The connection is gone.": async (ports) =>
      ports.connections.disconnect(aConnectionRef()),
    "It was not let in: the request is resolved-elsewhere. Found Rejected on ARM; it was decided outside plgate.":
      async (ports) =>
        ports.connections.connect({ ...linked("4711", "pe-x", stranger), status: "Rejected", rawStatus: "Rejected" }),
  };
  for (const [standing, act] of Object.entries(notLive)) {
    it(`says plainly: ${standing}`, async () => {
      const ports = stage([service({ connections: [linked("4711", "pe-x", stranger)] })]);
      await review(ports);
      await act(ports);
      await review(ports);
      const [holder] = (await showLink("4711", ports)).holders;
      assert.deepEqual([holder?.standing, holder?.liveSince, holder?.approval], [standing, null, null]);
    });
  }

  it("is not live any more when its connection asked anew", async () => {
    const ports = stage([service({ connections: [linked("4711", "pe-x", stranger)] })]);
    await review(ports);
    await approvedByMegan(ports, linked("4711"));
    await review(ports);
    ports.clock.advance(60);
    ports.connections.connect(linked("4711", "pe-x", stranger));
    await review(ports);
    const { holders } = await showLink("4711", ports);
    assert.deepEqual(
      holders.map(({ requestId: id, state, liveSince }) => [id.at(-1), state, liveSince]),
      [
        ["2", "awaiting-decision", null],
        ["1", "approved", null],
      ],
    );
    assert.match(
      holders[1]?.standing ?? "",
      /^It was let in, and its approval ended at .*: its connection is Pending again\.$/,
    );
  });

  it("is nobody whom policy rejected", async () => {
    const ports = stage([service({ connections: [linked("4711", "pe-b", blocked)] })]);
    await review(ports);
    const [holder] = (await showLink("4711", ports)).holders;
    assert.deepEqual([holder?.state, holder?.approval, holder?.liveSince], ["rejected", null, null]);
  });

  it("is nobody under a number that nobody has", async () => {
    const found = await showLink("1", await twoUnderOneNumber());
    assert.deepEqual(found, { linkIdentifier: "1", holders: [], notMatching: [] });
  });
});

describe("What the record of a request says about who holds its LinkID", () => {
  const approved = request({
    state: "approved",
    linkIdentifier: "7",
    decided: { kind: "approve", reason: "Known.", by: { kind: "robot" }, door: "event", at: noon },
    expiresAt: "2026-12-24T12:00:00.000Z",
  });
  const recorded = (...kinds: readonly ("applied" | "revoked" | "expired")[]) =>
    holderFrom({
      request: approved,
      latest: approved.id,
      events: link(
        emptyHead,
        kinds.map((kind) => event({ kind, what: `It ${kind}.` }, approved)),
      ).events,
    });

  it("is the end of an approval, if one is on record", () => {
    for (const end of ["revoked", "expired"] as const) {
      const { liveSince, standing, approval } = recorded("applied", end);
      assert.equal(liveSince, null);
      assert.equal(standing, `It was let in, and its approval ended at ${noon}: It ${end}.`);
      assert.equal(approval?.confirmedAt, noon);
    }
  });

  it("is when the approval is to end, which is no end yet", () => {
    const { liveSince, approval } = recorded("applied");
    assert.deepEqual([liveSince, approval?.expiresAt], [noon, "2026-12-24T12:00:00.000Z"]);
  });

  it("is no approval while no event says that ARM showed it", () => assert.equal(recorded().approval, null));
});

describe("What the index claims and the ledger does not confirm is no answer", () => {
  const { id } = request();
  const claim = async (change: Partial<Parameters<typeof event>[0]>, ledger: Partial<LinkPorts["ledger"]> = {}) => {
    const ports = stage([service({ connections: [linked("17")] })]);
    await review(ports);
    const claimed = { ...event({ requestId: id, linkIdentifier: "4711" }), ...change };
    await ports.index.addEvents(request().service, link(emptyHead, [claimed]).events);
    const { request: one, latestOf, eventsOf } = ports.ledger;
    const bound = {
      request: one.bind(ports.ledger),
      latestOf: latestOf.bind(ports.ledger),
      eventsOf: eventsOf.bind(ports.ledger),
    };
    return showLink("4711", { index: ports.index, ledger: { ...bound, ...ledger } });
  };
  const stored = (linkIdentifier: string | null) => ({
    latestOf: async () => ({ request: request({ linkIdentifier }), etag: "1" }),
  });

  const cases: Readonly<Record<string, readonly [() => ReturnType<typeof claim>, string]>> = {
    "a request of another LinkID": [() => claim({}), `request ${id} carries LinkID 17`],
    "a request without any": [() => claim({}, stored(null)), `request ${id} carries no LinkID`],
    "a row whose chain knows nothing of the number": [
      () => claim({}, stored("4711")),
      `no event of request ${id} carries LinkID 4711`,
    ],
    "no such request": [
      () => claim({ requestId: "aaaaaaaaaaaaaaaa-bbbbbbbbbb-1" }),
      "the ledger has no request aaaaaaaaaaaaaaaa-bbbbbbbbbb-1",
    ],
    "no request at all": [() => claim({ requestId: null }), "the entry names no request"],
    "a text that is no request id": [() => claim({ requestId: "' or true" }), "the entry names no request"],
    "a row that cannot be read": [
      () =>
        claim({}, { latestOf: () => Promise.reject(new PlgateError("row x cannot be read", { retryable: false })) }),
      "row x cannot be read",
    ],
  };
  for (const [name, [ask, why]] of Object.entries(cases)) {
    it(name, async () => {
      const { holders, notMatching } = await ask();
      assert.deepEqual(holders, []);
      assert.deepEqual(notMatching, [{ service: request().service, seq: 1, why }]);
    });
  }

  it("but storage that does not answer is no finding", async () => {
    const away = () => Promise.reject(new PlgateError("storage is away", { retryable: true }));
    await assert.rejects(claim({}, { latestOf: away }), { message: "storage is away" });
  });
});

describe("A LinkID whose approval ends", () => {
  const standings = async (ports: Stage) =>
    (await showLink("4711", ports)).holders.map(({ requestId: id, liveSince, standing }) => [
      ...[id.slice(id.lastIndexOf("-")), liveSince !== null],
      standing.replaceAll(/[a-z2-7]{16}-[a-z2-7]{10}-/g, "round ").replaceAll(/ at \S+:/g, ":"),
    ]);
  const asked = async () => {
    const ports = await approvedFor("P14D", {}, [linked("4711", "pe-x")]);
    await pass(ports, 11.5 * day);
    return ports;
  };

  it("is let in while people are asked", async () => {
    assert.deepEqual(await standings(await asked()), [
      ["-2", false, "This request asks whether it stays, and is awaiting-decision."],
      ["-1", true, "It is let in; request round 2 asks whether it stays."],
    ]);
  });

  it("is let in by those who kept it, and by those who let it in first", async () => {
    const ports = await asked();
    await voteOn(ports, "approve", undefined, linked("4711"));
    assert.deepEqual(await standings(ports), [
      ["-2", true, "It is let in; no end of it is on record."],
      ["-1", true, "It is let in; request round 2 kept it."],
    ]);
  });

  it("is let in no longer once it was taken away", async () => {
    const ports = await asked();
    await pass(ports, 3 * day);
    assert.deepEqual(await standings(ports), [
      ["-2", false, "This request asks whether it stays, and is rejected. Revoked: Rejected on ARM."],
      ["-1", false, "It was let in, and that ended: Revoked: Rejected on ARM. Request round 2."],
    ]);
  });

  it("is let in no longer once its connection is gone", async () => {
    const ports = await approvedFor("P14D", {}, [linked("4711", "pe-x")]);
    ports.connections.disconnect(linked("4711").ref);
    await review(ports);
    assert.deepEqual(await standings(ports), [
      ["-1", false, "It was let in, and its approval ended: The approval ended: its connection is gone."],
    ]);
  });
});
