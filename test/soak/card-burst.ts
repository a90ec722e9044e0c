import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Random, seededRandom } from "../../local/seeded-random.ts";
import { documentedLimits, slidingWindows } from "../../local/teams/connector-limits.ts";
import { openLedger } from "../../src/azure/ledger.ts";
import { bundleWorker } from "./bundle-worker.ts";
import { CardHost } from "./card-host.ts";
import type { CardMark } from "./card-marks.ts";
import { type CardWorld, startCardWorld } from "./card-world.ts";
import { escalations, findingsIn, type RequestStory, type Shown, shownOf } from "./look-at-cards.ts";

export type BurstOptions = {
  /** Escalated at once. */
  readonly requests: number;
  /** Of the two hosts one is killed so many times, at random moments while cards are missing. */
  readonly kills: number;
  readonly seed: number;
  /** How much faster the hosts' clocks go, so that a dead host's claims run out sooner. */
  readonly clockRate: number;
  readonly patienceMs: number;
};

export type BurstReport = {
  readonly kills: number;
  /** From the first order until every request had a card that shows how it stands. */
  readonly seconds: number;
  /** What the limits alone allow for as many calls as were answered. */
  readonly boundSeconds: number;
  /** Calls that changed the channel, and those that were answered 429. */
  readonly calls: number;
  readonly refused: number;
  /** Lines of text that no card took the place of: their host was killed before it could note where they are. */
  readonly lines: number;
  readonly shown: readonly Shown[];
  /** Empty, or what is not as it should be. */
  readonly findings: readonly string[];
  readonly warnings: readonly string[];
};

const latencyMs = 40;
const keptWarnings = 20;
const lookEveryMs = 100;

type Burst = {
  readonly options: BurstOptions;
  readonly world: CardWorld;
  readonly program: string;
  readonly random: Random;
  readonly stories: readonly RequestStory[];
  /** Orders that nobody has carried out yet. */
  readonly untold: Set<number>;
  readonly hosts: CardHost[];
  readonly warnings: string[];
  readonly clock: { readonly rate: number; readonly since: number };
  readonly broken: PromiseWithResolvers<never>;
};

/**
 * Escalates many requests at once on two app hosts that share a storage and a channel of limited rate, kills hosts meanwhile,
 * and looks at what stands in the channel when nothing is left to do. The draws follow from the seed; what a kill strikes
 * depends on the machine as well.
 */
export async function burstOfCards(options: BurstOptions): Promise<BurstReport> {
  const dir = await mkdtemp(join(tmpdir(), "plgate-burst-"));
  const [program, world] = await Promise.all([
    bundleWorker(dir, join(import.meta.dirname, "card-worker.ts")),
    startCardWorld(latencyMs),
  ]);
  const stories = escalations(options.requests);
  const burst: Burst = {
    ...{ options, world, program, stories, hosts: [], warnings: [] },
    ...{ random: seededRandom(options.seed), untold: new Set(stories.map(({ number }) => number)) },
    clock: { rate: options.clockRate, since: Date.now() },
    broken: Promise.withResolvers<never>(),
  };
  burst.broken.promise.catch(() => undefined);
  try {
    return await Promise.race([run(burst), burst.broken.promise]);
  } finally {
    await Promise.all(burst.hosts.map((host) => host.kill()));
    await world.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

async function run(burst: Burst): Promise<BurstReport> {
  const { options, world, stories } = burst;
  const ready = [await started(burst), await started(burst)];
  burst.hosts.push(...ready);
  const began = Date.now();
  for (const [at, story] of stories.entries()) ready[at % 2]?.order({ story });
  const killing = killSome(burst);
  const deadline = began + options.patienceMs;
  const isShown = () => findingsIn(world.connector.threads(), stories).length === 0;
  while (Date.now() < deadline && !isShown()) await pause(lookEveryMs);
  const seconds = (Date.now() - began) / 1000;
  await killing;
  // Whatever is left to do must change nothing any more.
  while (Date.now() < deadline && (burst.untold.size > 0 || (await leftToDo(world)) > 0)) await pause(lookEveryMs);
  return report(burst, seconds);
}

async function report({ options, world, stories, warnings }: Burst, seconds: number): Promise<BurstReport> {
  const threads = world.connector.threads();
  const writes = world.connector.requests.filter(({ operation }) => ["create", "send", "update"].includes(operation));
  const refused = writes.filter(({ status }) => status === 429).length;
  const left = await leftToDo(world);
  return {
    ...{ kills: options.kills, seconds, boundSeconds: boundSecondsOf(writes.length - refused) },
    ...{ calls: writes.length, refused },
    lines: threads.filter(({ shows }) => shows === "text").length,
    shown: shownOf(threads, stories),
    findings: [...findingsIn(threads, stories), ...(left > 0 ? [`${left} effects are left`] : [])],
    warnings,
  };
}

async function started({ program, world, clock, warnings, untold, broken }: Burst): Promise<CardHost> {
  const hear = (mark: CardMark): void => {
    if (mark.is === "told") untold.delete(mark.story.number);
    if (mark.is === "warns") warnings.splice(0, warnings.length, ...warnings.slice(1 - keptWarnings), mark.what);
  };
  const host = new CardHost(program, hear, (lastWords) => {
    broken.reject(new Error(`a host ended, and nobody had killed it: ${lastWords}`));
  });
  await host.begin({ settings: world.settings, clock });
  return host;
}

/** A host that is killed is replaced at once; what it had not put on record is told again. */
async function killSome(burst: Burst): Promise<void> {
  const { options, random, hosts, stories, untold } = burst;
  for (let kill = 0; kill < options.kills; kill += 1) {
    const spare = await started(burst);
    // Spread over the time that the burst takes by the limits, most of them early.
    await pause(200 + random() * ((boundSecondsOf(2 * options.requests) * 1_500) / options.kills));
    const [victim] = hosts.splice(random() < 0.5 ? 0 : 1, 1);
    await victim?.kill();
    hosts.push(spare);
    for (const story of stories) if (untold.has(story.number)) spare.order({ story });
  }
}

async function leftToDo({ storage }: CardWorld): Promise<number> {
  const { outbox } = openLedger(storage.ledger, { now: () => new Date() });
  // Claimed ones, too: the hosts' clocks may be ahead of this one.
  return (await outbox.waiting()).count;
}

/** When the last of so many calls may begin that all begin as soon as the limits allow. */
function boundSecondsOf(calls: number): number {
  const windows = slidingWindows(documentedLimits);
  let now = 0;
  for (let call = 0; call < calls; call += 1) {
    for (let waitMs = windows.ask("", now); waitMs !== undefined; waitMs = windows.ask("", now)) now += waitMs;
  }
  return now / 1000;
}
