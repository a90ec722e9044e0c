import { readConsumer } from "../intake/consumer.ts";
import type { Consumer } from "../workflow/ports.ts";
import { type ConsumerWish, changedConsumer, registerConsumer } from "../workflow/register-consumer.ts";
import { formatConsumer, subscriptionIn } from "./consumer-details.ts";
import { operatorHand, registryOffice } from "./operator-hand.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersSet: Verb = {
  words: "consumers set",
  about: "register a consumer, or change what is known of it",
  usage: `Registers a consumer by its subscription, or changes what is known of it. What is not named stays as it is.

  plgate consumers set ID [--name TEXT] [--tier TEXT] [--tenant ID] [--tag KEY=VALUE]... [--owner ID]... [--json] WHERE

  ID               the consumer's subscription: Azure vouches for it, it is part of the endpoint's id
  --name TEXT      what people call the consumer; cards and lists show it
  --tier TEXT      for policy: consumer.tier
  --tenant ID      the consumer's tenant, for policy: consumer.tenantId
  --tag KEY=VALUE  for policy: consumer.tags.KEY; may be repeated
  --owner ID       Entra object id of a person or a group whose own requests these are: they cannot decide them. May be
                   repeated; takes the place of all owners before
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
  owner: { type: "string", multiple: true },
  json: { type: "boolean" },
} as const;

type Wish = {
  readonly name?: string | undefined;
  readonly tier?: string | undefined;
  readonly tenant?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly owner?: readonly string[] | undefined;
};

async function set(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const id = subscriptionIn(positionals);
  const wish = readWish(values);
  return withStore(placeOf(values, environment), async (store) => {
    const now = entryOf(changedConsumer(id, await store.consumers.find(id), wish));
    const done = await registerConsumer(now, operatorHand(store), registryOffice(store));
    const what = done === "unchanged" ? "nothing changed" : done;
    const { place } = store;
    out(values.json ? json({ what, place, consumer: now }) : `${what} in ${place}\n${formatConsumer(now)}`);
    return 0;
  });
}

function entryOf(input: unknown): Consumer {
  const read = readConsumer(input);
  if (!read.ok) throw new Refusal(read.problem);
  return read.value;
}

function readWish({ name, tier, tenant, tag = [], owner }: Wish): ConsumerWish {
  const tags = tag.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new Refusal(`--tag takes KEY=VALUE; ${JSON.stringify(text)} is not`);
    return [text.slice(0, at).trim(), text.slice(at + 1).trim()] as const;
  });
  const owners = owner?.map((text) => text.trim()).filter((text) => text !== "");
  return { name, tier, tenantId: tenant, tags: Object.fromEntries(tags), owners };
}
