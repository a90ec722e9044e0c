/** What ARM counts apart, per subscription (azure.md 5.1). */
export type CallKind = "reads" | "writes" | "deletes";

type Bucket = {
  /** What ARM's last answer said is left, and when that was. */
  level: number;
  at: number;
  /** When calls of ours begin that this answer did not count yet. */
  coming: number[];
  /** How many calls a second others make on the same bucket; negative where it fills faster than documented. */
  others: number;
};

/** Tokens a second that flow into each bucket, and what it holds (azure.md 5.1). */
const documented = { reads: [25, 250], writes: [10, 200], deletes: [10, 200] } as const;
/** However many others there are, we keep asking: an eighth of the flow, as with Teams. */
const smallestShare = 1 / 8;
const mostFlow = 20;
const cushion = 2;
/** Over how long the others' use is averaged. */
const memoryMs = 5_000;

/**
 * Keeps this process within ARM's token buckets before they are empty, by what ARM says is left in each answer.
 *
 * As long as tokens are left nobody waits. After that each call waits for its token, first come first served, so that no
 * service takes all of them. Other hosts are not known: what went out of the bucket beside our own calls is theirs, and only
 * the rest of the flow is planned with. A wrong guess is put right by the next answer, and a refusal by `WritePause`.
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
    const flow = flowOf(bucket, kind);
    const perMs = flow / 1000;
    // What is left is everybody's, as the flow is; the last tokens are left to whoever was not seen yet.
    const share = Math.min(1, flow / documented[kind][0]);
    const left = (bucket.level - cushion) * share + (now - bucket.at) * perMs - bucket.coming.length;
    const waitMs = left >= 1 ? 0 : Math.ceil((1 - left) / perMs);
    if (waitMs <= patienceMs) bucket.coming.push(now + waitMs);
    return waitMs;
  }

  /** ARM answered a call that was begun at `begunAt` and said what is left after it. */
  answered(subscriptionId: string, kind: CallKind, begunAt: number, remaining: number): void {
    const key = keyOf(subscriptionId, kind);
    const bucket = this.#buckets.get(key);
    const now = this.#now();
    if (!bucket) {
      this.#buckets.set(key, { level: remaining, at: now, coming: [], others: 0 });
      return;
    }
    const coming = bucket.coming.filter((begins) => begins > begunAt);
    const ours = Math.max(1, bucket.coming.length - coming.length);
    bucket.others = othersAfter(bucket, kind, now, remaining, ours);
    Object.assign(bucket, { level: remaining, at: now, coming });
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

function flowOf({ others }: Bucket, kind: CallKind): number {
  const [flow] = documented[kind];
  return Math.min(flow * mostFlow, Math.max(flow * smallestShare, flow - others));
}

/** The others' use, from what is missing of what would be left if we were alone. */
function othersAfter(bucket: Bucket, kind: CallKind, now: number, remaining: number, ours: number): number {
  const [flow, size] = documented[kind];
  const ms = now - bucket.at;
  // Within one moment nothing can be told of a rate, and a full bucket takes nothing in.
  if (ms < 1 || bucket.level >= size - ours) return bucket.others;
  const alone = Math.min(size, bucket.level + (ms * flow) / 1000) - ours;
  const seen = ((alone - remaining) * 1000) / ms;
  const weight = 1 - Math.exp(-ms / memoryMs);
  return bucket.others + (seen - bucket.others) * weight;
}

function keyOf(subscriptionId: string, kind: CallKind): string {
  return `${subscriptionId}|${kind}`;
}
