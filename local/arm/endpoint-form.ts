import { badRequest, invalidBody, notImplemented } from "./arm-error.ts";
import { isResourceName, keyOf, subscriptionOfSubnet } from "./resource-ids.ts";
import type { EndpointLink } from "./resources.ts";

/** The body of an endpoint's PUT, as far as a caller decides it (the table in shapes.ts has checked the form). */
export type EndpointForm = {
  readonly location: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly extendedLocation?: Readonly<Record<string, string>>;
  readonly properties: {
    readonly subnet: { readonly id: string };
    readonly ipVersionType?: string;
    readonly customNetworkInterfaceName?: string;
    readonly billingSku?: string;
    readonly privateLinkServiceConnections?: readonly LinkForm[];
    readonly manualPrivateLinkServiceConnections?: readonly LinkForm[];
    readonly customDnsConfigs?: readonly unknown[];
    readonly applicationSecurityGroups?: readonly unknown[];
    readonly ipConfigurations?: readonly AddressForm[];
  };
};

type AddressForm = { readonly name: string; readonly properties: Readonly<Record<string, string>> };

type LinkForm = {
  readonly name: string;
  readonly properties: {
    readonly privateLinkServiceId: string;
    readonly groupIds?: readonly string[];
    readonly requestMessage?: string;
    readonly privateLinkServiceConnectionState?: { readonly status?: string };
    readonly approvalReference?: unknown;
  };
};

/** The one entry of an endpoint, and in which of the two lists it stands. */
export type AskedLink = { readonly kind: EndpointLink["kind"]; readonly form: LinkForm };

const messageLimit = 140;

/**
 * Reads the one entry that an endpoint's body must hold. Throws ARM's refusal.
 *
 * The limit of the request message is documented (azure.md 3.1), its refusal's code is our own [P].
 */
export function readLink({ properties }: EndpointForm): AskedLink {
  const manual = (properties.manualPrivateLinkServiceConnections ?? []).map(
    (form) => ({ kind: "manual", form }) as const,
  );
  const automatic = (properties.privateLinkServiceConnections ?? []).map(
    (form) => ({ kind: "automatic", form }) as const,
  );
  const [link, ...others] = [...manual, ...automatic];
  if (!link || others.length > 0) {
    throw invalidBody(["A private endpoint needs exactly one private link service connection, manual or not."]);
  }
  checkLink(link.form);
  return link;
}

/** Refuses what the definition allows but nobody here knows the behaviour of, and a subnet of somebody else. */
export function checkEndpointForm({ properties }: EndpointForm, subscriptionId: string): void {
  if ((properties.applicationSecurityGroups ?? []).length > 0) throw notImplemented("applicationSecurityGroups");
  if ((properties.customDnsConfigs ?? []).length > 0) throw notImplemented("customDnsConfigs");
  const owner = subscriptionOfSubnet(properties.subnet.id);
  if (owner === undefined)
    throw badRequest("InvalidResourceReference", `'${properties.subnet.id}' is not the id of a subnet.`);
  if (keyOf(owner) !== keyOf(subscriptionId)) {
    throw badRequest("InvalidResourceReference", "The subnet and the private endpoint must be in one subscription.");
  }
}

function checkLink({ name, properties }: LinkForm): void {
  if (!isResourceName(name)) throw badRequest("InvalidResourceName", `Resource name '${name}' is invalid.`);
  if (properties.approvalReference !== undefined) throw notImplemented("approvalReference");
  const length = properties.requestMessage?.length ?? 0;
  if (length > messageLimit) {
    throw badRequest(
      "RequestMessageTooLong",
      `requestMessage has ${length} characters; at most ${messageLimit} are allowed.`,
    );
  }
}
