import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { callerVerifier } from "../src/http/caller.ts";
import type { FinishedWrite } from "./arm/finished-write.ts";
import { type RunningArm, startArm } from "./arm/server.ts";
import type { ArmSettings } from "./arm/settings.ts";
import { loadOrCreateAuthority } from "./certificates.ts";
import { bothTopics, plgateSubscriptions, type Topics } from "./eventgrid/plgate-subscriptions.ts";
import { type EventGrid, startEventGrid } from "./eventgrid/server.ts";
import type { EventGridSettings } from "./eventgrid/settings.ts";
import { freePort } from "./free-port.ts";
import { functionsElsewhere, whenAnswered } from "./functions-elsewhere.ts";
import { type HostProcess, startHostProcess } from "./host-process.ts";
import { inventoryQuery, subscriptionsQuery } from "./inventory-query.ts";
import { type Issuer, startIssuer } from "./issuer/issuer.ts";
import * as seed from "./seed.ts";
import { seedStorage } from "./seed-storage.ts";
import { seenTopics } from "./seen-topics.ts";
import { writeState } from "./state-file.ts";
import { type Azurite, defaultAzuritePorts, startAzurite } from "./storage/azurite.ts";
import { openBlobContainer } from "./storage/blob-container.ts";
import { type ConnectorTap, startConnectorTap } from "./teams/connector-tap.ts";
import { type Playground, startPlayground } from "./teams/playground.ts";
import { type SigningProxy, startSigningProxy } from "./teams/signing-proxy.ts";

const root = join(import.meta.dirname, "..");

export type StackOptions = {
  /** Where everything of this run lies; kept between runs unless `fresh`. */
  readonly dir: string;
  readonly fresh?: boolean;
  /** Where `state.json` is written, for tools; `<dir>/state.json` when left out. */
  readonly stateFile?: string;
  readonly mode?: "observe" | "approve-only" | "enforce";
  readonly sweepSchedule?: string;
  readonly arm?: Partial<ArmSettings>;
  readonly events?: Partial<EventGridSettings>;
  /** What the app listens to; both families when left out. */
  readonly topics?: Topics;
  /** Whether decisions are published; they are when left out. */
  readonly publish?: boolean;
  /** Any free port for every part, instead of the usual ones. */
  readonly freePorts?: boolean;
  /** The app is run by somebody else (`func start`), whose settings are written into this file; no functions host is started. */
  readonly settingsForOthers?: string;
  /** Records what ARM was asked and answered, one JSON line each, for the check against the official definition. */
  readonly recordArm?: string;
  /** Keeps nothing of ARM and storage on disk: with thousands of connections each write of ARM would wait for all of them to be saved. */
  readonly inMemory?: boolean;
  /** Told of every finished write, before Event Grid is. */
  readonly onArmWrite?: (write: FinishedWrite) => void;
  readonly say?: (line: string) => void;
};

export type Stack = {
  readonly issuer: Issuer;
  readonly azurite: Azurite;
  readonly arm: RunningArm;
  readonly eventGrid: EventGrid;
  readonly host: HostProcess;
  readonly proxy: SigningProxy;
  readonly tap: ConnectorTap;
  readonly playground: Playground;
  readonly stateFile: string;
  readonly logFile: string;
  /** Runs a timer of the app now, as its schedule would. */
  runTimer(name: string): Promise<void>;
  stop(): Promise<void>;
};

type Keys = { readonly master: string; readonly eventGrid: string };
type Undo = () => Promise<void>;

/**
 * Starts the laptop's Azure with the production build inside (local-azure.md G): issuer, storage, ARM, Event Grid, the
 * functions host, the seed, the event subscriptions and Teams, in this order; stops them in reverse.
 * If one part does not start, those before it are stopped and the error says which part it was.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const undo: Undo[] = [];
  try {
    return await startParts(options, undo);
  } catch (error) {
    await stopAll(undo);
    throw error;
  }
}

async function startParts(options: StackOptions, undo: Undo[]): Promise<Stack> {
  const say = options.say ?? (() => {});
  const { dir } = options;
  if (options.fresh) await rm(dir, { recursive: true, force: true });
  await mkdir(dir, { recursive: true });
  const logFile = join(dir, "host.log");
  const part = async <T extends { stop(): Promise<void> }>(name: string, start: () => Promise<T>): Promise<T> => {
    const began = Date.now();
    const started = await start().catch((cause: unknown) => {
      throw new Error(`${name} did not start: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
    undo.push(() => started.stop());
    say(`${name} is up (${Date.now() - began} ms)`);
    return started;
  };
  const port = (usual: number) => (options.freePorts ? 0 : usual);

  const tls = await loadOrCreateAuthority(dir);
  // The emulators and this process trust the same CA that the app's process gets by NODE_EXTRA_CA_CERTS.
  setDefaultCACertificates([...getCACertificates("default"), tls.caPem]);
  const keys: Keys = await keptKeys(join(dir, "keys.json"));
  const { tenants, people, apps, directory, apiAudience } = seed;

  const issuer = await part("token issuer", () =>
    startIssuer({
      tls,
      tenants,
      users: Object.values(people),
      guestTenantId: seed.providerTenant,
      apps,
      directory,
      apiAudience,
    }),
  );
  const azurite = await part("storage (Azurite)", () =>
    startAzurite({
      ...(options.inMemory ? { inMemory: true } : { location: join(dir, "azurite") }),
      ...(options.freePorts ? {} : { ports: defaultAzuritePorts }),
    }),
  );
  const deadLetters = await openBlobContainer(azurite.connectionString, "deadletters");
  const eventGrid = await part("Event Grid", () =>
    startEventGrid({
      tls,
      deadLetters,
      verifyToken: topicSender(issuer),
      ...(options.events ? { settings: options.events } : {}),
    }),
  );
  const arm = await part("ARM", () => startArmPart(options, { tls, issuer, eventGrid, port: port(7443) }));
  await seedStorage(azurite.connectionString);
  say("policies and consumers are in the store");

  // The Playground's connector address is needed by the app, and the app's address by the Playground: the proxy breaks the circle.
  const target = { app: "", connector: "" };
  const tap = await part("Bot Connector tap", () => startConnectorTap(() => target.connector));
  const proxy = await part("Teams signing proxy", () =>
    startSigningProxy({
      target: () => target.app,
      serviceUrl: () => tap.serviceUrl,
      issuer,
      appId: seed.appIdentity.clientId,
    }),
  );
  const playground = await part("Teams (Agents Playground)", () =>
    startPlayground({
      ...seed.teamsScene(),
      messagesUrl: proxy.messagesUrl,
      workDir: join(dir, "playground"),
      port: options.freePorts ? 0 : 56_150,
    }),
  );
  target.connector = playground.serviceUrl;
  const stateFile = options.stateFile ?? join(dir, "state.json");
  // The app has to know its own address before it starts: sign-ins lead back to it.
  const appPort = await freePort(port(7071));
  const publicUrl = `http://127.0.0.1:${appPort}`;
  issuer.configure({ redirectUris: [`${publicUrl}/api/signed-in`] });
  let tellState = (): void => {};
  const environment = settingsOf(options, { caFile: tls.caFile, issuer, azurite, arm, tap, eventGrid, publicUrl });
  const settingsFile = options.settingsForOthers;
  const elsewhere = settingsFile && (() => functionsElsewhere({ port: appPort, environment, settingsFile }));
  const startHost = () =>
    startHostProcess({
      appDir: root,
      stateDir: join(dir, "host"),
      port: appPort,
      keys,
      environment,
      log: (line) => appendFileSync(logFile, `${new Date().toISOString()} ${line}\n`),
      restarted: (pid) => {
        say(`the functions host died; a new one runs (process ${pid})`);
        tellState();
      },
    });
  const host = await part(elsewhere ? "local.settings.json" : "functions host", elsewhere || startHost);
  target.app = `${host.url}/api/messages`;
  const subscribed = async () => {
    await subscribe(eventGrid, host, keys, options.topics ?? bothTopics);
    say("event subscriptions are validated");
  };
  if (elsewhere) undo.push(onceAnswered(host.url, subscribed, say));
  else await subscribed();

  const parts = { host, keys, arm, caFile: tls.caFile, azurite, playground, proxy, issuer, eventGrid };
  await writeState(stateFile, parts);
  tellState = () =>
    void writeState(stateFile, parts).catch((error: unknown) => say(`${stateFile} cannot be written: ${error}`));
  undo.push(() => rm(stateFile, { force: true }));
  return {
    issuer,
    azurite,
    arm,
    eventGrid,
    host,
    proxy,
    tap,
    playground,
    stateFile,
    logFile,
    runTimer: (name) => runTimer(host.url, name, keys),
    stop: () => stopAll(undo),
  };
}

/** Subscribes as soon as the app answers, because the handshake needs it. What it gives back stops the waiting. */
function onceAnswered(url: string, subscribed: () => Promise<void>, say: (line: string) => void): Undo {
  const stop = new AbortController();
  const done = whenAnswered(url, stop.signal)
    .then(subscribed)
    .catch((error: unknown) => {
      if (!stop.signal.aborted) say(`events do not reach the app: ${error instanceof Error ? error.message : error}`);
    });
  return () => {
    stop.abort();
    return done;
  };
}

async function runTimer(hostUrl: string, name: string, keys: Keys): Promise<void> {
  const headers = { "x-functions-key": keys.master, "content-type": "application/json" };
  const answer = await fetch(`${hostUrl}/admin/functions/${name}`, { method: "POST", headers, body: "{}" });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`timer ${name} answered ${answer.status}`);
}

async function startArmPart(
  options: StackOptions,
  {
    tls,
    issuer,
    eventGrid,
    port,
  }: { tls: { key: string; cert: string }; issuer: Issuer; eventGrid: EventGrid; port: number },
): Promise<RunningArm> {
  const { recordArm } = options;
  return startArm({
    tls,
    port,
    seed: seed.armSeed(),
    verifyToken: armCallers(issuer),
    onWrite: (write) => {
      options.onArmWrite?.(write);
      eventGrid.publish(write);
    },
    topics: () => seenTopics(eventGrid, seed.appGroup),
    graphQueries: [inventoryQuery, subscriptionsQuery],
    ...(options.inMemory ? {} : { stateFile: join(options.dir, "arm.json") }),
    // A consumer whom nobody seeded is a stranger with a subscription of their own, not an error.
    settings: { "subscriptions.unknown": "register", ...options.arm },
    ...(recordArm ? { record: (exchange) => appendFileSync(recordArm, `${JSON.stringify(exchange)}\n`) } : {}),
  });
}

/** Only plgate's identity may publish: in Azure it is the one with the role EventGrid Data Sender. */
function topicSender(issuer: Issuer) {
  return async (token: string) => {
    const { objectId } = await issuer.verifyTopicToken(token);
    if (objectId !== seed.appIdentity.objectId) throw new Error(`${objectId} may not publish`);
  };
}

/** Tokens for ARM, and those that `local:token` prints: their holders drive the local ARM by the real client. */
function armCallers(issuer: Issuer) {
  const verifyPerson = callerVerifier({
    issuer: issuer.issuerOf(seed.providerTenant),
    audience: seed.apiAudience,
    keys: issuer.jwksUrlOf(seed.providerTenant),
    tenantId: seed.providerTenant,
  });
  return async (token: string) => {
    const person = await verifyPerson(`Bearer ${token}`);
    return person.ok ? seed.developer : issuer.verifyArmToken(token);
  };
}

export type Places = {
  readonly caFile: string;
  readonly issuer: Issuer;
  readonly azurite: Azurite;
  readonly arm: RunningArm;
  readonly tap: ConnectorTap;
  readonly eventGrid: EventGrid;
  readonly publicUrl: string;
};

/** The app's settings: those of a deployment, with endpoints on loopback and the local CA. */
export function settingsOf(
  options: StackOptions,
  { caFile, issuer, azurite, arm, tap, eventGrid, publicUrl }: Places,
): Record<string, string> {
  return {
    PLGATE_MODE: options.mode ?? "enforce",
    PLGATE_TENANT_ID: seed.providerTenant,
    PLGATE_SUBSCRIPTIONS: seed.providerSubscription,
    PLGATE_FALLBACK_REVIEWERS: seed.reviewerGroup,
    PLGATE_API_AUDIENCE: seed.apiAudience,
    PLGATE_PUBLIC_URL: publicUrl,
    PLGATE_IDENTITY_CLIENT_ID: seed.appIdentity.clientId,
    PLGATE_BOT_APP_ID: seed.appIdentity.clientId,
    PLGATE_TEAMS_CHANNEL: seed.approvalsChannel.id,
    PLGATE_LINK_ID_IN_DESCRIPTION: "true",
    PLGATE_NAT_PORT_METRICS: "on",
    PLGATE_DECISIONS_TOPIC: options.publish === false ? "" : `${eventGrid.url}/api/events`,
    PLGATE_SWEEP_SCHEDULE: options.sweepSchedule ?? "*/5 * * * * *",
    // Every half minute, so that whoever tries it need not wait for the hour.
    PLGATE_ANCHOR_SCHEDULE: "*/30 * * * * *",
    PLGATE_STORAGE_CONNECTION: azurite.connectionString,
    PLGATE_LOCAL: "1",
    PLGATE_LOCAL_AUTHORITY: issuer.url,
    PLGATE_LOCAL_ARM: arm.url,
    PLGATE_LOCAL_GRAPH: issuer.url,
    PLGATE_LOCAL_BOT_KEYS: issuer.botChannelKeysUrl,
    PLGATE_LOCAL_CONNECTOR: new URL(tap.serviceUrl).origin,
    PlgateStorage: azurite.connectionString,
    AzureWebJobsStorage: azurite.connectionString,
    IDENTITY_ENDPOINT: issuer.identity.endpoint,
    IDENTITY_HEADER: issuer.identity.header,
    NODE_EXTRA_CA_CERTS: caFile,
  };
}

async function subscribe(eventGrid: EventGrid, host: HostProcess, keys: Keys, topics: Topics): Promise<void> {
  const url = `${host.url}/runtime/webhooks/EventGrid?functionName=connection-event&code=${keys.eventGrid}`;
  for (const subscription of plgateSubscriptions(seed.providerSubscription, url, topics)) {
    await eventGrid.subscribe(subscription);
  }
}

/** The host's keys outlive a restart of the stack, like a deployment's. */
async function keptKeys(file: string): Promise<Keys> {
  try {
    const kept: Keys = JSON.parse(await readFile(file, "utf8"));
    return { master: kept.master, eventGrid: kept.eventGrid };
  } catch {
    // First start, or a file that somebody broke: new keys serve as well, because subscriptions are made at every start.
    const keys = { master: randomBytes(32).toString("base64url"), eventGrid: randomBytes(32).toString("base64url") };
    await writeFile(file, JSON.stringify(keys), { mode: 0o600 });
    return keys;
  }
}

async function stopAll(undo: Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (let step = undo.pop(); step; step = undo.pop()) await step().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} part(s) did not stop cleanly`);
}
