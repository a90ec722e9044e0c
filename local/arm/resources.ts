import type { FinishedWrite } from "./finished-write.ts";
import type { ResourcePlace } from "./resource-ids.ts";

export type Subscription = {
  readonly id: string;
  readonly tenantId: string;
  readonly displayName: string;
  /** Whether the Microsoft.Network provider is registered: without it nothing can be written there. */
  readonly registered: boolean;
};

export type ResourceGroup = { readonly subscriptionId: string; readonly name: string };

export type RoleAssignment = {
  readonly objectId: string;
  readonly scope: string;
  /** As in a role definition: `*` stands for any text. */
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
};

type ProvisioningState = "Succeeded" | "Updating" | "Deleting" | "Failed";

type Tags = Readonly<Record<string, string>>;
type ExtendedLocation = Readonly<Record<string, string>>;

type Tracked = ResourcePlace & {
  readonly id: string;
  readonly location: string;
  readonly tags?: Tags;
  readonly extendedLocation?: ExtendedLocation;
  readonly etag: string;
  readonly provisioningState: ProvisioningState;
};

export type NatConfiguration = {
  readonly name: string;
  readonly etag: string;
  readonly subnetId: string;
  readonly primary: boolean;
  readonly allocation: string;
  readonly version: string;
  readonly address?: string;
};

export type ArmConnection = {
  readonly name: string;
  readonly etag: string;
  readonly endpointId: string;
  readonly endpointLocation: string;
  readonly status: string;
  readonly description: string;
  readonly actionsRequired: string;
  /** A UInt32 in decimal. */
  readonly linkIdentifier: string;
  readonly approvedOnce: boolean;
};

export type ArmService = Tracked & {
  readonly alias: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly visibility: readonly string[];
  readonly autoApproval: readonly string[];
  readonly fqdns: readonly string[];
  readonly enableProxyProtocol: boolean;
  readonly accessMode: string;
  readonly destinationIPAddress?: string;
  readonly frontends: readonly string[];
  readonly natConfigurations: readonly NatConfiguration[];
  readonly networkInterface: string;
  readonly connections: readonly ArmConnection[];
};

/** The consumer's end of a connection: the one entry of a private endpoint. */
export type EndpointLink = {
  readonly kind: "manual" | "automatic";
  readonly name: string;
  readonly etag: string;
  /** A resource id or an alias, as the consumer wrote it. */
  readonly target: string;
  readonly serviceId: string;
  readonly connectionName: string;
  readonly linkIdentifier: string;
  readonly groupIds: readonly string[];
  readonly requestMessage?: string;
  /** What the consumer sees once the provider has removed the connection from its list. */
  readonly detached?: { readonly description: string; readonly actionsRequired: string };
};

export type ArmEndpoint = Tracked & {
  readonly subnetId: string;
  readonly ipVersionType: string;
  readonly networkInterface: string;
  readonly customNetworkInterfaceName: string;
  readonly billingSku?: string;
  readonly ipConfigurations: readonly EndpointAddress[];
  readonly link: EndpointLink;
};

type EndpointAddress = {
  readonly name: string;
  readonly etag: string;
  readonly properties: Readonly<Record<string, string>>;
};

/** What a long-running operation does when its time is over, as data: a restarted ARM finishes what it had accepted. */
export type Effect =
  | { readonly kind: "service-written"; readonly serviceId: string }
  | { readonly kind: "service-deleted"; readonly serviceId: string }
  | { readonly kind: "connection-deleted"; readonly serviceId: string; readonly name: string }
  | {
      readonly kind: "endpoint-written";
      readonly endpointId: string;
      readonly connect?: "Pending" | "Approved";
      readonly reopen?: true;
    }
  | { readonly kind: "endpoint-deleted"; readonly endpointId: string }
  | { readonly kind: "answer"; readonly body: object };

export type OperationFailure = { readonly code: string; readonly message: string };

/** A write that was accepted and will be reported when it has ended. */
export type AcceptedWrite = Omit<FinishedWrite, "succeeded" | "time" | "target">;

export type ArmOperation = {
  readonly id: string;
  readonly subscriptionId: string;
  readonly location: string;
  readonly endsAt: number;
  readonly effect: Effect;
  /** The resource that nobody else may write until the end. */
  readonly lock?: string;
  readonly write?: AcceptedWrite;
  /** Ends as a failure instead of taking effect. */
  readonly failWith?: OperationFailure;
  readonly outcome?:
    | { readonly status: "Succeeded"; readonly body?: object }
    | { readonly status: "Failed"; readonly error: OperationFailure };
};
