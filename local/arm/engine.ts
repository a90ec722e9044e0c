import { randomInt } from "node:crypto";
import { seededRandom } from "../seeded-random.ts";
import { createBuckets } from "./buckets.ts";
import type { Controls } from "./control.ts";
import { createCounter } from "./counts.ts";
import { createWorld } from "./create-world.ts";
import { createFaults } from "./faults.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { Front } from "./front.ts";
import { createGraphHandler } from "./graph-query.ts";
import { drawLatency } from "./latency.ts";
import { createLocks } from "./lock.ts";
import { createOperationClock } from "./operation-clock.ts";
import { createSaver, loadState, type SavedState, type Saver } from "./persistence.ts";
import type { Pipeline } from "./pipeline.ts";
import { createRing, type RecordedExchange } from "./recorder.ts";
import { routeTable } from "./routes.ts";
import { applyLaterSeed, applySeed } from "./seed.ts";
import type { ArmOptions } from "./server.ts";
import { type ArmSettings, defaultSettings, withSettings } from "./settings.ts";
import { emptySnapshot } from "./store.ts";
import { createTimers } from "./timers.ts";
import type { World } from "./world.ts";

// Whole pages of services weigh a lot; whoever wants everything takes the option `record`.
const recordedExchanges = 500;

/** What a run is made of before it has a state: clocks, switches, noise, and what it counts and records. */
function createTools(options: ArmOptions) {
  const now = options.now ?? (() => new Date());
  const randomSeed = options.randomSeed ?? randomInt(2 ** 32);
  let settings = withSettings(defaultSettings, options.settings ?? {});
  const readSettings = () => settings;
  const timers = createTimers();
  const noise = seededRandom(randomSeed);
  return {
    now,
    randomSeed,
    timers,
    noise,
    settings: readSettings,
    changeSettings: (patch: unknown): ArmSettings => {
      settings = withSettings(settings, patch);
      return settings;
    },
    locks: createLocks(readSettings, noise, timers),
    buckets: createBuckets(readSettings, now),
    counter: createCounter(),
    faults: createFaults(),
    ring: createRing<RecordedExchange>(recordedExchanges),
    onWrite: options.onWrite ?? ((_: FinishedWrite) => {}),
  };
}

type Tools = ReturnType<typeof createTools>;

/** The moving parts of a local ARM, joined; the servers around it only carry bytes. */
export async function createEngine(options: ArmOptions) {
  const tools = createTools(options);
  const { timers, locks, counter, faults, ring, onWrite } = tools;
  const { world, saver } = await openWorld(options, tools);
  applySeed(options.seed, world);
  const clock = createOperationClock({ world, locks, timers, saved: saver.saved, onWrite });
  const pipeline = createPipeline(options, tools, world, saver, clock.schedule);
  const record = (exchange: RecordedExchange) => {
    ring.add(exchange);
    options.record?.(exchange);
  };
  const front: Front = { pipeline, faults, counter, record, recordWhole: options.record !== undefined };
  return {
    front,
    controls: createControls(tools, world, saver),
    randomSeed: tools.randomSeed,
    counts: counter.read,
    settings: tools.settings,
    changeSettings: (patch: Partial<ArmSettings>) => void tools.changeSettings(patch),
    orderFaults: faults.order,
    saved: saver.saved,
    /** Keeps what the seed has laid, then goes on with what an earlier run had begun. */
    async begin() {
      await saver.saved();
      clock.resume();
    },
    halt: timers.stop,
  };
}

async function openWorld(options: ArmOptions, tools: Tools): Promise<{ readonly world: World; readonly saver: Saver }> {
  const loaded: SavedState = options.stateFile
    ? await loadState(options.stateFile)
    : { snapshot: options.snapshot ?? emptySnapshot, starts: 0 };
  const saver = createSaver(options.stateFile, () => ({
    snapshot: world.store.snapshot(),
    starts: loaded.starts + 1,
  }));
  const world = createWorld({
    // Rights come from the seed of this run alone: a role that was narrowed since must not live on in the file.
    snapshot: { ...loaded.snapshot, roleAssignments: [] },
    // Other ids with each start: two starts with one seed must not name two connections alike.
    identities: seededRandom(tools.randomSeed + Math.imul(loaded.starts + 1, 0x9e3779b9)),
    settings: tools.settings,
    now: tools.now,
    drawMs: (latency) => drawLatency(latency, tools.noise),
    isBusy: tools.locks.isHeld,
    topics: options.topics ?? (() => []),
    onChange: saver.changed,
  });
  return { world, saver };
}

function createPipeline(
  options: ArmOptions,
  tools: Tools,
  world: World,
  saver: Saver,
  schedule: Pipeline["schedule"],
): Pipeline {
  const { buckets, locks, timers, noise, onWrite, counter, randomSeed } = tools;
  return {
    ...{ world, buckets, locks, timers, noise, onWrite, schedule },
    routes: routeTable(createGraphHandler(options.graphQueries ?? [])),
    verifyToken: options.verifyToken,
    settle: async ({ write }) => {
      await saver.saved();
      if (write) onWrite(write);
    },
    onShapeFault: (found) => {
      counter.countShapeFault();
      const about = `The local ARM stopped an answer that Azure would not give (seed ${randomSeed}):`;
      console.error([about, ...found].join("\n"));
    },
  };
}

function createControls(tools: Tools, world: World, saver: Saver): Controls {
  const { faults, settings, changeSettings, ring, counter } = tools;
  return {
    faults: faults.left,
    orderFaults: (list) => {
      faults.order(list);
      return faults.left();
    },
    settings,
    changeSettings,
    requests: ring.all,
    counts: counter.read,
    seed: async (seed) => {
      applyLaterSeed(seed, world);
      await saver.saved();
      return {};
    },
  };
}
