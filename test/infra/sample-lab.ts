import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/*
 * What the deployments of the sample come out as: the real compiler evaluated them (infra/compile.sh), and the snapshots are read here.
 */

export const folder = join(import.meta.dirname, "../../infra/samples/overlapping-vnets");

/** The subscription that infra/compile.sh evaluates the sample for. */
export const labSubscription = "44444444-4444-4444-4444-444444444444";

export type Resource<T = unknown> = {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties: T;
};

export type Lab = {
  readonly predictedResources: readonly Resource[];
  readonly diagnostics: readonly unknown[];
  readonly outputs: Readonly<Record<string, string | readonly string[]>>;
};

export type ServiceProperties = {
  readonly visibility: { readonly subscriptions: string[] };
  readonly autoApproval: { readonly subscriptions: string[] };
  readonly enableProxyProtocol: boolean;
  readonly loadBalancerFrontendIpConfigurations: { readonly id: string }[];
  readonly ipConfigurations: {
    readonly name: string;
    readonly properties: { readonly primary: boolean; readonly subnet: { readonly id: string } };
  }[];
};

export type EndpointProperties = {
  readonly subnet: { readonly id: string };
  readonly customNetworkInterfaceName: string;
  readonly manualPrivateLinkServiceConnections: {
    readonly name: string;
    readonly properties: { readonly privateLinkServiceId: string; readonly requestMessage: string };
  }[];
};

export function text(file: string): string {
  return readFileSync(join(folder, file), "utf8");
}

export function lab(name: "default" | "every-parameter"): Lab {
  return JSON.parse(text(`expected/${name}.snapshot.json`)) as Lab;
}

export function ofType<T>(lab: Lab, type: string): readonly Resource<T>[] {
  const found = lab.predictedResources.filter((resource) => resource.type === type);
  assert.ok(found.length > 0, `the snapshot has no ${type}`);
  return found as readonly Resource<T>[];
}

export function only<T>(lab: Lab, type: string): Resource<T> {
  const [first, ...others] = ofType<T>(lab, type);
  assert.ok(first && others.length === 0, `${others.length + 1} of ${type}`);
  return first;
}

/** Subscription and resource group of an id. */
export function placeOf(id: string): { readonly subscriptionId: string; readonly group: string } {
  const [, , subscriptionId = "", , group = ""] = id.split("/");
  return { subscriptionId, group };
}
