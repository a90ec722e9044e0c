import { listed } from "./deploy-template.ts";
import { type Environment, type Outside, runHook, text } from "./outside.ts";
import { serviceGroups } from "./settings.ts";
import { subscriptionsEverWatched } from "./watch-subscriptions.ts";

/**
 * Before `azd down`: says what goes and what stays, and stops it where azd would delete a resource group that is not plgate's.
 *
 * It changes nothing, because azd asks its question only after this hook: whoever answers no must be left with a plgate that
 * works. What is taken away is taken away by after-down.ts, once azd is done.
 */

/** `in-danger`: groups that azd would delete and that are not plgate's own. Only that stops it. */
export type Farewell =
  | { readonly kind: "in-danger"; readonly groups: readonly string[] }
  | { readonly kind: "goes-on"; readonly notes: readonly string[] };

/** Looks at the groups that azd knows by its tag. */
export async function lookBeforeDown(environment: Environment, { az }: Outside): Promise<Farewell> {
  const name = environment["AZURE_ENV_NAME"] ?? "";
  const own = environment["AZURE_RESOURCE_GROUP"] || `rg-${name}`;
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const tagged = await az([
    ...["group", "list", "--tag", `azd-env-name=${name}`, "--subscription", subscription, "--output", "json"],
  ]);
  const others = tagged.ok
    ? listed(tagged.output)
        .map((group) => text(group, "name"))
        .filter((group) => group.toLowerCase() !== own.toLowerCase())
    : [];
  if (others.length > 0) return { kind: "in-danger", groups: others };
  const notes = tagged.ok ? [] : [`The groups that azd will delete could not be listed: ${tagged.output.trim()}`];
  return { kind: "goes-on", notes: [...notes, ...whatHappens(environment, own)] };
}

function whatHappens(environment: Environment, own: string): readonly string[] {
  const record = environment["AZURE_RECORD_GROUP"] || `rg-${environment["AZURE_ENV_NAME"]}-record`;
  const watched = subscriptionsEverWatched(environment);
  const groups = serviceGroups(environment);
  const deletes = environment["PLGATE_DELETE_RECORD"] === "true";
  return [
    `azd deletes the group ${own}, if you say yes to it. After that this is taken away:`,
    `- the rights of plgate on the record and on ${groups.length} resource groups of services, and its custom roles`,
    `- the topics of plgate in ${watched.length} subscriptions (rg-${environment["AZURE_ENV_NAME"]}-watch)`,
    deletes
      ? `PLGATE_DELETE_RECORD is true: the group ${record} with the record of decisions is deleted, too.`
      : `The group ${record} with the record of decisions stays. Services, connections and the app registration stay as well.`,
  ];
}

/** What to tell the person at the terminal. */
export function explainFarewell(outcome: Farewell): string {
  if (outcome.kind === "goes-on") return outcome.notes.join("\n");
  return [
    "Stopped: azd down would delete these resource groups with all that is in them, and they are not plgate's own:",
    ...outcome.groups.map((group) => `- ${group}`),
    "They carry the tag azd-env-name of this environment. Take it off them, and run azd down again:",
    "  az tag update --operation Delete --tags azd-env-name=<environment> --resource-id <id of the group>",
  ].join("\n");
}

if (import.meta.main) {
  await runHook(async (environment, outside) => {
    const outcome = await lookBeforeDown(environment, outside);
    outside.say(explainFarewell(outcome));
    return outcome.kind === "goes-on";
  });
}
