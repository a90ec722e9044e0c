import { formatConsumer, subscriptionIn } from "./consumer-details.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersShow: Verb = {
  words: "consumers show",
  about: "show what is known of one consumer",
  usage: `Shows what the registry knows of one consumer.

  plgate consumers show ID [--json] WHERE

  ID   the consumer's subscription

${storeUsage}
Exit code: 0, 1 not registered or the store cannot be reached, 2 wrong usage.
`,
  run: show,
};

async function show(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } });
  const id = subscriptionIn(positionals);
  return withStore(placeOf(values, environment), async ({ consumers, place }) => {
    const consumer = await consumers.find(id);
    if (!consumer) throw new Refusal(`${id} is not registered in ${place}`, 1);
    out(values.json ? json(consumer) : formatConsumer(consumer));
    return 0;
  });
}
