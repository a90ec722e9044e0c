/**
 * What roles allow, as Azure works it out: within one set of permissions an action is allowed that a pattern of `actions`
 * matches and none of `notActions` does; sets and assignments add up, and an assignment holds at its scope and below.
 */

/** One role, given at one scope, to the identity or to a group it is in. */
export type Grant = {
  readonly assignmentId: string;
  readonly scope: string;
  readonly roleName: string;
  readonly permissions: readonly Permissions[];
  /** The group that holds the role; null when it is the identity itself. */
  readonly viaGroup: string | null;
};

export type Permissions = { readonly actions: readonly string[]; readonly notActions: readonly string[] };

/** Whether a grant holds at a scope: it was given there or above. */
export function holdsAt({ scope }: Grant, at: string): boolean {
  const above = scope.toLowerCase().replace(/\/+$/, "");
  const below = at.toLowerCase();
  // Management groups stand above every subscription of the tenant; Azure lists only those that are in the line.
  const isManagementGroup = above.startsWith("/providers/microsoft.management/managementgroups/");
  return isManagementGroup || below === above || below.startsWith(`${above}/`);
}

export function allows({ permissions }: Pick<Grant, "permissions">, action: string): boolean {
  return permissions.some(
    ({ actions, notActions }) =>
      actions.some((pattern) => matches(pattern, action)) && !notActions.some((pattern) => matches(pattern, action)),
  );
}

/** The wanted actions that no grant allows at this scope. */
export function missingAt(scope: string, wanted: readonly string[], grants: readonly Grant[]): readonly string[] {
  const here = grants.filter((grant) => holdsAt(grant, scope));
  return wanted.filter((action) => !here.some((grant) => allows(grant, action)));
}

const pls = "Microsoft.Network/privateLinkServices";

/** What plgate never needs; each with what its holder could do. */
const tooMuch: readonly (readonly [action: string, could: string])[] = [
  ["Microsoft.Authorization/roleAssignments/write", "give itself and others any right"],
  [`${pls}/write`, "change visibility and automatic approval of a service"],
  [`${pls}/delete`, "delete a service"],
  [`${pls}/PrivateEndpointConnectionsApproval/action`, "have its own endpoints approved without anybody being asked"],
  ["Microsoft.Network/privateEndpoints/write", "make private endpoints"],
  ["Microsoft.Storage/storageAccounts/listKeys/action", "read the keys of storage accounts"],
];

const removes = `${pls}/privateEndpointConnections/delete`;

/** How a deployment is set, as far as its rights depend on it; an unknown mode counts as the one that needs most. */
export type Setting = {
  readonly mode: string | undefined;
  readonly revokeBy: string;
  readonly natPortMetrics: boolean;
};

/** Only enforce ever takes access away (docs/lifecycle.md). */
function takesAway({ mode, revokeBy }: Setting): boolean {
  return (mode === undefined || mode === "enforce") && revokeBy === "remove";
}

/** What a grant allows and plgate does not use, in words. */
export function excessOf(grant: Grant, how: Setting): readonly string[] {
  const found = tooMuch.filter(([action]) => allows(grant, action)).map(([action, could]) => `${could} (${action})`);
  const isMore = !takesAway(how) && allows(grant, removes);
  return isMore ? [...found, `take connections off a service (${removes}), which these settings never ask for`] : found;
}

const locationReads = [
  "Microsoft.Network/locations/operations/read",
  "Microsoft.Network/locations/operationResults/read",
];

/** Whether a grant is given to a whole subscription or more, for anything but the reads that only exist there. */
export function isTooWide({ scope, permissions }: Grant): boolean {
  const wide = /^\/?$|^\/subscriptions\/[^/]+\/?$|^\/providers\/microsoft\.management\/managementgroups\/[^/]+\/?$/i;
  if (!wide.test(scope)) return false;
  const actions = permissions.flatMap((one) => one.actions);
  return !actions.every((action) => locationReads.some((read) => read.toLowerCase() === action.toLowerCase()));
}

/**
 * What plgate does on each service, by how it is set. One read of the service brings its connections, so none is read by itself;
 * while it observes it writes nothing, and its role has no write.
 */
export function neededOn(how: Setting): readonly string[] {
  return [
    `${pls}/read`,
    ...(how.natPortMetrics ? ["Microsoft.Insights/metrics/read"] : []),
    ...(how.mode === "observe" ? [] : [`${pls}/privateEndpointConnections/write`]),
    ...(takesAway(how) ? [removes, ...locationReads] : []),
  ];
}

/** The actions that exist at a subscription and not on a resource in it. */
export function isOfSubscription(action: string): boolean {
  return locationReads.includes(action);
}

const compiled = new Map<string, RegExp>();

/** `*` stands for any text, slashes too; case does not count. */
function matches(pattern: string, action: string): boolean {
  const known = compiled.get(pattern) ?? compile(pattern);
  compiled.set(pattern, known);
  return known.test(action);
}

function compile(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i");
}
