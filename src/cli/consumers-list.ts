import type { Consumer } from "../workflow/ports.ts";
import { formatTags } from "./consumer-details.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersList: Verb = {
  words: "consumers list",
  about: "show every registered consumer",
  usage: `Shows every registered consumer by subscription.

  plgate consumers list [--json] WHERE

${storeUsage}
Exit code: 0, 1 the store cannot be reached, 2 wrong usage.
`,
  run: list,
};

async function list(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...storeOptions, json: { type: "boolean" } });
  none(positionals);
  return withStore(placeOf(values, environment), async ({ consumers, place }) => {
    const all: Consumer[] = [];
    for await (const consumer of consumers.list()) all.push(consumer);
    if (values.json) out(json({ value: all, place }));
    else out(all.length === 0 ? `no consumer is registered in ${place}\n` : formatConsumers(all));
    return 0;
  });
}

function formatConsumers(consumers: readonly Consumer[]): string {
  return table(consumers, [
    ["SUBSCRIPTION", ({ subscriptionId }) => subscriptionId],
    ["NAME", ({ name }) => name ?? "-"],
    ["TIER", ({ tier }) => tier ?? "-"],
    ["TENANT", ({ tenantId }) => tenantId ?? "-"],
    ["TAGS", ({ tags }) => formatTags(tags)],
  ]);
}
