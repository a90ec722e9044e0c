import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, countsIn, listOf, shortTime, textOf } from "./ask-api.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { member } from "./where.ts";

export const servicesList: Verb = {
  words: "services list",
  about: "show the watched Private Link Services, their connections, and what an operator should know",
  usage: `Shows the watched Private Link Services with their connections by state, as the inventory has them; it may lag behind ARM.

  plgate services list [--json] APP

You need the app role Reader.

${apiUsage}
Exit code: 0, 1 a subscription cannot be read or the app cannot be asked, 2 wrong usage.
`,
  run: list,
};

async function list(args: readonly string[], { out, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, { ...apiOptions, json: { type: "boolean" } });
  none(positionals);
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    const answer = await ask(api, { method: "GET", path: "/api/services" }, place);
    const unreadable = listOf(answer, "unreadable");
    out(values.json ? json(answer) : formatServices(listOf(answer, "value"), unreadable));
    return unreadable.length === 0 ? 0 : 1;
  });
}

function formatServices(services: readonly unknown[], unreadable: readonly unknown[]): string {
  const rows = table(services, [
    ["NAME", (one) => textOf(one, "name") ?? "-"],
    ["REGION", (one) => textOf(one, "region") ?? "-"],
    ["STATE", (one) => textOf(one, "provisioningState") ?? "-"],
    ["CONNECTIONS", (one) => countsIn(member(one, "connections"))],
    ["REVIEWED", (one) => shortTime(textOf(one, "lastReviewedAt"))],
    ["REMARKS", (one) => listOf(one, "remarks").join("; ") || "-"],
  ]);
  const faults = unreadable.map(
    (one) => `subscription ${textOf(one, "subscriptionId")} cannot be read: ${textOf(one, "reason")}\n`,
  );
  return `${services.length === 0 ? "no service is watched\n" : rows}${faults.join("")}`;
}
