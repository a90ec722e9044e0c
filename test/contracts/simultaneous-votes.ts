import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { verifyChain } from "../../src/ledger/chain.ts";
import type { AuditEvent } from "../../src/ledger/event.ts";
import { requestId } from "../../src/requests/request-id.ts";
import { decideManually } from "../../src/workflow/decide-manually.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { aConnectionRef, aServiceRef, event, request } from "../builders.ts";
import { FakeDirectory } from "../fakes/directory.ts";

const tenant = "22222222-0000-4000-8000-000000000002";
const group = "55555555-0000-4000-8000-000000000005";
const people = Array.from({ length: 20 }, (_, n) => `aaaaaaaa-0000-4000-8000-0000000000${n + 10}`);

/** Twenty people press a button at the same moment, on hosts that share nothing but what `open` opens. */
export function simultaneousVotesSuite(name: string, open: () => Promise<() => Ports>): void {
  describe(`twenty people who click at once, on three hosts: ${name}`, () => {
    const cases: Readonly<Record<string, readonly [number, (n: number) => "approve" | "reject", string]>> = {
      "one approval is enough": [1, () => "approve", "approving"],
      "five are needed": [5, () => "approve", "approving"],
      "half of them are needed": [10, () => "approve", "approving"],
      "half of them reject, and one reject ends it": [20, (n) => (n % 2 ? "approve" : "reject"), "rejecting"],
    };
    for (const [what, [approvals, voteOf, state]] of Object.entries(cases)) {
      it(`${what}: exactly one decision, and every answer tells the truth`, async () => {
        const world = await staged(await open(), approvals);
        const outcomes = await Promise.all(people.map((objectId, n) => world.vote(n, objectId, voteOf(n))));
        const { request: after, events } = await world.look();
        assert.equal(after.state, state);
        assert.equal(events.filter(({ kind }) => kind === "decided").length, 1);
        const recorded = outcomes.filter(({ kind }) => kind === "recorded").length;
        assert.equal(outcomes.filter(({ kind }) => kind === "ended").length, people.length - recorded);
        assert.equal(events.filter(({ kind }) => kind === "voted").length, recorded);
        assert.equal(new Set(after.votes.map(({ objectId }) => objectId)).size, recorded);
        if (state === "approving") assert.equal(recorded, approvals);
        assert.equal(after.votes.filter(({ vote }) => vote === "reject").length, state === "rejecting" ? 1 : 0);
      });
    }

    it("one person who clicks twenty times, both ways, has one last word", async () => {
      const world = await staged(await open(), 2);
      const [one = ""] = people;
      await Promise.all(people.map((_, n) => world.vote(n, one, n % 2 ? "approve" : "reject")));
      const { request: after, events } = await world.look();
      assert.deepEqual([after.state, after.votes.map(({ vote }) => vote)], ["rejecting", ["reject"]]);
      assert.ok(events.filter(({ kind }) => kind === "voted").length <= 2);
    });

    it("strangers among them are on record once each and stop nobody", async () => {
      const world = await staged(await open(), 2, people.slice(0, 2));
      const outcomes = await Promise.all([...people, ...people.slice(15)].map((id, n) => world.vote(n, id, "approve")));
      const { request: after, events } = await world.look();
      assert.equal(after.state, "approving");
      const strangers = events.filter(({ kind }) => kind === "vote-refused");
      assert.equal(new Set(strangers.map(({ who }) => who.kind === "person" && who.objectId)).size, strangers.length);
      assert.ok(outcomes.every((outcome) => outcome.kind !== "refused" || outcome.why === "not-a-reviewer"));
    });
  });
}

/** A request that waits for `approvals` people of a group of which `members` are. */
async function staged(host: () => Ports, approvals: number, members: readonly string[] = people) {
  const directory = new FakeDirectory().add(group, ...members);
  const hosts = [1, 2, 3].map((): Ports => {
    const ports = host();
    return { ...ports, directory, settings: { ...ports.settings, tenantId: tenant } };
  });
  const [first] = hosts;
  assert.ok(first);
  const waiting = request({
    state: "awaiting-decision",
    reviewers: [{ group, name: "network", approvals }],
  });
  const { id, service } = waiting;
  assert.equal(id, requestId(aServiceRef().id, aConnectionRef().id, 1));
  const key = `${id}|asked`;
  const asked = {
    key,
    request: waiting,
    expected: null,
    events: [event({ kind: "escalated" }, waiting)],
    notify: false,
  };
  assert.equal((await first.ledger.commit(asked)).kind, "committed");
  return {
    vote: (n: number, objectId: string, vote: "approve" | "reject") =>
      decideManually(
        {
          ...{ requestId: id, vote, justification: "CHG-1", door: "teams", correlation: `c-${n}` },
          person: { objectId, tenantId: tenant, name: `Person ${n}`, groups: undefined },
        },
        hosts[n % hosts.length] ?? first,
      ),
    look: async () => {
      const events: AuditEvent[] = [];
      for await (const one of first.ledger.events(service)) events.push(one);
      assert.equal((await verifyChain(first.ledger.events(service), await first.ledger.head(service))).ok, true);
      const stored = await first.ledger.request(id);
      assert.ok(stored);
      return { request: stored.request, events };
    },
  };
}
