import type { PrivateLinkService } from "../connection/connection.ts";
import type { Mode } from "../decision/decision.ts";
import { retryAt } from "./apply-decision.ts";
import { nextTimeStep } from "./keep-time.ts";
import type { ReviewMark, StoredRequest } from "./ports.ts";
import { seenMark } from "./seen-digest.ts";

/** How a look ended, as far as the next one depends on it. */
export type LookEnd = {
  /** As ARM showed it last; undefined when it has no such service. */
  readonly service: PrivateLinkService | undefined;
  readonly open: readonly StoredRequest[];
  readonly isUnfinished: boolean;
  /** Moments at which something else calls for a look. */
  readonly lookAgainAt: readonly Date[];
  /** Whether something stands or was found at the service. */
  readonly found: boolean;
  readonly mode: Mode;
  readonly policies: string | undefined;
  readonly now: Date;
};

/** What the next sweep compares with. Anything unfinished is looked at again in a minute, should the wake-up get lost. */
export function markOf({ service, open, isUnfinished, found, mode, policies, now, lookAgainAt }: LookEnd): ReviewMark {
  const retries = open.flatMap(({ request }) => retryAt(request) ?? []);
  const times = open.flatMap(({ request }) => nextTimeStep(request, mode) ?? []);
  const unfinished = isUnfinished ? [new Date(now.getTime() + 60_000)] : [];
  const all = [...retries, ...times, ...unfinished, ...lookAgainAt];
  const next = all.reduce((least, at) => Math.min(least, at.getTime()), Number.POSITIVE_INFINITY);
  // Of a service that is gone nobody looks again, once all that was known of it has ended.
  const gone = isUnfinished ? "going" : "gone";
  return {
    digest: service ? seenMark(shownOf(service), mode, policies, found) : gone,
    lookAgainAt: Number.isFinite(next) ? new Date(Math.max(next, now.getTime())) : null,
  };
}

function shownOf({ connections, autoApproval, visibility }: PrivateLinkService) {
  return {
    connections: connections.map(({ ref, rawStatus }) => ({ id: ref.id, status: rawStatus })),
    autoApproval,
    visibility: visibility ?? [],
  };
}
