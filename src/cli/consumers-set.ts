import { isDeepStrictEqual } from "node:util";
import { readConsumer } from "../intake/consumer.ts";
import type { Consumer } from "../workflow/ports.ts";
import { formatConsumer, subscriptionIn } from "./consumer-details.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersSet: Verb = {
  words: "consumers set",
  about: "register a consumer, or change what is known of it",
  usage: `Registers a consumer by its subscription, or changes what is known of it. What is not named stays as it is.

  plgate consumers set ID [--name TEXT] [--tier TEXT] [--tenant ID] [--tag KEY=VALUE]... [--json] WHERE

  ID               the consumer's subscription: Azure vouches for it, it is part of the endpoint's id
  --name TEXT      what people call the consumer; cards and lists show it
  --tier TEXT      for policy: consumer.tier
  --tenant ID      the consumer's tenant, for policy: consumer.tenantId
  --tag KEY=VALUE  for policy: consumer.tags.KEY; may be repeated
  An empty TEXT, ID or VALUE takes out what was there.

${storeUsage}
Exit code: 0 as wished now, 1 the store cannot be reached, 2 wrong usage.
`,
  run: set,
};

const options = {
  ...storeOptions,
  name: { type: "string" },
  tier: { type: "string" },
  tenant: { type: "string" },
  tag: { type: "string", multiple: true },
  json: { type: "boolean" },
} as const;

type Wish = {
  readonly name?: string | undefined;
  readonly tier?: string | undefined;
  readonly tenant?: string | undefined;
  readonly tag?: readonly string[] | undefined;
};

async function set(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const id = subscriptionIn(positionals);
  const change = readChange(values);
  return withStore(placeOf(values, environment), async ({ consumers, place }) => {
    const before = await consumers.find(id);
    const now = entryOf(changed(before ?? nobody(id), change));
    const what = whatHappens(before, now);
    if (what !== "nothing changed") await consumers.put(now);
    out(values.json ? json({ what, place, consumer: now }) : `${what} in ${place}\n${formatConsumer(now)}`);
    return 0;
  });
}

function entryOf(input: unknown): Consumer {
  const read = readConsumer(input);
  if (!read.ok) throw new Refusal(read.problem);
  return read.value;
}

function whatHappens(before: Consumer | undefined, now: Consumer): string {
  if (!before) return "registered";
  return isDeepStrictEqual(before, now) ? "nothing changed" : "changed";
}

type Change = Omit<Wish, "tag"> & { readonly tags: readonly (readonly [key: string, value: string])[] };

function readChange({ tag = [], ...rest }: Wish): Change {
  const tags = tag.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new Refusal(`--tag takes KEY=VALUE; ${JSON.stringify(text)} is not`);
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const;
  });
  return { ...rest, tags };
}

function nobody(subscriptionId: string): Consumer {
  return { subscriptionId, name: null, tier: null, tenantId: null, tags: {} };
}

function changed(consumer: Consumer, { name, tier, tenant, tags }: Change): unknown {
  return {
    subscriptionId: consumer.subscriptionId,
    name: name ?? consumer.name,
    tier: tier ?? consumer.tier,
    tenantId: tenant ?? consumer.tenantId,
    tags: laidOver(consumer.tags, tags),
  };
}

/** Policy takes `Team` and `team` for the same key, so the key that is given takes the place of both. */
function laidOver(before: Consumer["tags"], tags: Change["tags"]): object {
  let entries = Object.entries(before);
  for (const [key, value] of tags) {
    entries = entries.filter(([known]) => known.toLowerCase() !== key.toLowerCase());
    if (value !== "") entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}
