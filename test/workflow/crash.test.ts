import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { publishedType } from "../../src/ledger/published.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { aConnectionRef, anEndpoint, connection, service } from "../builders.ts";
import { subscribed } from "./published.ts";
import { assertChainHolds, auditOf, blocked, kindsOf, megan, requestOf, review, stage, tenant } from "./stage.ts";
import { survives } from "./survival.ts";

const stranger = anEndpoint("pe-s", "77777777-0000-4000-8000-000000000007");

describe("A host killed at any call to the outside loses nothing and decides nothing twice", () => {
  it("while it approves a customer, rejects a blocked one and escalates a stranger", async () => {
    const three = [
      connection(),
      connection({ ref: aConnectionRef("pe-b.1"), endpoint: anEndpoint("pe-b", blocked) }),
      connection({ ref: aConnectionRef("pe-s.1"), endpoint: stranger }),
    ] as const;
    await survives(
      (ports) => review(ports),
      async () => stage([service({ connections: [...three] })]),
      async (ports) => {
        const states = await Promise.all(three.map(async (one) => (await requestOf(ports, one))?.state));
        assert.deepEqual(states, ["approved", "rejected", "awaiting-decision"]);
        const kinds = [...(await kindsOf(ports))].sort();
        assert.deepEqual(kinds, [
          ...["applied", "applied", "decided", "decided", "escalated"],
          ...["evaluated", "evaluated", "evaluated", "requested", "requested", "requested"],
        ]);
        await assertChainHolds(ports);
        const page = await ports.index.searchAudit({ top: 100 });
        assert.equal(page.entries.length, kinds.length, "every event is in the index");
        // An announcement whose answer was lost may stand twice in the channel; there is one card, whatever happened.
        assert.ok(ports.notifier.posted.length >= 1 && ports.notifier.posted.length <= 2);
        assert.equal(ports.notifier.cardsOf((await requestOf(ports, three[2]))?.id ?? "").length, 1);
      },
    );
  });

  it("while subscribers are told, who hear of everything, again under the same ids", async () => {
    await survives(
      (ports) => review(ports),
      async () => subscribed(stage()),
      async (ports) => {
        const events = await auditOf(ports);
        const news = events.filter((event) => publishedType(event, false)).map(({ seq }) => seq);
        const told = new Set(ports.publisher.events.map(({ data }) => data.audit.seq));
        assert.deepEqual([...told].sort(), news);
        assert.equal(new Set(ports.publisher.events.map(({ id, type }) => `${id} ${type}`)).size, news.length);
        assert.equal((await ports.outbox.waiting()).count, 0);
      },
    );
  });

  it("while it takes a person's vote and carries it out", async () => {
    const prepare = async () => {
      const ports = stage([service({ connections: [connection({ endpoint: stranger })] })]);
      await review(ports);
      return ports;
    };
    const vote = async (ports: Ports) => {
      const request = await requestOf(ports, connection());
      await decideManually(
        {
          requestId: request?.id ?? "",
          vote: "approve",
          justification: "CHG-1",
          person: { objectId: megan, tenantId: tenant, name: "Megan", groups: undefined },
          door: "teams",
          correlation: "c",
        },
        ports,
      );
      await review(ports);
    };
    await survives(vote, prepare, async (ports) => {
      const request = await requestOf(ports, connection());
      // Killed before the vote was on record, the person votes again; afterwards it must never be needed.
      if (request?.state === "awaiting-decision") {
        assert.equal(request.votes.length, 0);
        await vote(ports);
      }
      assert.equal((await requestOf(ports, connection()))?.state, "approved");
      const kinds = await kindsOf(ports);
      assert.deepEqual(kinds, ["requested", "evaluated", "escalated", "voted", "decided", "applied"]);
      await assertChainHolds(ports);
      assert.ok(
        ports.connections.writes.length <= 2,
        "a write is repeated only when nobody could know that it was done",
      );
    });
  });

  it("while it puts a LinkID on record that ARM shows late, and gives up another", async () => {
    const gone = connection({ ref: aConnectionRef("pe-g.1"), endpoint: anEndpoint("pe-g") });
    const prepare = async () => {
      const ports = stage([service({ connections: [connection(), gone] })]);
      ports.connections.linkOnApproval = undefined;
      await review(ports);
      ports.connections.showLink(aConnectionRef(), "4711");
      ports.connections.disconnect(gone.ref);
      return ports;
    };
    await survives(
      (ports) => review(ports),
      prepare,
      async (ports) => {
        assert.equal((await requestOf(ports, connection()))?.linkIdentifier, "4711");
        assert.equal((await kindsOf(ports)).filter((kind) => kind === "link-identified").length, 1);
        assert.equal((await ports.index.searchAudit({ link: "4711", top: 10 })).entries.length, 1);
        const { awaitedLinks } = await ports.ledger.unsettled(serviceKey(connection().ref.service.id));
        assert.deepEqual(awaitedLinks, []);
        await assertChainHolds(ports);
      },
    );
  });
});
