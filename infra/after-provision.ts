import { type Deployed, deployTemplate, estateDeployment, type Patience, rightsDeployment } from "./deploy-template.ts";
import { type Environment, list, type Outside, remember, runHook } from "./outside.ts";
import { type Assignment, listAssignments, listRoles, takeAway } from "./role-assignments.ts";
import { guid, serviceGroups, takesConnectionsAway } from "./settings.ts";

/**
 * The step after `azd provision`: gives plgate's identity its rights on the record and on the groups of services (rights.bicep,
 * or estate.bicep at a management group), and takes back what it was given before and no longer needs.
 *
 * It is apart from main.bicep because azd down deletes every group that main.bicep reaches into. Running it again changes
 * nothing; stopped at any point, it goes on where it was.
 */

/** How it ended. Only `given` is good; with notes on what could not be taken back. */
export type Giving =
  | { readonly kind: "given"; readonly taken: readonly Assignment[]; readonly notes: readonly string[] }
  | { readonly kind: "not-provisioned"; readonly missing: readonly string[] }
  | { readonly kind: "refused"; readonly output: string }
  | { readonly kind: "not-kept"; readonly output: string };

const needed = ["AZURE_SUBSCRIPTION_ID", "AZURE_IDENTITY_PRINCIPAL_ID", "AZURE_RECORD_GROUP", "AZURE_DATA_ACCOUNT"];

/** A new identity, or a new role, is known everywhere after a minute or so. */
const patience: Patience = {
  times: 8,
  every: 20_000,
  passes: (output) =>
    /PrincipalNotFound|RoleDefinitionDoesNotExist|does not exist in the directory|retryable|TooManyRequests/i.test(
      output,
    ),
};

/** Gives the rights, or says why not. */
export async function giveRights(environment: Environment, outside: Outside): Promise<Giving> {
  const missing = needed.filter((name) => !environment[name]);
  if (missing.length > 0) return { kind: "not-provisioned", missing };

  outside.say("Giving plgate its rights on the record and on the groups of services.");
  // Kept before anything is given: what is given can then be found and taken away, whatever happens in between.
  const before = await remember(environment, whereRightsAre(environment), outside);
  if (!before.ok) return { kind: "not-kept", output: before.output };
  // Taken back first: Azure lets no group go from a role's scopes while somebody holds the role there.
  const { taken, notes } = await takeBack(environment, outside);
  const made = await deployRights(environment, outside);
  if (!made.ok) return { kind: "refused", output: made.output };
  const kept = await remember(environment, made.outputs, outside);
  if (!kept.ok) return { kind: "not-kept", output: kept.output };
  return { kind: "given", taken, notes: [...notes, ...formerOperators(environment)] };
}

async function deployRights(environment: Environment, outside: Outside): Promise<Deployed> {
  const managementGroup = environment["PLGATE_MANAGEMENT_GROUP"];
  const deployment = managementGroup ? estateDeployment(environment, "rights") : rightsDeployment(environment);
  return deployTemplate(deployment, outside, patience);
}

/** Identity and subscriptions, for whoever takes the rights away: a value of azd's own is gone by then. */
function whereRightsAre(environment: Environment): Readonly<Record<string, string>> {
  return {
    AZURE_RIGHTS_PRINCIPAL_ID: environment["AZURE_IDENTITY_PRINCIPAL_ID"] ?? "",
    AZURE_RIGHTS_SUBSCRIPTIONS: subscriptionsWithRights(environment).join(","),
    AZURE_RIGHTS_OPERATORS: environment["PLGATE_OPERATORS"] ?? "",
  };
}

/** Operators may hold rights that somebody gave them by hand, so those of a former group are named, and not taken. */
function formerOperators(environment: Environment): readonly string[] {
  const before = environment["AZURE_RIGHTS_OPERATORS"] ?? "";
  if (before === "" || before === environment["PLGATE_OPERATORS"]) return [];
  const group = `/subscriptions/${environment["AZURE_SUBSCRIPTION_ID"]}/resourceGroups/${environment["AZURE_RECORD_GROUP"]}`;
  const scope = `${group}/providers/Microsoft.Storage/storageAccounts/${environment["AZURE_DATA_ACCOUNT"]}`;
  return [
    `The group ${before} was that of the operators before, and keeps its rights on the record until you take them:`,
    `  az role assignment list --all --assignee ${before} --query "[?starts_with(scope, '${scope}')].id" --output tsv`,
    "  az role assignment delete --ids <those>",
  ];
}

/** Every subscription in which plgate has or had a right: those of now and those that were kept. */
export function subscriptionsWithRights(environment: Environment): readonly string[] {
  return list(
    [
      environment["AZURE_SUBSCRIPTION_ID"],
      environment["AZURE_RIGHTS_SUBSCRIPTIONS"],
      ...serviceGroups(environment).map(({ subscription }) => subscription),
    ]
      .join(",")
      .toLowerCase(),
  ).filter((id) => guid.test(id));
}

/** Takes the rights back that an earlier deployment gave and this one does not: groups and switches that changed. */
async function takeBack(environment: Environment, outside: Outside): Promise<Taken> {
  const roles = await listRoles(environment, outside);
  if (!roles.ok) return { taken: [], notes: [`Rights of before were not looked for: ${roles.output}`] };
  const principal = environment["AZURE_IDENTITY_PRINCIPAL_ID"] ?? "";
  const parts: Taken[] = [];
  for (const subscription of subscriptionsWithRights(environment)) {
    const given = await listAssignments(subscription, principal, roles.value, outside);
    const surplus = given.ok ? given.value.filter((assignment) => isSurplus(assignment, environment)) : [];
    if (!given.ok)
      parts.push({ taken: [], notes: [`Rights of before in ${subscription} were not looked for: ${given.output}`] });
    for (const one of surplus) parts.push(await takeOne(one, outside));
  }
  return { taken: parts.flatMap(({ taken }) => taken), notes: parts.flatMap(({ notes }) => notes) };
}

type Taken = { readonly taken: readonly Assignment[]; readonly notes: readonly string[] };

async function takeOne(one: Assignment, outside: Outside): Promise<Taken> {
  const done = await takeAway(one.id, outside);
  if (done.ok) return { taken: [one], notes: [] };
  return {
    taken: [],
    notes: [`A right of before could not be taken back (${one.role} on ${one.scope}): ${done.output}`],
  };
}

/** Whether a right on services is one too many. Rights on the record and in plgate's own group are not looked at. */
function isSurplus({ role, scope }: Assignment, environment: Environment): boolean {
  const at = scope.toLowerCase();
  const wanted = serviceGroups(environment);
  if (role.startsWith("plgate on services (")) {
    return !wanted.some(
      (group) => at === `/subscriptions/${group.subscription}/resourcegroups/${group.name.toLowerCase()}`,
    );
  }
  if (!role.startsWith("plgate operation reader (")) return false;
  const removes = takesConnectionsAway(environment);
  return !removes || !wanted.some((group) => at === `/subscriptions/${group.subscription}`);
}

/** What to tell the person at the terminal. */
export function explainGiving(outcome: Giving): string {
  const again = "When it is mended: azd hooks run postprovision";
  switch (outcome.kind) {
    case "given":
      return [
        ...outcome.taken.map(({ role, scope }) => `Taken back, no longer needed: ${role} on ${scope}`),
        ...outcome.notes,
        "plgate has its rights. They take up to ten minutes until they count everywhere.",
      ].join("\n");
    case "not-provisioned":
      return `No rights to give yet: run azd provision first (missing: ${outcome.missing.join(", ")}).`;
    case "refused":
      return `plgate did not get its rights (infra/rights.bicep). ${advise(outcome.output)}\n${outcome.output}\n${again}`;
    case "not-kept":
      return `A value could not be kept in azd's environment.\n${outcome.output}\n${again}`;
  }
}

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /AuthorizationFailed|does not have authorization/i,
    "You need Owner, or Contributor with User Access Administrator, on the scope that the message names.",
  ],
  [
    /RoleDefinitionWithSameNameExists/i,
    "A custom role of this name is left from another deployment: az role definition delete --name <name>",
  ],
  [/RoleDefinitionLimitExceeded/i, "The tenant has no room for more custom roles (5,000)."],
  [/ScopeLocked/i, "A lock stands on the group that the message names: a read-only lock forbids role assignments."],
  [/RequestDisallowedByPolicy/i, "A policy of Azure forbids it: the message names it."],
];

function advise(output: string): string {
  return advice.find(([pattern]) => pattern.test(output))?.[1] ?? "";
}

if (import.meta.main) {
  await runHook(async (environment, outside) => {
    const outcome = await giveRights(environment, outside);
    outside.say(explainGiving(outcome));
    return outcome.kind === "given";
  });
}
