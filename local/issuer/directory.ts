import { createHash } from "node:crypto";

/** A tenant that the local authority issues for. */
export type Tenant = { readonly id: string; readonly name: string };

export type User = {
  /** What `--user` takes; unique, matched without case. */
  readonly name: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly objectId: string;
  readonly tenantId: string;
  /** A guest of the tenant; Entra then writes `#EXT#` into the principal name, and so must the seed. */
  readonly guest?: boolean;
  /** App roles of plgate that the user's tokens carry unless others are asked for. */
  readonly roles?: readonly string[];
};

/** An app registration with its service principal, or a managed identity. */
export type App = {
  readonly name: string;
  /** The client id. */
  readonly appId: string;
  /** Of the service principal; ARM knows the caller by it. */
  readonly objectId: string;
  readonly tenantId: string;
  /** Lets the app use the token endpoint. */
  readonly clientSecret?: string;
  /** Lets the app use the identity endpoint. Found by client, object or resource id, or by no id when system-assigned. */
  readonly managedIdentity?: { readonly resourceId: string; readonly systemAssigned?: boolean };
  /** App roles of plgate, for apps that call its API. */
  readonly apiRoles?: readonly string[];
  /** Application permissions on Microsoft Graph, for example `GroupMember.Read.All`. */
  readonly graphPermissions?: readonly string[];
};

type Group = {
  readonly id: string;
  readonly displayName: string;
  readonly tenantId: string;
  /** Object ids of users and ids of groups: groups nest. */
  readonly members: readonly string[];
};

export type Directory = { readonly groups: readonly Group[] };

export class UnknownUser extends Error {
  override readonly name = "UnknownUser";
}

/** The seeded user of that name. Throws `UnknownUser` with the names there are. */
export function userNamed(users: readonly User[], name: string): User {
  const found = users.find((user) => user.name.toLowerCase() === name.toLowerCase());
  if (found) return found;
  throw new UnknownUser(`no user "${name}"; there are: ${users.map((user) => user.name).join(", ")}`);
}

/**
 * Somebody whom the seed does not know: known by the name alone, and the same person whenever the name is used.
 * Holds no role and is in no group unless a token is asked for with them.
 */
export function guestNamed(name: string, tenantId: string): User {
  const digits = createHash("sha256").update(name.toLowerCase()).digest("hex");
  const objectId = `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
  return { name, displayName: name, userPrincipalName: `${name}@guests.example`, objectId, tenantId };
}

/** Ids of all groups that the object is in, directly or through other groups. Circles of groups are harmless. */
export function groupsOf(directory: Directory, objectId: string): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [objectId];
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    for (const group of directory.groups) {
      if (found.has(group.id) || !group.members.includes(member)) continue;
      found.add(group.id);
      open.push(group.id);
    }
  }
  return found;
}
