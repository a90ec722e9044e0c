import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NetworkManagementClient, type PrivateEndpoint, type PrivateLinkService } from "@azure/arm-network";
import { type Authority, loadOrCreateAuthority } from "../certificates.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { RecordedExchange } from "./recorder.ts";
import type { ArmSeed } from "./seed.ts";
import { type ArmOptions, type RunningArm, startArm } from "./server.ts";
import type { ArmSettings } from "./settings.ts";
import type { Caller } from "./world.ts";

// What the tests of the local ARM share: a small world, the real client for each of its people, and raw requests beside it.

export const providerSub = "11111111-1111-4111-8111-111111111111";
export const consumerSub = "22222222-2222-4222-8222-222222222222";
export const strangerSub = "33333333-3333-4333-8333-333333333333";
export const ownTenant = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";
export const otherTenant = "bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb";

const network = "Microsoft.Network";

/** Owner of the provider's subscription. */
export const provider: Caller = { objectId: "provider", tenantId: ownTenant };
/** Owner of a subscription in the provider's tenant, without rights on the provider's services. */
export const consumer: Caller = { objectId: "consumer", tenantId: ownTenant };
/** Owner of a subscription in another tenant. */
export const stranger: Caller = { objectId: "stranger", tenantId: otherTenant };
/** The least-privilege role of azure.md 2.2, on one resource group. */
export const approver: Caller = { objectId: "approver", tenantId: ownTenant, appId: "plgate" };

export const testSeed: ArmSeed = {
  subscriptions: [
    { id: providerSub, tenantId: ownTenant, displayName: "Provider" },
    { id: consumerSub, tenantId: ownTenant, displayName: "Consumer" },
    { id: strangerSub, tenantId: otherTenant, displayName: "Stranger" },
  ],
  resourceGroups: [
    { subscriptionId: providerSub, name: "rg-services" },
    { subscriptionId: providerSub, name: "rg-other" },
    { subscriptionId: consumerSub, name: "rg-app" },
    { subscriptionId: strangerSub, name: "rg-app" },
  ],
  roleAssignments: [
    { objectId: "provider", scope: `/subscriptions/${providerSub}`, actions: ["*"] },
    { objectId: "consumer", scope: `/subscriptions/${consumerSub}`, actions: ["*"] },
    { objectId: "stranger", scope: `/subscriptions/${strangerSub}`, actions: ["*"] },
    {
      objectId: "approver",
      scope: `/subscriptions/${providerSub}/resourceGroups/rg-services`,
      actions: [
        `${network}/privateLinkServices/read`,
        `${network}/privateLinkServices/privateEndpointConnections/read`,
        `${network}/privateLinkServices/privateEndpointConnections/write`,
      ],
    },
  ],
  services: [seededService("pls-open")],
};

/** No waiting and no noise, unless a test wants some. */
const quiet: Partial<ArmSettings> = {
  "latency.readMs": 0,
  "latency.writeMs": 0,
  "latency.lroMs": 0,
  "lro.retryAfterSeconds": 0,
  "lock.tailMs": 0,
  "graph.lagMs": 0,
  "casing.mixed": false,
};

export const polling = { updateIntervalInMs: 2 };

export type TestArm = RunningArm & {
  readonly writes: readonly FinishedWrite[];
  readonly exchanges: readonly RecordedExchange[];
  readonly ca: string;
  readonly client: (caller: Caller, subscriptionId: string) => NetworkManagementClient;
  readonly raw: (method: string, path: string, options?: RawOptions) => Promise<RawAnswer>;
};

export type RawOptions = {
  readonly as?: Caller;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

export type RawAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: ArmBody;
};

/** The few fields that tests look at, wherever they stand. */
export type ArmBody = Readonly<Record<string, unknown>> & {
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly details?: readonly { readonly code: string }[];
  };
};

let authority: Promise<Authority> | undefined;

/** A local ARM for one test. Fails the test at its end if an answer ever had a shape that Azure would not send. */
export async function withArm(options: Partial<ArmOptions>, run: (arm: TestArm) => Promise<void>): Promise<void> {
  authority ??= temporaryAuthority();
  const { caPem, key, cert } = await authority;
  const writes: FinishedWrite[] = [];
  const exchanges: RecordedExchange[] = [];
  const arm = await startArm({
    port: 0,
    tls: { key, cert },
    verifyToken: async (jwt) => readToken(jwt),
    seed: testSeed,
    randomSeed: 7,
    onWrite: (write) => writes.push(write),
    record: (exchange) => exchanges.push(exchange),
    ...options,
    settings: { ...quiet, ...options.settings },
  });
  try {
    await run({
      ...arm,
      writes,
      exchanges,
      ca: caPem,
      client: (caller, subscriptionId) => clientOf(arm.url, caPem, caller, subscriptionId),
      raw: (method, path, rawOptions) => raw(arm.url, caPem, method, path, rawOptions),
    });
    assert.equal(arm.counts().shapeFaults, 0, `shape faults in the run with seed ${arm.randomSeed}`);
  } finally {
    await arm.stop();
  }
}

/** A token as the hand-made verifier of these tests understands it. */
export function tokenOf(caller: Caller, expiresAt = Date.now() + 3_600_000): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ ...caller, exp: Math.floor(expiresAt / 1000) })}.unsigned`;
}

export function seededService(name: string, lists: { visibility?: string[]; autoApproval?: string[] } = {}) {
  const network10 = `/subscriptions/${providerSub}/resourceGroups/rg-services/providers/${network}`;
  return {
    subscriptionId: providerSub,
    resourceGroup: "rg-services",
    name,
    location: "westeurope",
    tags: { owner: "platform" },
    properties: {
      visibility: { subscriptions: lists.visibility ?? ["*"] },
      autoApproval: { subscriptions: lists.autoApproval ?? [] },
      enableProxyProtocol: true,
      loadBalancerFrontendIpConfigurations: [{ id: `${network10}/loadBalancers/lb/frontendIPConfigurations/fe` }],
      ipConfigurations: [
        {
          name: "nat-1",
          properties: {
            privateIPAllocationMethod: "Dynamic",
            subnet: { id: `${network10}/virtualNetworks/vnet/subnets/nat` },
          },
        },
      ],
    },
  };
}

/** A service's body as the real client takes it. */
export function serviceBody(change: Partial<PrivateLinkService> = {}): PrivateLinkService {
  const { properties, location } = seededService("any");
  const [nat] = properties.ipConfigurations;
  return {
    location,
    visibility: properties.visibility,
    autoApproval: properties.autoApproval,
    loadBalancerFrontendIpConfigurations: properties.loadBalancerFrontendIpConfigurations,
    ipConfigurations: [{ name: "nat-1", subnet: { id: nat?.properties.subnet.id ?? "" } }],
    ...change,
  };
}

export function serviceId(name: string, group = "rg-services"): string {
  return `/subscriptions/${providerSub}/resourceGroups/${group}/providers/${network}/privateLinkServices/${name}`;
}

export type Asking = {
  readonly target?: string;
  readonly requestMessage?: string;
  readonly status?: string;
  readonly kind?: "manual" | "automatic";
  readonly subscriptionId?: string;
};

/** An endpoint's body as the real client takes it: a manual request to the open service, with one thing changed. */
export function endpointBody(asking: Asking = {}): PrivateEndpoint {
  const { target = serviceId("pls-open"), requestMessage = "please", status, kind = "manual" } = asking;
  const subscriptionId = asking.subscriptionId ?? consumerSub;
  const entry = {
    name: "to-provider",
    privateLinkServiceId: target,
    requestMessage,
    ...(status === undefined ? {} : { privateLinkServiceConnectionState: { status } }),
  };
  return {
    location: "westeurope",
    subnet: {
      id: `/subscriptions/${subscriptionId}/resourceGroups/rg-app/providers/${network}/virtualNetworks/vnet/subnets/app`,
    },
    ...(kind === "manual"
      ? { manualPrivateLinkServiceConnections: [entry] }
      : { privateLinkServiceConnections: [entry] }),
  };
}

/** Makes an endpoint as its consumer would, and answers the connection that the provider then finds. */
export async function connect(arm: TestArm, name: string, asking: Asking = {}, service = "pls-open") {
  const client = arm.client(consumer, consumerSub);
  await client.privateEndpoints.createOrUpdate("rg-app", name, endpointBody(asking), polling);
  return connectionOf(arm, name, service);
}

/** The connection of an endpoint as the provider finds it. */
export async function connectionOf(arm: TestArm, name: string, service = "pls-open") {
  const found = await arm.client(provider, providerSub).privateLinkServices.get("rg-services", service);
  const connection = found.privateEndpointConnections?.find((one) => one.name?.startsWith(`${name}.`));
  assert.ok(connection?.name, `no connection of ${name} on ${service}`);
  return { ...connection, name: connection.name };
}

/** The provider's word on a connection, through the real client. */
export function decide(arm: TestArm, name: string, status: string, description = "because", service = "pls-open") {
  const { privateLinkServices } = arm.client(provider, providerSub);
  return privateLinkServices.updatePrivateEndpointConnection("rg-services", service, name, {
    privateLinkServiceConnectionState: { status, description, actionsRequired: "None" },
  });
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The status and code that a call of the real client was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [number | undefined, string | undefined]> {
  const error: { statusCode?: number; code?: string } = await call.then(
    () => assert.fail("the call was not refused"),
    (reason: unknown) => reason as object,
  );
  return [error.statusCode, error.code];
}

function readToken(jwt: string): Caller {
  const { exp, ...caller } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
  if (exp * 1000 <= Date.now()) throw new Error("expired");
  return caller;
}

async function temporaryAuthority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), "plgate-arm-"));
  try {
    return await loadOrCreateAuthority(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function clientOf(url: string, ca: string, caller: Caller, subscriptionId: string): NetworkManagementClient {
  const credential = {
    getToken: async () => ({ token: tokenOf(caller), expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  return new NetworkManagementClient(credential, subscriptionId, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions: { maxRetries: 0 },
  });
}

function raw(url: string, ca: string, method: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { as, body, headers } = options;
  const token = options.token ?? (as && tokenOf(as));
  const { hostname, port } = new URL(url);
  const wire: RequestOptions = {
    hostname,
    port,
    ca,
    method,
    // As it is: a URL object would tidy away the dots that some tests send.
    path,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
  };
  return new Promise((resolve, reject) => {
    const sent = request(wire, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const parsed: ArmBody = text === "" ? {} : JSON.parse(text);
        const flat = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
        resolve({ status: response.statusCode ?? 0, headers: flat, body: parsed });
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
  });
}
