/**
 * A write that the local ARM has finished, as the Event Grid emulator needs to know it.
 *
 * One per PUT or DELETE that went through ARM, reported when its long-running part has ended (a GET reports nothing).
 * Only `resourceId`'s own subscription gets the event: that is what real subscription topics do.
 */
export type FinishedWrite = {
  readonly resourceId: string;
  /** For example `Microsoft.Network/privateEndpoints/write`. */
  readonly operationName: string;
  readonly method: "PUT" | "DELETE";
  readonly succeeded: boolean;
  /** True when the resource did not exist before: Azure then leaves `httpRequest` out of the event. */
  readonly created: boolean;
  readonly subscriptionId: string;
  /** Tenant of the resource, not of the caller. */
  readonly tenantId: string;
  readonly caller: { readonly objectId: string; readonly tenantId: string; readonly appId?: string };
  readonly clientRequestId?: string;
  readonly correlationId: string;
  readonly url: string;
  readonly time: Date;
  /** A consumer's write on a private endpoint that made, changed or removed a connection of this Private Link Service. */
  readonly target?: {
    readonly serviceId: string;
    readonly connectionId: string;
    readonly subscriptionId: string;
    readonly tenantId: string;
    readonly change: "created" | "updated" | "deleted";
    /** The service as ARM would answer it now; absent when it is gone. */
    readonly service?: { readonly location: string; readonly tags: Readonly<Record<string, string>> };
  };
};
