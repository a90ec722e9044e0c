import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StandIn } from "../../src/policy/reviewers.ts";
import type { ApprovalRequest } from "../../src/requests/request.ts";
import type { Timetable } from "../../src/requests/timetable.ts";
import { type Ballot, decideManually } from "../../src/workflow/decide-manually.ts";
import type { Settings } from "../../src/workflow/ports.ts";
import { recordRefusal } from "../../src/workflow/refused-votes.ts";
import { anEndpoint, connection, consumer, service } from "../builders.ts";
import { assertChainHolds, auditOf, megan, requestOf, restarted, review, reviewers, stage, tenant } from "./stage.ts";

const adele = "aaaaaaaa-0000-4000-8000-000000000002";
const eve = "eeeeeeee-0000-4000-8000-00000000000e";
const elsewhere = "99999999-0000-4000-8000-000000000009";
const subscription = "77777777-0000-4000-8000-000000000007";
const ownersGroup = "66666666-0000-4000-8000-000000000006";
const seniors = "55555555-0000-4000-8000-000000000006";
const minute = 60_000;

/** A request of somebody unregistered that waits for two people; `change` is laid over what is stored of it. */
async function waiting(change: Partial<ApprovalRequest> = {}, settings: Partial<Settings> = {}) {
  const ports = stage([service({ connections: [connection({ endpoint: anEndpoint("pe-s", subscription) })] })], {
    fallbackReviewers: [{ group: reviewers, name: "network", approvals: 2 }],
  });
  ports.directory.add(reviewers, adele);
  ports.policies.set([]);
  await review(ports);
  const stored = await requestOf(ports, connection());
  assert.ok(stored);
  if (Object.keys(change).length > 0) await lay(ports, { ...stored, ...change });
  return { ports: restarted(ports, settings), id: stored.id };
}

type Waiting = Awaited<ReturnType<typeof waiting>>;

/** Puts a changed request into the ledger, as the review that asked people would have. */
async function lay(ports: Waiting["ports"], request: ApprovalRequest): Promise<void> {
  const stored = await ports.ledger.request(request.id);
  const [asked] = (await auditOf(ports)).filter(({ kind }) => kind === "escalated");
  assert.ok(stored && asked);
  const committed = await ports.ledger.commit({
    ...{ key: "laid", request, expected: stored.etag, events: [{ ...asked, kind: "escalated" }], notify: false },
  });
  assert.equal(committed.kind, "committed");
}

function ballot(requestId: string, change: Partial<Ballot> = {}, person: Partial<Ballot["person"]> = {}): Ballot {
  return {
    ...{ requestId, vote: "approve", justification: "CHG-1234", door: "teams", correlation: "c-1" },
    person: { objectId: megan, tenantId: tenant, name: "Megan Test", groups: undefined, ...person },
    ...change,
  };
}

async function said({ ports, id }: Waiting, change: Partial<Ballot> = {}, person: Partial<Ballot["person"]> = {}) {
  const outcome = await decideManually(ballot(id, change, person), ports);
  return outcome.kind === "refused" ? outcome.why : outcome.kind;
}

const refusals = async ({ ports }: Waiting) => (await auditOf(ports)).filter(({ kind }) => kind === "vote-refused");

const timetable = (dueAt: string): Timetable => ({
  ...{ askedAt: "2026-01-01T00:00:00.000Z", dueAt, expiry: "leave", reminders: [], escalations: [], done: [] },
});

describe("Somebody who may not decide is told why, and it is on record", () => {
  const page = { via: "page" } as const;
  type Case = {
    readonly given?: Partial<ApprovalRequest>;
    readonly settings?: Partial<Settings>;
    readonly world?: (world: Waiting) => unknown;
    readonly change?: Partial<Ballot>;
    readonly person?: Partial<Ballot["person"]>;
    readonly why: string;
  };
  const signedIn = (ageMs: number) => (world: Waiting) => new Date(world.ports.clock.now().getTime() - ageMs);
  const cases: Record<string, Case> = {
    "an account without object id": { person: { objectId: undefined }, why: "no-identity" },
    "an object id that is none": { person: { objectId: "megan" }, why: "no-identity" },
    "somebody of another tenant": { person: { tenantId: elsewhere }, why: "other-tenant" },
    "somebody of the consumer's own tenant": {
      world: ({ ports }) => ports.consumers.put(consumer({ subscriptionId: subscription, tenantId: elsewhere })),
      person: { tenantId: elsewhere.toUpperCase() },
      why: "own-request",
    },
    "somebody of another tenant than ours and the consumer's": {
      world: ({ ports }) => ports.consumers.put(consumer({ subscriptionId: subscription, tenantId: ownersGroup })),
      person: { tenantId: elsewhere },
      why: "other-tenant",
    },
    "a vote at the very end of the time": {
      given: { timetable: timetable("2026-01-01T00:00:00.000Z") },
      why: "too-late",
    },
    "a vote that the mode would not carry out": { settings: { mode: "observe" }, why: "not-votable" },
    "a vote on what is held back": { given: { held: { mode: "observe", effect: "review" } }, why: "not-votable" },
    "a card's button where the page is demanded": { given: page, why: "page-only" },
    "the API where the page is demanded": { given: page, change: { door: "api" }, why: "page-only" },
    "a command where the page is demanded": { given: page, change: { door: "cli" }, why: "page-only" },
    "a page that does not know when they signed in": { given: page, change: { door: "console" }, why: "stale-sign-in" },
    "no words": { change: { justification: " \n" }, why: "no-justification" },
    "a stranger": { person: { objectId: eve }, why: "not-a-reviewer" },
    "a token that names other groups": { person: { groups: [eve] }, why: "not-a-reviewer" },
    "a guest in the reviewers' group": { world: ({ ports }) => ports.directory.makeGuest(megan), why: "guest" },
    "a guest whose token names the reviewers' group": {
      world: ({ ports }) => ports.directory.makeGuest(megan),
      person: { groups: [reviewers] },
      why: "guest",
    },
    "somebody whom the directory does not know, whatever their token names": {
      world: ({ ports }) => ports.directory.forget(megan),
      person: { groups: [reviewers] },
      why: "no-identity",
    },
    "an owner of the consumer": {
      world: ({ ports }) =>
        ports.consumers.put(consumer({ subscriptionId: subscription, owners: [megan.toUpperCase()] })),
      why: "own-request",
    },
    "somebody of a group that owns the consumer": {
      world: ({ ports }) => {
        ports.directory.add(ownersGroup, megan);
        return ports.consumers.put(consumer({ subscriptionId: subscription, owners: [ownersGroup] }));
      },
      why: "own-request",
    },
    "somebody of an owning group that their token does not name": {
      world: ({ ports }) => {
        ports.directory.add(ownersGroup, megan);
        return ports.consumers.put(consumer({ subscriptionId: subscription, owners: [ownersGroup] }));
      },
      person: { groups: [reviewers] },
      why: "own-request",
    },
    "an owner who is no reviewer: that it is their own says more": {
      world: ({ ports }) => ports.consumers.put(consumer({ subscriptionId: subscription, owners: [eve] })),
      person: { objectId: eve },
      why: "own-request",
    },
    "anybody while the directory is silent": {
      world: ({ ports }) => ports.directory.breakDown(),
      why: "directory-unavailable",
    },
    "a token with groups while the directory is silent: it may be a guest's": {
      world: ({ ports }) => ports.directory.breakDown(),
      person: { groups: [reviewers] },
      why: "directory-unavailable",
    },
    "an owner while the directory is silent": {
      world: ({ ports }) => {
        ports.directory.breakDown();
        return ports.consumers.put(consumer({ subscriptionId: subscription, owners: [megan] }));
      },
      why: "own-request",
    },
    "anybody while the registry is silent": { world: silentRegistry, why: "registry-unavailable" },
    "a stranger while the registry is silent: trying again would not help": {
      world: silentRegistry,
      person: { objectId: eve },
      why: "not-a-reviewer",
    },
  };
  for (const [name, { given, settings, world: prepare, change, person, why }] of Object.entries(cases)) {
    it(`${name}: ${why}`, async () => {
      const world = await waiting(given, settings);
      await prepare?.(world);
      assert.equal(await said(world, change, person), why);
      await said(world, change, person);
      const [refused, ...more] = await refusals(world);
      assert.deepEqual(refused?.detail, { reason: why, door: change?.door ?? "teams" });
      assert.deepEqual(more, [], "once for each person and reason");
      const objectId = person && "objectId" in person ? person.objectId : megan;
      const who = why === "no-identity" && objectId !== megan ? "outside" : "person";
      assert.equal(refused?.who.kind, who);
      const request = await requestOf(world.ports, connection());
      assert.deepEqual([request?.state, request?.votes], ["awaiting-decision", []]);
      await assertChainHolds(world.ports);
    });
  }

  for (const [age, expected] of [
    [0, "recorded"],
    [10 * minute, "recorded"],
    [10 * minute + 1, "stale-sign-in"],
    [-minute, "recorded"],
    [-minute - 1, "stale-sign-in"],
    [Number.NaN, "stale-sign-in"],
  ] as const) {
    it(`the page with a sign-in ${age / minute} minutes ago: ${expected}`, async () => {
      const world = await waiting(page);
      assert.equal(await said(world, { door: "console", signedInAt: signedIn(age)(world) }), expected);
    });
  }

  it("a reason of another kind is another event, and so is another person", async () => {
    const world = await waiting();
    await said(world, { justification: "" });
    await said(world, {}, { objectId: eve });
    await said(world, { justification: "" }, { objectId: eve });
    assert.deepEqual(
      (await refusals(world)).map(({ detail, who }) => [detail, who.kind === "person" && who.objectId]),
      [
        [{ reason: "no-justification", door: "teams" }, megan],
        [{ reason: "not-a-reviewer", door: "teams" }, eve],
        [{ reason: "no-justification", door: "teams" }, eve],
      ],
    );
  });

  it("a record that cannot be written does not let anybody through, and is in the log", async () => {
    const world = await waiting();
    world.ports.ledger.nextCommits.push("fails");
    assert.equal(await said(world, {}, { objectId: eve }), "not-a-reviewer");
    assert.deepEqual(await refusals(world), []);
    assert.ok(world.ports.log.lines.some(({ message }) => message.includes("could not be put on record")));
  });

  it("a click from a foreign place is on record once, even when the request has ended", async () => {
    const world = await waiting();
    await said(world, { vote: "reject" });
    await review(world.ports);
    const stored = await world.ports.ledger.request((await requestOf(world.ports, connection()))?.id ?? ("" as never));
    assert.ok(stored && stored.request.state === "rejected");
    const { person, door, correlation } = ballot(world.id);
    for (const _ of [1, 2])
      await recordRefusal(stored, { why: "foreign-place", person, door, correlation }, world.ports);
    assert.deepEqual(
      (await refusals(world)).map(({ detail }) => detail),
      [{ reason: "foreign-place", door: "teams" }],
    );
    assert.equal((await requestOf(world.ports, connection()))?.state, "rejected");
    await assertChainHolds(world.ports);
  });

  it("what has ended shows how it ended, to whoever asks within the tenant", async () => {
    const world = await waiting();
    await said(world, { vote: "reject" });
    assert.equal(await said(world, { justification: "" }, { objectId: eve }), "ended");
    assert.equal(await said(world, {}, { tenantId: elsewhere }), "other-tenant");
  });
});

describe("Somebody who may decide", () => {
  const standIns: readonly StandIn[] = [{ group: seniors, name: "seniors" }];

  it("is let through while the consumer has other owners", async () => {
    const world = await waiting();
    world.ports.directory.add(ownersGroup, adele);
    world.ports.consumers.put(consumer({ subscriptionId: subscription, owners: [eve, ownersGroup] }));
    assert.equal(await said(world), "recorded");
    assert.equal(await said(world, {}, { objectId: adele }), "own-request");
  });

  it("is of every group that was asked or stands in, and the vote says of which", async () => {
    const asked = [{ group: reviewers, name: "network", approvals: 2, standIns }];
    const world = await waiting({ reviewers: asked });
    world.ports.directory.add(seniors, eve, megan);
    await said(world, {}, { objectId: eve });
    await said(world);
    const votes = (await requestOf(world.ports, connection()))?.votes ?? [];
    assert.deepEqual(
      votes.map(({ groups }) => groups),
      [[seniors], [reviewers, seniors]],
    );
  });

  it("is no reviewer by a stand-in before its time came", async () => {
    const world = await waiting();
    world.ports.directory.add(seniors, eve);
    assert.equal(await said(world, {}, { objectId: eve }), "not-a-reviewer");
  });

  it("may change their mind, which is on record with what it was before", async () => {
    const world = await waiting();
    for (const vote of ["approve", "approve", "reject"] as const) await said(world, { vote });
    const voted = (await auditOf(world.ports)).filter(({ kind }) => kind === "voted");
    assert.deepEqual(
      voted.map(({ detail }) => detail),
      [
        { vote: "approve", groups: [reviewers] },
        { vote: "reject", groups: [reviewers], changedFrom: "approve" },
      ],
    );
    assert.equal((await requestOf(world.ports, connection()))?.state, "rejecting");
  });

  it("is asked about at the directory in two questions, at the same time as the registry", async () => {
    const world = await waiting();
    await said(world);
    assert.equal(world.ports.directory.calls, 2);
  });

  it("is judged by what the registry says now, not when the request came", async () => {
    const world = await waiting();
    world.ports.consumers.put(consumer({ subscriptionId: subscription, owners: [megan] }));
    assert.equal(await said(world), "own-request");
    world.ports.consumers.put(consumer({ subscriptionId: subscription }));
    assert.equal(await said(world), "recorded");
  });

  it("votes on what the door had read, unless it has changed since", async () => {
    const { ports, id } = await waiting();
    const seen = await ports.ledger.request((await requestOf(ports, connection()))?.id ?? ("" as never));
    await decideManually(ballot(id), ports, seen ? { seen } : {});
    const outcome = await decideManually(ballot(id, {}, { objectId: adele }), ports, seen ? { seen } : {});
    assert.equal(outcome.kind === "recorded" && outcome.tally.kind, "approve");
    assert.equal((await requestOf(ports, connection()))?.votes.length, 2);
  });
});

function silentRegistry({ ports }: Waiting): void {
  ports.consumers.breakDown();
}
