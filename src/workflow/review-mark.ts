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
  /** False when ARM was not asked in this look: what was seen before stays what was seen last. */
  readonly wasRead: boolean;
  /** Set when something is left to do, with the seconds after which its wake-up is due. */
  readonly unfinished: { readonly seconds: number } | null;
  /** Moments at which something else calls for a look. */
  readonly lookAgainAt: readonly Date[];
  /** Whether something stands or was found at the service. */
  readonly found: boolean;
  readonly mode: Mode;
  readonly policies: string | undefined;
  readonly now: Date;
};

/**
 * What the next sweep compares with. Anything unfinished is looked at again a minute after its wake-up is due, should that get
 * lost, and not before: whoever asks ARM too early starts a new wait (azure.md 5.2).
 */
export function markOf(end: LookEnd): ReviewMark {
  const { open, mode, now, lookAgainAt } = end;
  const retries = open.flatMap(({ request }) => retryAt(request) ?? []);
  const times = open.flatMap(({ request }) => nextTimeStep(request, mode) ?? []);
  const unfinished = end.unfinished ? [new Date(now.getTime() + 60_000 + end.unfinished.seconds * 1000)] : [];
  const all = [...retries, ...times, ...unfinished, ...lookAgainAt];
  const next = all.reduce((least, at) => Math.min(least, at.getTime()), Number.POSITIVE_INFINITY);
  return {
    ...(end.wasRead ? { digest: digestOf(end) } : {}),
    lookAgainAt: Number.isFinite(next) ? new Date(Math.max(next, now.getTime())) : null,
  };
}

function digestOf({ service, mode, policies, found, unfinished }: LookEnd): string {
  if (service) return seenMark(shownOf(service), mode, policies, found);
  // Of a service that is gone nobody looks again, once all that was known of it has ended.
  return unfinished ? "going" : "gone";
}

function shownOf({ connections, autoApproval, visibility }: PrivateLinkService) {
  return {
    connections: connections.map(({ ref, rawStatus }) => ({ id: ref.id, status: rawStatus })),
    autoApproval,
    visibility: visibility ?? [],
  };
}
