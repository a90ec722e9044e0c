import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NetworkManagementClient, type NetworkManagementClientOptionalParams } from "@azure/arm-network";

type RetryOptions = NonNullable<NetworkManagementClientOptionalParams["retryOptions"]>;

import { type Authority, loadOrCreateAuthority } from "../certificates.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { RecordedExchange } from "./recorder.ts";
import { type ArmOptions, type RunningArm, startArm } from "./server.ts";
import type { ArmSettings } from "./settings.ts";
import { type Asking, consumer, consumerSub, endpointBody, provider, providerSub, testSeed } from "./test-world.ts";
import type { Caller } from "./world.ts";

// What the tests of the local ARM share: one ARM for each test, the real client for each of its people, and raw requests beside it.

/** No waiting and no noise, unless a test wants some. */
export const quiet: Partial<ArmSettings> = {
  "latency.readMs": 0,
  "latency.writeMs": 0,
  "latency.lroMs": 0,
  "lro.retryAfterSeconds": 0,
  "lock.tailMs": 0,
  "graph.lagMs": 0,
  "casing.mixed": false,
  // The clients of these tests poll every few milliseconds.
  "buckets.enabled": false,
};

export const polling = { updateIntervalInMs: 2 };

export type TestArm = RunningArm & {
  readonly writes: readonly FinishedWrite[];
  readonly exchanges: readonly RecordedExchange[];
  readonly ca: string;
  /** Without retries, unless the test is about them. */
  readonly client: (caller: Caller, subscriptionId: string, retryOptions?: RetryOptions) => NetworkManagementClient;
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
  const { caPem, key, cert } = await testAuthority();
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
      client: (caller, subscriptionId, retryOptions = { maxRetries: 0 }) =>
        clientOf(arm.url, caPem, { caller, subscriptionId, retryOptions }),
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

/** Asks again and again until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await isSo())) {
    assert.ok(Date.now() < deadline, "it never happened");
    await wait(5);
  }
}

/** The status and code that a call of the real client was refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<readonly [number | undefined, string | undefined]> {
  const error: { statusCode?: number; code?: string } = await call.then(
    () => assert.fail("the call was not refused"),
    (reason: unknown) => reason as object,
  );
  return [error.statusCode, error.code];
}

export function readToken(jwt: string): Caller {
  const { exp, ...caller } = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString("utf8"));
  if (exp * 1000 <= Date.now()) throw new Error("expired");
  return caller;
}

/** One authority for all tests of this process. */
export function testAuthority(): Promise<Authority> {
  authority ??= temporaryAuthority();
  return authority;
}

async function temporaryAuthority(): Promise<Authority> {
  const dir = await mkdtemp(join(tmpdir(), "plgate-arm-"));
  try {
    return await loadOrCreateAuthority(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

type ClientUse = { readonly caller: Caller; readonly subscriptionId: string; readonly retryOptions: RetryOptions };

export function clientOf(
  url: string,
  ca: string,
  { caller, subscriptionId, retryOptions }: ClientUse,
): NetworkManagementClient {
  return new NetworkManagementClient(credentialOf(caller), subscriptionId, {
    endpoint: url,
    tlsOptions: { ca },
    retryOptions,
  });
}

export function credentialOf(caller: Caller) {
  return { getToken: async () => ({ token: tokenOf(caller), expiresOnTimestamp: Date.now() + 3_600_000 }) };
}

function raw(url: string, ca: string, method: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { as, body, headers } = options;
  const token = options.token ?? (as && tokenOf(as));
  const { hostname, port } = new URL(url);
  const wire: RequestOptions = {
    hostname,
    port,
    ca,
    // By name, so that a test may send any Host header.
    servername: "localhost",
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
