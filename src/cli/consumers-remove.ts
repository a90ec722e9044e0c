import { removeConsumer } from "../workflow/register-consumer.ts";
import { subscriptionIn } from "./consumer-details.ts";
import { operatorHand, registryOffice } from "./operator-hand.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersRemove: Verb = {
  words: "consumers remove",
  about: "forget a consumer",
  usage: `Takes a consumer out of the registry. Its connections stay as they are; its next request is that of somebody unknown.

  plgate consumers remove ID [--json] WHERE

  ID   the consumer's subscription

${storeUsage}
Exit code: 0, 1 not registered or the store cannot be reached, 2 wrong usage.
`,
  run: remove,
};

async function remove(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } });
  const id = subscriptionIn(positionals);
  return withStore(placeOf(values, environment), async (store) => {
    const { place } = store;
    const removed = await removeConsumer(id, operatorHand(store), registryOffice(store));
    if (!removed) throw new Refusal(`${id} is not registered in ${place}`, 1);
    out(values.json ? json({ removed: id, place }) : `${id} is removed from ${place}\n`);
    return 0;
  });
}
