/** A fact that was read. An instant is an ISO 8601 text in UTC. */
export type FactValue = string | number | boolean;

/**
 * What was known about one request when it was judged: a snapshot that can be stored and judged again.
 *
 * Each fact is a value, absent (we looked, there is none) or unavailable (it could not be read; the reason is kept).
 * A fact that is named nowhere is unavailable. Readable tags are marked by `service.tags.*` (or `consumer.tags.*`) in
 * `absent`: then every tag without a value is absent. Tag keys are lower-cased (policy.md 2).
 */
export type Facts = {
  readonly values: Readonly<Record<string, FactValue>>;
  readonly absent: readonly string[];
  readonly unavailable: Readonly<Record<string, string>>;
};

const tagPrefixes = ["service.tags.", "consumer.tags."] as const;

/** The fact's value; null when absent; undefined when unavailable. */
export function lookUp(facts: Facts, name: string): FactValue | null | undefined {
  const prefix = tagPrefixes.find((tags) => name.startsWith(tags));
  const key = prefix ? name.toLowerCase() : name;
  // Own properties only: a tag may be called `constructor`.
  if (Object.hasOwn(facts.values, key)) return facts.values[key];
  if (facts.absent.includes(key)) return null;
  if (prefix && facts.absent.includes(`${prefix}*`)) return null;
  return undefined;
}
