import type { Mode } from "../decision/decision.ts";
import { retryAt } from "./apply-decision.ts";
import { policyFingerprint } from "./judge.ts";
import { nextTimeStep } from "./keep-time.ts";
import type { PoliciesNow, ReviewMark, StoredRequest } from "./ports.ts";
import { seenMark } from "./seen-digest.ts";

/** What a look leaves behind, as far as the next one depends on it. */
export type Leaving = {
  /** The connections as ARM showed them last; undefined when it has no such service. */
  readonly shown: readonly { readonly id: string; readonly status: string }[] | undefined;
  readonly open: readonly StoredRequest[];
  readonly isUnfinished: boolean;
  /** Moments at which something else calls for a look. */
  readonly lookAgainAt: readonly Date[];
  readonly mode: Mode;
  readonly policies: PoliciesNow;
};

/** What the next sweep compares with. Anything unfinished is looked at again in a minute, should the wake-up get lost. */
export function markOf(leaving: Leaving, now: number): ReviewMark {
  const { shown, open, isUnfinished, mode, policies } = leaving;
  const retries = open.flatMap(({ request }) => retryAt(request) ?? []);
  const times = open.flatMap(({ request }) => nextTimeStep(request, mode) ?? []);
  const unfinished = isUnfinished ? [new Date(now + 60_000)] : [];
  const all = [...retries, ...times, ...unfinished, ...leaving.lookAgainAt];
  const next = all.reduce((least, at) => Math.min(least, at.getTime()), Number.POSITIVE_INFINITY);
  // Of a service that is gone nobody looks again, once all that was known of it has ended.
  const gone = isUnfinished ? "going" : "gone";
  return {
    digest: shown ? seenMark(shown, mode, policyFingerprint(policies)) : gone,
    lookAgainAt: Number.isFinite(next) ? new Date(Math.max(next, now)) : null,
  };
}
