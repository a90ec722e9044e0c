import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyHead } from "../../src/ledger/chain.ts";
import { effectsOf, planCommit, planNote } from "../../src/ledger/commit.ts";
import { type AuditKind, auditKinds } from "../../src/ledger/event.ts";
import { publishedType, publishedTypes } from "../../src/ledger/published.ts";
import type { RequestState } from "../../src/requests/request.ts";
import { event, request, step } from "../builders.ts";

const states: readonly (RequestState | undefined)[] = [undefined, "awaiting-decision", "approved", "rejected"];
const after = (state: RequestState | undefined) => (state ? { after: { state, sha256: "0".repeat(64) } } : {});
const typeOf = (kind: AuditKind, isLive: boolean, state?: RequestState, detail = {}) =>
  publishedType({ kind, detail, ...after(state) }, isLive);

describe("As what subscribers are told of an event", () => {
  it("every type comes of some event", () => {
    const reached = auditKinds.flatMap((kind) =>
      [true, false].flatMap((isLive) => states.map((state) => typeOf(kind, isLive, state))),
    );
    assert.deepEqual(new Set(reached), new Set([...publishedTypes, undefined]));
  });

  const cases = {
    "an intent is nobody's news": [typeOf("decided", false, "approving"), undefined],
    "nor one on the way to another step": [typeOf("decided", false), undefined],
    "what the mode holds back is": [typeOf("decided", false, "awaiting-decision"), "plgate.request.held"],
    "so it is of an approval": [typeOf("decided", true, "awaiting-decision"), "plgate.approval.held"],
    "ARM's confirmation is, by what was confirmed": [typeOf("applied", false, "rejected"), "plgate.request.rejected"],
    "a refusal of ARM is told of what it refused": [
      typeOf("failed", true, "failed"),
      "plgate.approval.revocation-failed",
    ],
    "people's votes are not": [typeOf("voted", false), undefined],
    "policies are not": [typeOf("policy-activated", false), undefined],
    "limits that are near are not": [typeOf("capacity-warned", false), undefined],
    "nor that they are over": [typeOf("drift-cleared", false, undefined, { kind: "capacity" }), undefined],
  } as const;
  for (const [name, [found, expected]] of Object.entries(cases)) it(name, () => assert.equal(found, expected));
});

describe("What a commit leaves for subscribers", () => {
  const kindsOf = (plan: ReturnType<typeof planCommit>) =>
    plan.changes.flatMap((change) => (change.do === "insert-effect" ? change.effect.kind : []));
  const news = event();
  const noNews = event({ kind: "voted" });
  const waiting = request({ state: "awaiting-decision" });
  const note = (kind: AuditKind) => ({
    ...{ key: "n", chain: request().service, after: null },
    events: [event({ kind, requestId: null })],
  });

  it("is one row where a topic is configured and there is news, and none otherwise", () => {
    const told = { request: waiting, events: [news] };
    assert.deepEqual(kindsOf(planCommit(emptyHead, step(told), true)), ["index", "publish"]);
    assert.deepEqual(kindsOf(planCommit(emptyHead, step(told))), ["index"]);
    assert.deepEqual(kindsOf(planCommit(emptyHead, step({ ...told, events: [noNews] }), true)), ["index"]);
  });

  it("is one row for all events of a note, too, which names them all", () => {
    assert.deepEqual(kindsOf(planNote(emptyHead, note("drift-detected"), true)), ["index", "publish"]);
    assert.deepEqual(kindsOf(planNote(emptyHead, note("drift-detected"))), ["index"]);
    assert.deepEqual(kindsOf(planNote(emptyHead, note("policy-published"), true)), ["index"]);
    const [, effect] = effectsOf({ ...note("drift-detected"), events: [news, news, news] }, 7, true);
    assert.deepEqual([effect?.kind, effect?.firstSeq, effect?.seq, effect?.requestId], ["publish", 5, 7, null]);
  });
});
