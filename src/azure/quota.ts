/** What ARM counts apart, per subscription (azure.md 5.1). */
export type CallKind = "reads" | "writes" | "deletes";

type Bucket = {
  /** What ARM's last answer said is left, and when that was. */
  level: number;
  at: number;
  /** When calls of ours begin that this answer did not count yet. */
  coming: number[];
  /** What part of the flow we plan with, and since when; less than all of it after a refusal. */
  share: number;
  sharedAt: number;
};

/** Tokens a second that flow into each bucket (azure.md 5.1). */
const flows = { reads: 25, writes: 10, deletes: 10 } as const;
/** Left to whoever else writes: answers cross each other, and other hosts are not seen. */
const cushion = 2;
/** However many others there are, we keep asking. */
const smallestShare = 1 / 8;
const recoveryMs = 10_000;
const recoveryStep = 1 / 8;

/**
 * Keeps this process within ARM's token buckets before they are empty, by what ARM says is left in each answer.
 *
 * As long as tokens are left nobody waits. After that each call waits for its token, first come first served, so that no
 * service takes all of them. Other hosts are not known: a refusal in spite of this shows that there are some, and halves what is
 * planned with, which grows back slowly. A wrong guess is put right by the next answer: tokens that nobody takes show in it.
 */
export class Quota {
  readonly #buckets = new Map<string, Bucket>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * How long the caller has to wait for its turn, in milliseconds. A time beyond `patienceMs` books nothing: come back then.
   */
  turn(subscriptionId: string, kind: CallKind, patienceMs: number): number {
    const bucket = this.#buckets.get(keyOf(subscriptionId, kind));
    if (!bucket) return 0;
    const now = this.#now();
    const share = shareOf(bucket, now);
    const perMs = (flows[kind] * share) / 1000;
    const left = (bucket.level - cushion) * share + (now - bucket.at) * perMs - bucket.coming.length;
    const waitMs = left >= 1 ? 0 : Math.ceil((1 - left) / perMs);
    if (waitMs <= patienceMs) bucket.coming.push(now + waitMs);
    return waitMs;
  }

  /** ARM answered a call that was begun at `begunAt` and said what is left after it. */
  answered(subscriptionId: string, kind: CallKind, begunAt: number, remaining: number): void {
    const now = this.#now();
    const bucket = this.#buckets.get(keyOf(subscriptionId, kind));
    const { share, sharedAt, coming } = bucket ?? { share: 1, sharedAt: now, coming: [] };
    const left = coming.filter((begins) => begins > begunAt);
    this.#buckets.set(keyOf(subscriptionId, kind), { level: remaining, at: now, coming: left, share, sharedAt });
  }

  /** The bucket was empty although each call waited for its turn: somebody else uses it, too. */
  refused(subscriptionId: string, kind: CallKind): void {
    const bucket = this.#buckets.get(keyOf(subscriptionId, kind));
    if (!bucket) return;
    const now = this.#now();
    bucket.share = Math.max(smallestShare, shareOf(bucket, now) / 2);
    bucket.sharedAt = now;
  }

  /** What is left where ARM has said so, for whoever watches; the least first. */
  left(): readonly { readonly subscriptionId: string; readonly kind: string; readonly remaining: number }[] {
    const all = [...this.#buckets].map(([key, { level }]) => {
      const [subscriptionId = "", kind = ""] = key.split("|");
      return { subscriptionId, kind, remaining: level };
    });
    return all.sort((a, b) => a.remaining - b.remaining);
  }
}

function shareOf({ share, sharedAt }: Bucket, now: number): number {
  return Math.min(1, share + Math.floor((now - sharedAt) / recoveryMs) * recoveryStep);
}

function keyOf(subscriptionId: string, kind: CallKind): string {
  return `${subscriptionId}|${kind}`;
}
