import type { Azure, AzurePlace } from "../compose-cli.ts";
import { PlgateError } from "../runtime/errors.ts";
import { listOf, textOf } from "./ask-api.ts";
import type { Context } from "./verb.ts";

/** What the operator's own sign-in shows, to choose from; all of it is optional. */
export type Choices = {
  readonly subscriptions: readonly Choice[];
  /** Groups with Private Link Services in them. */
  readonly groups: readonly Choice[];
};

export type Choice = { readonly value: string; readonly about: string };

const patienceMs = 20_000;
const query =
  "resources | where type =~ 'microsoft.network/privatelinkservices' | project id, name, subscriptionId, resourceGroup | order by id asc";

/** Asks Azure as whoever is signed in; undefined, with the reason said, where that gives nothing. */
export async function lookAround(
  place: AzurePlace,
  { withAzure }: Pick<Context, "withAzure">,
  say: (text: string) => void,
): Promise<Choices | undefined> {
  try {
    return await withAzure(place, AbortSignal.timeout(patienceMs), choicesIn);
  } catch (error) {
    if (!(error instanceof PlgateError)) throw error;
    say(`${error.message}\nThat is no matter: say them yourself.\n`);
    return undefined;
  }
}

async function choicesIn({ arm }: Azure): Promise<Choices> {
  const [subscriptions, services] = await Promise.all([
    arm.all("/subscriptions", { query: { "api-version": "2022-12-01" } }),
    arm.one("/providers/Microsoft.ResourceGraph/resources", {
      query: { "api-version": "2024-04-01" },
      body: { query, options: { resultFormat: "objectArray", $top: 1000 } },
    }),
  ]);
  return {
    subscriptions: subscriptions.kind === "read" ? subscriptions.value.map(subscriptionIn) : [],
    groups: services.kind === "read" ? groupsIn(listOf(services.value, "data")) : [],
  };
}

function subscriptionIn(one: unknown): Choice {
  return { value: textOf(one, "subscriptionId") ?? "", about: textOf(one, "displayName") ?? "" };
}

function groupsIn(services: readonly unknown[]): readonly Choice[] {
  const byGroup = Map.groupBy(services, (one) =>
    (textOf(one, "id") ?? "").split("/").slice(0, 5).join("/").toLowerCase(),
  );
  return [...byGroup.values()].map((all) => ({
    value: (textOf(all[0], "id") ?? "").split("/").slice(0, 5).join("/"),
    about: all.map((one) => textOf(one, "name") ?? "?").join(", "),
  }));
}

/** The choices as people read them, by number. */
export function formatChoices(choices: readonly Choice[]): string {
  return choices.map(({ value, about }, at) => `  ${at + 1}  ${value}  (${about})\n`).join("");
}

/** Numbers of choices become what they stand for; any other text stays. */
export function chosen(text: string, choices: readonly Choice[]): string {
  return text
    .split(",")
    .map((one) => (/^\s*\d{1,3}\s*$/.test(one) ? (choices[Number(one) - 1]?.value ?? one) : one))
    .join(",");
}
