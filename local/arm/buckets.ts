import { ArmError } from "./arm-error.ts";
import type { ArmSettings } from "./settings.ts";

export type BucketKind = "read" | "write" | "delete";

type Bucket = { tokens: number; filledAt: number; blockedUntil: number };
type Window = { startsAt: number; used: number };

export type Buckets = {
  /**
   * Takes one token; the answer is the header that says how many are left.
   * Throws 429 with Retry-After when none is left, and to whoever comes back before that time is over.
   */
  take(kind: BucketKind, subscriptionId: string, principal: string): Readonly<Record<string, string>>;
};

const networkWindowMs = 300_000;
const plural = { read: "reads", write: "writes", delete: "deletes" } as const;

/**
 * ARM's token buckets per subscription, principal and kind of call, and below them, when switched on, the network provider's own
 * quota (local-azure.md B.5 rule 7; learn.microsoft.com "request limits and throttling").
 */
export function createBuckets(settings: () => ArmSettings, now: () => Date): Buckets {
  const buckets = new Map<string, Bucket>();
  const windows = new Map<string, Window>();
  return {
    take(kind, subscriptionId, principal) {
      if (!settings()["buckets.enabled"]) return {};
      const at = now().getTime();
      const key = [kind, subscriptionId, principal].join(" ").toLowerCase();
      const left = takeToken(buckets, key, settings()[`buckets.${plural[kind]}`], at, subscriptionId);
      if (settings()["buckets.network"]) takeFromWindow(windows, kind, subscriptionId, settings(), at);
      return { [`x-ms-ratelimit-remaining-subscription-${plural[kind]}`]: String(left) };
    },
  };
}

function takeToken(
  buckets: Map<string, Bucket>,
  key: string,
  { capacity, perSecond }: { readonly capacity: number; readonly perSecond: number },
  at: number,
  subscriptionId: string,
): number {
  const bucket = buckets.get(key) ?? { tokens: capacity, filledAt: at, blockedUntil: 0 };
  buckets.set(key, bucket);
  bucket.tokens = Math.min(capacity, bucket.tokens + (Math.max(0, at - bucket.filledAt) / 1000) * perSecond);
  bucket.filledAt = at;
  if (at < bucket.blockedUntil) throw throttled(subscriptionId, bucket.blockedUntil - at);
  if (bucket.tokens < 1) {
    const seconds = Math.ceil((1 - bucket.tokens) / perSecond);
    bucket.blockedUntil = at + seconds * 1000;
    throw throttled(subscriptionId, seconds * 1000);
  }
  bucket.tokens -= 1;
  return Math.floor(bucket.tokens);
}

function takeFromWindow(
  windows: Map<string, Window>,
  kind: BucketKind,
  subscriptionId: string,
  settings: ArmSettings,
  at: number,
): void {
  const isRead = kind === "read";
  const limit = settings[isRead ? "buckets.networkReads" : "buckets.networkWrites"];
  const key = `${isRead ? "read" : "write"} ${subscriptionId.toLowerCase()}`;
  const kept = windows.get(key);
  const window = kept && at < kept.startsAt + networkWindowMs ? kept : { startsAt: at, used: 0 };
  windows.set(key, window);
  if (window.used >= limit) throw throttled(subscriptionId, window.startsAt + networkWindowMs - at);
  window.used += 1;
}

function throttled(subscriptionId: string, waitMs: number): ArmError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const message = `Number of requests for subscription '${subscriptionId}' exceeded the limit. Please try again after '${seconds}' seconds.`;
  return new ArmError(429, "SubscriptionRequestsThrottled", message, { headers: { "retry-after": String(seconds) } });
}
