import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { InvocationContext } from "@azure/functions";
import type { FinishedWrite } from "../../local/arm/finished-write.ts";
import type { RecordedExchange } from "../../local/arm/recorder.ts";
import type { ArmSeed } from "../../local/arm/seed.ts";
import { type RunningArm, startArm } from "../../local/arm/server.ts";
import type { ArmSettings } from "../../local/arm/settings.ts";
import { loadOrCreateAuthority } from "../../local/certificates.ts";
import { inventoryQuery, subscriptionsQuery } from "../../local/inventory-query.ts";
import { type Issuer, startIssuer } from "../../local/issuer/issuer.ts";
import * as seed from "../../local/seed.ts";
import { seedStorage } from "../../local/seed-storage.ts";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { type FakeConnector, startFakeConnector } from "../../local/teams/fake-connector.ts";
import { openStorage, type Storage } from "../../src/azure/storage.ts";
import { type App, compose } from "../../src/compose.ts";
import { openApp } from "../../src/open-app.ts";
import { readConfig } from "../../src/runtime/config.ts";

/*
 * The laptop's Azure in the test's own process, on free ports, with the app composed over it by the real configuration:
 * what local/stack.ts starts, without functions host, Event Grid and Playground.
 */

export type World = {
  readonly issuer: Issuer;
  readonly azurite: Azurite;
  readonly arm: RunningArm;
  readonly connector: FakeConnector;
  /** The authority behind the local certificates, for other processes. */
  readonly caFile: string;
  /** The store through clients of the test's own. */
  readonly storage: Storage;
  /** Every finished write on ARM, as Event Grid hears of it. */
  readonly writes: readonly FinishedWrite[];
  /** Every call of ARM and its answer. */
  readonly exchanges: readonly RecordedExchange[];
  /** Every line that a trigger logged. */
  readonly lines: readonly string[];
  /** The app that the triggers open from the environment. */
  readonly app: App;
  /** One more app over the same Azure, as another host or with other settings. An empty text takes a setting away. */
  compose(changes?: Readonly<Record<string, string>>): Promise<App>;
  context(functionName: string): InvocationContext;
  stop(): Promise<void>;
};

/** The bot has a secret beside its identity, for apps that are told to use it. */
export const botSecret = "a-secret-of-the-bot";

/** Quick, but with everything that is odd about ARM: changing case, a lock with a tail, throttling. */
const armSettings: Partial<ArmSettings> = {
  "latency.readMs": 1,
  "latency.writeMs": 5,
  "latency.lroMs": 1,
  "lro.retryAfterSeconds": 0,
  "graph.lagMs": 0,
  // Tests sweep far more often than a timer would.
  "graph.requestsPerWindow": 1000,
};

/** Starts everything, and stops what is up already when a part does not start. */
export async function startWorld(): Promise<World> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    return { ...(await startParts(undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(undo: (() => Promise<unknown>)[]): Promise<Omit<World, "stop">> {
  const part = async <T extends { stop(): Promise<unknown> }>(starting: Promise<T>): Promise<T> => {
    const started = await starting;
    undo.push(() => started.stop());
    return started;
  };
  const tls = await trustedAuthority(undo);
  const { tenants, people, directory, apiAudience } = seed;
  const apps = seed.apps.map((app) => ({ ...app, clientSecret: botSecret }));
  const [issuer, azurite, connector] = await Promise.all([
    part(startIssuer({ tls, tenants, users: Object.values(people), apps, directory, apiAudience })),
    part(startAzurite({ inMemory: true })),
    part(startFakeConnector({ tenantId: seed.providerTenant, people: seed.teamsScene().users, teams: [seedTeam()] })),
  ]);
  const writes: FinishedWrite[] = [];
  const exchanges: RecordedExchange[] = [];
  const lines: string[] = [];
  const arm = await part(
    startArm({
      tls,
      port: 0,
      seed: armSeed(),
      verifyToken: (token) => issuer.verifyArmToken(token),
      graphQueries: [inventoryQuery, subscriptionsQuery],
      settings: armSettings,
      onWrite: (write) => writes.push(write),
      record: (exchange) => exchanges.push(exchange),
    }),
  );
  await seedStorage(azurite.connectionString);
  const settings = settingsOf({ issuer, azurite, arm, connector });
  // The triggers open their app from the environment, and the SDK finds the managed identity there.
  Object.assign(process.env, settings);
  return {
    ...{ issuer, azurite, arm, connector, writes, exchanges, lines, caFile: tls.caFile },
    storage: openStorage({ connectionString: azurite.connectionString }),
    app: await openApp(),
    compose: (changes = {}) => compose(readConfig({ ...settings, ...changes })),
    context: (functionName) =>
      new InvocationContext({
        functionName,
        invocationId: randomUUID(),
        logHandler: (level, ...args) => lines.push(`${level} ${args.join(" ")}`),
      }),
  };
}

function seedTeam() {
  const { team, channels } = seed.teamsScene();
  return { id: team.id, channels };
}

/** The app's role reaches one resource group and no further, as infra/ grants it. */
function armSeed(): ArmSeed {
  const whole = seed.armSeed();
  const group = `/subscriptions/${seed.providerSubscription}/resourceGroups/${seed.providerGroup}`;
  const isApp = ({ objectId }: { readonly objectId: string }) => objectId === seed.appIdentity.objectId;
  const roleAssignments = whole.roleAssignments.map((role) => (isApp(role) ? { ...role, scope: group } : role));
  return { ...whole, roleAssignments };
}

async function trustedAuthority(undo: (() => Promise<unknown>)[]) {
  const dir = await mkdtemp(join(tmpdir(), "plgate-integration-"));
  undo.push(() => rm(dir, { recursive: true, force: true }));
  const tls = await loadOrCreateAuthority(dir);
  setDefaultCACertificates([...getCACertificates("default"), tls.caPem]);
  return tls;
}

type Places = Pick<World, "issuer" | "azurite" | "arm" | "connector">;

/** As local/stack.ts makes them for the app's own process. */
function settingsOf({ issuer, azurite, arm, connector }: Places): Readonly<Record<string, string>> {
  return {
    PLGATE_MODE: "enforce",
    PLGATE_TENANT_ID: seed.providerTenant,
    PLGATE_SUBSCRIPTIONS: seed.providerSubscription,
    PLGATE_FALLBACK_REVIEWERS: seed.reviewerGroup,
    PLGATE_API_AUDIENCE: seed.apiAudience,
    PLGATE_IDENTITY_CLIENT_ID: seed.appIdentity.clientId,
    PLGATE_BOT_APP_ID: seed.appIdentity.clientId,
    PLGATE_TEAMS_CHANNEL: seed.approvalsChannel.id,
    PLGATE_STORAGE_CONNECTION: azurite.connectionString,
    PLGATE_LOCAL: "1",
    PLGATE_LOCAL_AUTHORITY: issuer.url,
    PLGATE_LOCAL_ARM: arm.url,
    PLGATE_LOCAL_GRAPH: issuer.url,
    PLGATE_LOCAL_BOT_KEYS: issuer.botChannelKeysUrl,
    PLGATE_LOCAL_CONNECTOR: new URL(connector.serviceUrl).origin,
    IDENTITY_ENDPOINT: issuer.identity.endpoint,
    IDENTITY_HEADER: issuer.identity.header,
  };
}

/** Asks again and again until there is something to answer; says what it waited for when that never comes. */
export async function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, ms = 20_000) {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${ms} ms`);
    await wait(20);
  }
}
