import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Inventory, InventoryItem, WatchedService } from "../../src/workflow/ports.ts";
import { seenMark } from "../../src/workflow/seen-digest.ts";
import { amended, doubtful, markOf, planSweep } from "../../src/workflow/sweep-plan.ts";
import { aServiceRef } from "../builders.ts";

const at = new Date("2026-11-26T10:00:00Z");
const now = { mode: "enforce", at, policies: "policies 1" } as const;
const pending = [{ id: "a", status: "Pending" }];
const approved = [{ id: "a", status: "Approved" }];

function listed(name: string, connections: InventoryItem["connections"] = approved): InventoryItem {
  const nothing = {
    region: null,
    alias: null,
    provisioningState: null,
    autoApproval: [],
    visibility: [],
    natIps: null,
  };
  return { ref: aServiceRef(name), ...nothing, connections };
}

function markSeen(
  connections: InventoryItem["connections"],
  mode: Parameters<typeof seenMark>[1],
  policies: string | undefined,
): string {
  return seenMark({ connections, autoApproval: [], visibility: [] }, mode, policies, false);
}

function watched(name: string, change: Partial<WatchedService> = {}): WatchedService {
  const digest = markSeen(approved, now.mode, now.policies);
  return { ref: aServiceRef(name), digest, lookAgainAt: null, lastReviewedAt: at, comingAt: null, ...change };
}

function plan(items: readonly InventoryItem[], known: readonly WatchedService[], change: Partial<typeof now> = {}) {
  const { changed, reJudged } = planSweep({ items, unreadable: [] }, known, { ...now, ...change });
  return { changed: changed.map(({ name }) => name), reJudged: reJudged.map(({ name }) => name) };
}

const nothing = { changed: [], reJudged: [] };
const changed = { changed: ["s"], reJudged: [] };
const reJudged = { changed: [], reJudged: ["s"] };
const ended = [
  { id: "a", status: "Rejected" },
  { id: "b", status: "disconnected" },
];

describe("What a sweep does about a service", () => {
  const cases = {
    "nothing, when it is as the last review saw it": [plan([listed("s")], [watched("s")]), nothing],
    "a look, when it has a new connection": [plan([listed("s", [...approved, ...pending])], [watched("s")]), changed],
    "a look, when a state is another": [plan([listed("s", pending)], [watched("s")]), changed],
    "a look, when nobody ever saw it": [plan([listed("s", pending)], []), changed],
    "nothing, when nobody ever saw it and it has no connection": [plan([listed("s", [])], []), nothing],
    "a look, when nobody ever saw it and Azure itself lets somebody in": [
      plan([{ ...listed("s", []), autoApproval: ["sub"] }], []),
      changed,
    ],
    "a look, when Azure lets others in than the last review saw": [
      plan([{ ...listed("s"), autoApproval: ["sub"] }], [watched("s")]),
      changed,
    ],
    "a look, when a review left something to do": [plan([listed("s")], [watched("s", { lookAgainAt: at })]), changed],
    "a judgement, when other policies are in force": [
      plan([listed("s")], [watched("s", { digest: markSeen(approved, now.mode, "policies 0") })]),
      reJudged,
    ],
    "nothing, when policies cannot be told": [
      plan([listed("s")], [watched("s", { digest: markSeen(approved, now.mode, undefined) })]),
      nothing,
    ],
    "a judgement, when the mode is another": [
      plan([listed("s")], [watched("s", { digest: markSeen(approved, "observe", now.policies) })]),
      reJudged,
    ],
    "nothing, when policies changed and every connection has ended": [
      plan([listed("s", ended)], [watched("s", { digest: markSeen(ended, "observe", "policies 0") })]),
      nothing,
    ],
    "nothing, when it will be judged anew in a moment": [
      plan([listed("s")], [watched("s", { digest: markSeen(approved, "observe", now.policies), comingAt: at })]),
      nothing,
    ],
    "a look, when it has a new request although it will be judged in a moment": [
      plan([listed("s", pending)], [watched("s", { comingAt: at })]),
      changed,
    ],
    "a judgement, when its mark is of an earlier version": [
      plan([listed("s")], [watched("s", { digest: "abc.def" })]),
      reJudged,
    ],
    "a look, when its mark is of an earlier version and somebody waits": [
      plan([listed("s", pending)], [watched("s", { digest: "abc.def" })]),
      changed,
    ],
    "a look, when it is not listed any more": [plan([], [watched("s")]), changed],
    "nothing, when it is gone and known to be": [plan([], [watched("s", { digest: "gone" })]), nothing],
  } as const;
  for (const [name, [given, expected]] of Object.entries(cases)) it(name, () => assert.deepEqual(given, expected));

  it("nothing, when its subscription cannot be read", () => {
    const { subscriptionId } = aServiceRef("s");
    const inventory = { items: [], unreadable: [{ subscriptionId, reason: "no" }] };
    assert.deepEqual(planSweep(inventory, [watched("s")], now), { changed: [], reJudged: [] });
  });

  it("is judged anew in the order of who waited longest", () => {
    const since = (minutes: number) => ({
      digest: markSeen(approved, "observe", now.policies),
      lastReviewedAt: new Date(at.getTime() - minutes * 60_000),
    });
    const known = [watched("a", since(1)), watched("b", since(3)), watched("c", since(2))];
    assert.deepEqual(plan([listed("a"), listed("b"), listed("c")], known).reJudged, ["b", "c", "a"]);
  });

  it("is nothing once a review has left its mark", () => {
    const item = listed("s", pending);
    assert.deepEqual(plan([item], [watched("s", { digest: markOf(item, now) })]), nothing);
  });
});

describe("A listing that has lost services", () => {
  const many = ["a", "b", "c", "d", "e"].map((name) => watched(name));
  const { subscriptionId } = aServiceRef("a");

  it("is believed about few, for a look each", () => {
    assert.deepEqual(doubtful({ items: [listed("a")], unreadable: [] }, many), []);
  });

  it("is doubted about many, and what ARM lists takes its place", () => {
    const lost: Inventory = { items: [], unreadable: [] };
    assert.deepEqual(doubtful(lost, many), [subscriptionId]);
    const found = amended(lost, { items: many.map(({ ref }) => listed(ref.name)), unreadable: [] }, [subscriptionId]);
    assert.deepEqual(planSweep(found, many, now), { changed: [], reJudged: [] });
  });

  it("wakes nothing where ARM cannot list them either", () => {
    const unreadable = [{ subscriptionId, reason: "no" }];
    const found = amended({ items: [], unreadable: [] }, { items: [], unreadable }, [subscriptionId]);
    assert.deepEqual(planSweep(found, many, now), { changed: [], reJudged: [] });
  });
});
