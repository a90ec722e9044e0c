// biome-ignore lint/style/noExcessiveLinesPerFile: the only builder; whoever asks what stands behind a port finds it in one file.
import { AuditIndex } from "./azure/audit-index.ts";
import { AuditTrail } from "./azure/audit-trail.ts";
import { type EvidenceFiles, openEvidence } from "./azure/blob-container.ts";
import { appCredential, graphClient, networkClients } from "./azure/clients.ts";
import { ConsumerTable } from "./azure/consumer-table.ts";
import { ConversationTable } from "./azure/conversation-table.ts";
import { decisionTopic, noPublisher } from "./azure/decision-events.ts";
import { graphDirectory } from "./azure/graph-directory.ts";
import { armSight, GuardedConnections, ReadFailures } from "./azure/guarded-connections.ts";
import { IndexTableCare } from "./azure/index-care.ts";
import { openLedger } from "./azure/ledger.ts";
import { monitorMetrics, noMetrics } from "./azure/monitor-metrics.ts";
import { ParkedQueue } from "./azure/parked-queue.ts";
import { PolicyStore } from "./azure/policy-store.ts";
import { PolicyVersionTable } from "./azure/policy-version-table.ts";
import { newerRowsMet } from "./azure/present-row.ts";
import { ArmConnections } from "./azure/private-link.ts";
import { putBack } from "./azure/put-back.ts";
import { Quota } from "./azure/quota.ts";
import { GraphServiceFinder } from "./azure/resource-graph.ts";
import { ensureTables, openStorage, type Storage } from "./azure/storage.ts";
import { SweepJournalRow } from "./azure/sweep-journal.ts";
import { WatchTable } from "./azure/watch-table.ts";
import { callerVerifier, type VerifyCaller } from "./http/caller.ts";
import type { Desk } from "./http/request-page.ts";
import { isUsableAddress, type SignIn, signIn } from "./http/sign-in.ts";
import { type Config, readConfig } from "./runtime/config.ts";
import { type Log, lineLog } from "./runtime/log.ts";
import type { Telemetry } from "./runtime/telemetry.ts";
import { botVerifier } from "./teams/bot-auth.ts";
import { credentialTokens, secretTokens, type TokenSource } from "./teams/bot-token.ts";
import { type Connector, connector } from "./teams/connector.ts";
import { connectorHosts } from "./teams/connector-hosts.ts";
import { listNamelessTeams } from "./teams/follow-team.ts";
import { pacer } from "./teams/pace.ts";
import { receive, type TeamsAnswer } from "./teams/receive.ts";
import { teamsNotifier } from "./teams/teams-notifier.ts";
import { type TeamsTrial, type TrialWish, tryTeams } from "./teams/try-teams.ts";
import { webhookSender } from "./teams/webhooks.ts";
import { startTelemetry } from "./telemetry/start-sdk.ts";
import type { AuditPorts } from "./workflow/audit-ports.ts";
import { checkHealth, type Health } from "./workflow/check-health.ts";
import { decideManually } from "./workflow/decide-manually.ts";
import { type EventCount, eventCount } from "./workflow/event-count.ts";
import { postMissingCards } from "./workflow/missing-cards.ts";
import { newerRowsAlarm } from "./workflow/newer-rows.ts";
import { parkedAlarm } from "./workflow/parked-alarm.ts";
import type { Notifier, Ports, Settings, SweepMeasures } from "./workflow/ports.ts";
import { reconcile } from "./workflow/reconcile.ts";
import { recordRefusal } from "./workflow/refused-votes.ts";
import { showRequest } from "./workflow/show-request.ts";
import { tellMeasures } from "./workflow/tell-measures.ts";
import { traced, tracedLedger } from "./workflow/traced.ts";
import { viewOf } from "./workflow/view-of.ts";

/** The house, built: what the triggers call. One per worker. */
export type App = {
  readonly config: Config;
  readonly verifyCaller: VerifyCaller;
  /** How people with a browser sign in; undefined while the settings do not say where they come back to. */
  readonly signIn: SignIn | undefined;
  /** What stands behind the page of a request. */
  readonly desk: (log: Log) => Desk;
  readonly telemetry: Telemetry;
  /** The ports of one invocation: the same adapters, its own log; all they do is traced. */
  readonly ports: (log: Log) => Ports;
  /** The same store as an auditor needs it. */
  readonly audit: AuditPorts;
  readonly teams: (authorization: string | null, body: string, log: Log, correlation: string) => Promise<TeamsAnswer>;
  /** Asks again for lists of channels that Teams did not give when the bot was added to a team. */
  readonly listChannels: (log: Log) => Promise<void>;
  readonly health: (log: Log) => Promise<Health>;
  /** Tells what a sweep found as numbers, for alerts. */
  readonly tellMeasures: (measures: SweepMeasures, log: Log) => Promise<void>;
  /** Says in the log, once for each, that wake-ups were given up. */
  readonly tellParked: (log: Log) => Promise<void>;
  /** Remembers for health that an event came; in this worker only. */
  readonly countEvent: EventCount["take"];
  /** Says in the log, once, that rows of a newer version of plgate were met. */
  readonly tellNewer: (log: Log) => void;
  /** Puts a message of the queue back that hosts of a newer version have to answer. */
  readonly putBack: (message: unknown, seconds: number) => Promise<void>;
  /** Posts a test card and tells of each step. */
  readonly tryTeams: (wish: TrialWish) => Promise<TeamsTrial>;
  /** Sweeps, unless this worker swept a moment ago: many endpoints may be written at once. */
  readonly sweepSoon: (log: Log) => Promise<void>;
};

const sweepPauseMs = 5_000;
// A look takes seconds; after a crash nobody reviews the service for this long.
const leaseSeconds = 30;
const clock = { now: () => new Date() };

type Credential = ReturnType<typeof appCredential>;

// Before there is an invocation there is no log but the worker's own.
function complain(why: string): void {
  lineLog(console).error("telemetry cannot be started; plgate works without it", { why });
}

/** Builds everything from the environment's settings; throws with every fault of them at once. */
export async function composeFrom(environment: Parameters<typeof readConfig>[0]): Promise<App> {
  return compose(readConfig(environment));
}

/** Builds everything from the configuration: the only place that knows which adapter stands behind which port. */
export async function compose(config: Config): Promise<App> {
  const credential = appCredential(config.identityClientId);
  const storage = openStorage(placeOf(config, credential));
  const [telemetry] = await Promise.all([
    startTelemetry(config.telemetry, credential, complain),
    // In Azure the deployment made them and the app may not; then the first call tells whether they exist.
    ensureTables(storage),
  ]);
  const conversations = new ConversationTable(storage.conversations);
  const evidence = openEvidence(placeOf(config, credential));
  const { quota, ...untold } = sharedPorts(config, storage, credential, evidence);
  // One for all invocations: what a worker remembers beside a ledger, it remembers by it.
  const shared = { ...untold, ledger: tracedLedger(untold.ledger, telemetry) };
  const way = wireOf(config, credential);
  const wire = config.bot && way.connector;
  const notify = notifierOf(config, wire, conversations);
  const failures = new ReadFailures();
  const ports = (log: Log): Ports => {
    const connections = new GuardedConnections(shared.connections, failures, log);
    return traced({ ...shared, connections, notifier: notify(log), log }, telemetry);
  };
  const events = eventCount(clock);
  const parked = new ParkedQueue(storage.parked);
  const { newer, ...versions } = versionsOf(storage);
  const sight = { parked, arm: () => armSight(failures, quota), events: events.sight, newer };
  const audit = auditOf(storage, evidence);
  return {
    config,
    telemetry,
    verifyCaller: callersOf(config),
    signIn: signInOf(config),
    desk: (log) => deskOf(ports(log)),
    ports,
    audit,
    teams: teamsDoor(config, wire, conversations, ports),
    listChannels: async (log) => wire && listNamelessTeams({ conversations, channelsOf: wire.channelsOf, log }),
    health: (log) => checkHealth({ ...ports(log), ...audit }, config.bot && (() => channelNames(conversations)), sight),
    tellMeasures: (measures, log) =>
      tellMeasures(measures, { parked, left: () => quota.left() }, ports(log), telemetry),
    tellParked: parkedAlarm(parked),
    ...versions,
    countEvent: events.take,
    tryTeams: trialOf(config, way, conversations),
    sweepSoon: throttled((log) => reconcile(ports(log))),
  };
}

function auditOf({ ledger, index }: Storage, evidence: EvidenceFiles): AuditPorts {
  return { ...evidence, trail: new AuditTrail(ledger, evidence.archive), indexCare: new IndexTableCare(index) };
}

/** What this host does about rows and messages of a newer version of plgate. */
function versionsOf({ reviews, parked: _, ...tables }: Storage) {
  const newer = () => newerRowsMet(Object.values(tables));
  const back: App["putBack"] = (message, seconds) => putBack(reviews, message, seconds);
  return { newer, tellNewer: newerRowsAlarm(newer), putBack: back };
}

function callersOf({ endpoints: { authority }, tenantId, apiAudience: audience }: Config): VerifyCaller {
  const [issuer, keys] = [`${authority}/${tenantId}/v2.0`, `${authority}/${tenantId}/discovery/v2.0/keys`];
  return callerVerifier({ issuer, audience, keys, tenantId });
}

function signInOf({ publicUrl, signInClientId, tenantId, endpoints }: Config): SignIn | undefined {
  if (!publicUrl || !signInClientId || !isUsableAddress(publicUrl)) return undefined;
  return signIn({ publicUrl, authority: endpoints.authority, tenantId, clientId: signInClientId });
}

function deskOf(ports: Ports): Desk {
  return {
    show: (request) => showRequest(request, ports),
    decide: (ballot) => decideManually(ballot, ports),
    now: () => ports.clock.now(),
  };
}

function sharedPorts(config: Config, storage: Storage, credential: Credential, { archive }: EvidenceFiles) {
  const { graph, graphScope } = config.endpoints;
  const quota = new Quota();
  const listers = networkClients(config.endpoints, credential, quota, 1);
  return {
    quota,
    connections: new ArmConnections(networkClients(config.endpoints, credential, quota, 0), quota),
    metrics: config.natPortMetrics ? monitorMetrics({ credential, ...config.endpoints }) : noMetrics,
    finder: new GraphServiceFinder(graphClient(config.endpoints, credential), listers, config.subscriptions),
    policies: new PolicyStore(storage.policies),
    versions: new PolicyVersionTable(storage.policies),
    consumers: new ConsumerTable(storage.consumers),
    ...openLedger(storage.ledger, clock, undefined, archive, config.decisionsTopic !== undefined),
    publisher: config.decisionsTopic ? decisionTopic({ endpoint: config.decisionsTopic, credential }) : noPublisher,
    index: new AuditIndex(storage.index),
    directory: graphDirectory({ credential, graph, scope: graphScope }),
    watch: new WatchTable(storage.services, storage.reviews, clock, leaseSeconds),
    sweeps: new SweepJournalRow(storage.services),
    clock,
    settings: settingsOf(config),
  };
}

function settingsOf(config: Config): Settings {
  const { mode, tenantId, language, fallbackReviewers, publicUrl, linkIdInDescription, revokeBy, natPortMetrics } =
    config;
  return {
    mode,
    tenantId,
    language,
    fallbackReviewers: [{ group: fallbackReviewers, name: "fallback reviewers", approvals: 1 }],
    publicUrl: publicUrl ?? null,
    linkIdInDescription,
    revokeBy,
    natPortMetrics,
  };
}

function placeOf({ storage }: Config, credential: Credential) {
  return "connectionString" in storage ? storage : { ...storage, credential };
}

function notifierOf(
  config: Config,
  wire: Connector | undefined,
  conversations: ConversationTable,
): (log: Log) => Notifier {
  const { tenantId, fallbackPlace: fallback, language } = config;
  const { list: webhooks, local } = config.webhooks;
  const means = { webhooks: webhookSender({ webhooks, local }), tenantId, fallback, language, sleep: pause };
  return (log) =>
    teamsNotifier({ ...means, connector: wire ?? noConnector, conversations: wire ? conversations : null, log });
}

// Cards that an earlier configuration posted are still there, but nobody may change them.
const noBot = { kind: "forbidden", why: "no bot is configured (PLGATE_BOT_APP_ID)" } as const;
const noConnector = { announce: async () => noBot, updateActivity: async () => noBot, reply: async () => noBot };

/** The way to the Bot Connector; one per worker, because all calls share its limits and tokens. */
type Wire = { readonly tokens: TokenSource; readonly connector: Connector };

function wireOf(config: Config, credential: Credential): Wire {
  const { endpoints } = config;
  const tokens = botTokens(config, credential);
  const mayTalkTo = connectorHosts(endpoints.localConnector, endpoints.botConnector);
  return { tokens, connector: connector({ tokens, mayTalkTo, pacer: pacer() }) };
}

function botTokens({ bot, tenantId, endpoints }: Config, credential: Credential): TokenSource {
  const { authority, botScope: scope } = endpoints;
  if (!bot?.secret) return credentialTokens(credential, scope);
  return secretTokens({ authority, tenantId, clientId: bot.appId, clientSecret: bot.secret, scope });
}

function trialOf(config: Config, wire: Wire, conversations: ConversationTable): App["tryTeams"] {
  const { bot, tenantId, language } = config;
  const means = {
    ...{ ...wire, conversations, tenantId, language, sleep: pause, now: clock.now },
    bot: bot && { appId: bot.appId, withSecret: bot.secret !== undefined },
    fallback: config.fallbackPlace,
  };
  return (wish) => tryTeams(wish, means);
}

function teamsDoor(
  { bot, tenantId, language, endpoints }: Config,
  wire: Connector | undefined,
  conversations: ConversationTable,
  portsOf: (log: Log) => Ports,
): App["teams"] {
  // Without a bot there is nobody whose messages could be believed.
  if (!bot || !wire) return async () => ({ status: 401 });
  const verify = botVerifier({
    appId: bot.appId,
    tenantId,
    issuer: endpoints.botIssuer,
    jwksUri: endpoints.botKeys,
    mayTalkTo: connectorHosts(endpoints.localConnector, endpoints.botConnector),
  });
  return (authorization, body, log, correlation) => {
    const ports = portsOf(log);
    return receive(authorization, body, {
      verify,
      conversations,
      channelsOf: wire.channelsOf,
      cards: ports.cards,
      ledger: ports.ledger,
      tenantId,
      language,
      takeVote: (vote, seen) => decideManually({ ...vote, correlation }, ports, { seen, patience: "hurried" }),
      refuseForeign: (vote, seen) =>
        recordRefusal(seen, { ...vote, correlation, why: "foreign-place" }, ports, "hurried"),
      viewOf: (request) => viewOf(request, ports),
      channelKnown: () => postMissingCards(ports, "missing-and-lost"),
      log,
    });
  };
}

async function channelNames(conversations: ConversationTable): Promise<readonly string[]> {
  const usable = (await conversations.list()).filter((one) => one.usable);
  return usable.map(({ channelName, channelId }) => channelName ?? channelId);
}

/** One at a time, and no more than a fifth of the time: the sweep of a large provider takes longer than its events come apart. */
function throttled(act: (log: Log) => Promise<unknown>): (log: Log) => Promise<void> {
  let notBefore = 0;
  return async (log) => {
    const began = Date.now();
    if (began < notBefore) return;
    notBefore = Number.POSITIVE_INFINITY;
    try {
      await act(log);
    } finally {
      notBefore = Math.max(began + sweepPauseMs, Date.now() + 4 * (Date.now() - began));
    }
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
