import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the templates really come out as.
 *
 * The compiler is not needed to read it: infra/compile.sh evaluates each sample of infra/expected/ and CI compares the
 * snapshots with what is read here.
 */

const root = join(import.meta.dirname, "../..");

/** A resource as a template makes it. An id that Azure has to work out stands as its expression, in brackets. */
export type Resource = {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties: unknown;
};
export type Snapshot = { readonly predictedResources: readonly Resource[]; readonly diagnostics: readonly unknown[] };

/** A file of a custom role: what it allows, and why beside each action. */
export type Role = {
  readonly name: string;
  readonly actions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly why: Readonly<Record<string, string>>;
  readonly notGranted: Readonly<Record<string, string>>;
};

export const text = (path: string): string => readFileSync(join(root, path), "utf8");
export const json = <T>(path: string): T => JSON.parse(text(path)) as T;
export const snapshot = (name: string): Snapshot => json<Snapshot>(`infra/expected/${name}.snapshot.json`);
export const files = (folder: string, end: string): readonly string[] =>
  readdirSync(join(root, folder))
    .filter((file) => file.endsWith(end))
    .map((file) => `${folder}/${file}`);

export const snapshots: readonly string[] = files("infra/expected", ".snapshot.json").map(
  (path) => path.split("/").at(-1)?.replace(".snapshot.json", "") ?? "",
);
export const templates: readonly string[] = [...files("infra", ".bicep"), ...files("infra/modules", ".bicep")];
export const roleFiles: readonly string[] = files("infra", "-role.json");

/** All resources of a type; at least one, so that a test on none cannot pass. */
export function ofType<T>(from: Snapshot, type: string): readonly (Resource & { readonly properties: T })[] {
  const found = from.predictedResources.filter((resource) => resource.type === type);
  assert.ok(found.length > 0, `the snapshot has no ${type}`);
  return found as (Resource & { readonly properties: T })[];
}

type Setting = { readonly name: string; readonly value: string };
type Site = { readonly siteConfig: { readonly appSettings: readonly Setting[] } };

/** The settings of the app. */
export function settingsOf(from: Snapshot): ReadonlyMap<string, string> {
  const [app] = ofType<Site>(from, "Microsoft.Web/sites");
  return new Map(app?.properties.siteConfig.appSettings.map(({ name, value }) => [name, value]));
}

const builtIn: Readonly<Record<string, string>> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": "Storage Blob Data Reader",
  "76199698-9eea-4c19-bc75-cec21354c6b6": "Storage Table Data Reader",
  "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
  "d5a91429-5739-47e2-a06b-3470a27159e7": "EventGrid Data Sender",
};

type Definition = { readonly roleName: string };
type Assignment = { readonly roleDefinitionId: string; readonly principalType: string; readonly principalId: string };

/** Every role assignment as "role to kind of principal: scope"; custom roles by their name without its suffix. */
export function assignmentsOf(from: Snapshot): readonly string[] {
  const custom = from.predictedResources
    .filter(({ type }) => type === "Microsoft.Authorization/roleDefinitions")
    .map(({ name, properties }) => [name, (properties as Definition).roleName.replace(/ \(.*\)$/, "")] as const);
  const names = new Map([...Object.entries(builtIn), ...custom]);
  return ofType<Assignment>(from, "Microsoft.Authorization/roleAssignments")
    .map(({ id, properties }) => {
      const role = properties.roleDefinitionId.split("/").at(-1) ?? "";
      return `${names.get(role) ?? role} to ${properties.principalType}: ${scopeOf(id)}`;
    })
    .sort();
}

/** The scope of an assignment, without the long way to a thing in a storage account. */
function scopeOf(id: string): string {
  const path = /^\[extensionResourceId\('([^']+)'/.exec(id)?.[1] ?? id;
  return path
    .replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/.*$/, "")
    .replace(/^.*\/providers\/Microsoft\.\w+\//, "")
    .replace(/\/(blob|table|queue)Services\/default\//, "/");
}

/** Actions and data actions of the one custom role of this name. */
export function customRole(
  from: Snapshot,
  name: string,
): { readonly may: readonly string[]; readonly scopes: readonly string[]; readonly permissions: readonly unknown[] } {
  type Permission = { readonly actions: readonly string[]; readonly dataActions: readonly string[] };
  type Full = Definition & {
    readonly permissions: readonly Permission[];
    readonly assignableScopes: readonly string[];
  };
  const found = ofType<Full>(from, "Microsoft.Authorization/roleDefinitions").filter(({ properties }) =>
    properties.roleName.startsWith(`${name} (`),
  );
  assert.equal(found.length, 1, `${found.length} roles are called ${name}`);
  const { permissions = [], assignableScopes = [] } = found[0]?.properties ?? {};
  return {
    may: permissions.flatMap(({ actions, dataActions }) => [...actions, ...dataActions]),
    scopes: assignableScopes,
    permissions,
  };
}
