import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { Consumer } from "../local/demo-consumer.ts";
import * as seed from "../local/seed.ts";
import { serviceNamed } from "../test/integration/scene.ts";
import { startWorld, type World } from "../test/integration/world.ts";
import type { Coldness, Wish } from "./cold-child.ts";
import { buildChild, bundled, emptyCache, unbundled, type Variant } from "./cold-variants.ts";
import { percentile } from "./process-cost.ts";

/*
 * A cold start of the app, bundled as it is deployed and beside it unbundled, each in fresh processes, in turns: until all functions
 * are registered, and until the first call of each kind is answered, on the local Azure (real clients, ARM and storage on loopback).
 */
const { values } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, calls: { type: "string", default: "7" } },
});
const targets = { ratio: 3, rssMiB: 90 };

const dir = await mkdtemp(join(tmpdir(), "plgate-cold-"));
const child = join(dir, "cold-child.mjs");
const world = await startWorld();
try {
  await buildChild(child);
  const apps = [await unbundled(join(dir, "unbundled")), await bundled(join(dir, "bundle"))];
  const variants = apps.flatMap((app) => [false, true].map((cached): Variant => ({ ...app, cached })));
  const environment = environmentOf(world);
  const run = (variant: Variant, wish?: Wish) => startCold(variant, environment, wish);
  say(`${cpus()[0]?.model}, ${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB, Node ${process.version}`);
  for (const variant of variants) if (variant.cached) await fillCache(variant, run);
  const empty = await startCold({ name: "empty", dir, pattern: "", cached: false }, environment);
  say(
    `a process that loads nothing holds ${empty.rssMiB.toFixed(0)} MiB; load of the machine ${loadavg()[0]?.toFixed(1)}`,
  );
  judge(await registering(variants, run));
  await firstCalls(variants, run);
} finally {
  await world.stop();
  await rm(dir, { recursive: true, force: true });
}

type Run = (variant: Variant, wish?: Wish) => Promise<Coldness>;

async function registering(variants: readonly Variant[], run: Run): Promise<ReadonlyMap<Variant, readonly Coldness[]>> {
  const taken = await inTurns(variants, Number(values.rounds), (variant) => run(variant));
  say(
    `\nuntil all ${taken.values().next().value?.[0]?.functions} functions are registered, ${values.rounds} processes each`,
  );
  for (const [variant, runs] of taken) {
    const row = [spread(runs, "importMs", "ms"), spread(runs, "importCpuMs", "ms CPU")];
    say(`  ${nameOf(variant)} ${row.join("  ")}  ${memoryOf(runs)}`);
  }
  return taken;
}

function judge(taken: ReadonlyMap<Variant, readonly Coldness[]>): void {
  const runsOf = (name: string, cached: boolean) =>
    [...taken].find(([variant]) => variant.name === name && variant.cached === cached)?.[1] ?? [];
  for (const cached of [false, true]) {
    const [slow, fast] = [runsOf("unbundled", cached), runsOf("bundle", cached)];
    const [time, cpu] = [ratio(slow, fast, "importMs"), ratio(slow, fast, "importCpuMs")];
    const verdict = cached ? "" : `; target ${targets.ratio}: ${time >= targets.ratio ? "met" : "MISSED"}`;
    say(
      `  bundle is ${time.toFixed(1)} times faster (${cpu.toFixed(1)} by CPU)${cached ? ", both cached" : ""}${verdict}`,
    );
  }
  const rss = middle(runsOf("bundle", false), "rssMiB");
  say(
    `  memory of the bundle: ${rss.toFixed(0)} MiB; target ${targets.rssMiB}: ${rss <= targets.rssMiB ? "met" : "MISSED"}`,
  );
}

/** Each call in a process of its own, after everything was registered: what it still has to load is within its time. */
async function firstCalls(variants: readonly Variant[], run: Run): Promise<void> {
  for (const [title, wish] of await wishes()) {
    const taken = await inTurns(variants, Number(values.calls), async (variant) => run(variant, await wish()));
    const [said] = [...new Set([...taken.values()].flat().map((one) => one.said))];
    say(`\n${title} (${said}), ${values.calls} processes each, registering included`);
    for (const [variant, runs] of taken) {
      const memory = `${middle(runs, "callRssMiB").toFixed(0)} MiB after it`;
      say(`  ${nameOf(variant)} ${spread(runs, "callMs", "ms")}  ${spread(runs, "callCpuMs", "ms CPU")}  ${memory}`);
    }
    const [slow, , fast] = [...taken.values()];
    if (slow && fast)
      say(
        `  bundle is ${ratio(slow, fast, "callMs").toFixed(1)} times faster (${ratio(slow, fast, "callCpuMs").toFixed(1)} by CPU)`,
      );
  }
}

async function wishes(): Promise<readonly (readonly [string, () => Promise<Wish>])[]> {
  const url = (path: string) => `http://127.0.0.1/api/${path}`;
  const token = await world.issuer.mintUserToken({ user: seed.people.audrey.name, roles: ["Reader"] });
  const { id, alias } = await serviceNamed(world, seed.serviceId.split("/").at(-1) ?? "");
  const billing = new Consumer(seed.consumers.billing, world.arm, world.issuer);
  let asked = 0;
  const review = async (): Promise<Wish> => {
    asked += 1;
    await billing.ask(`pe-cold-${asked}`, alias, "CHG-1");
    return { name: "review-service", message: { v: 1, serviceId: id, door: "event" } };
  };
  return [
    ["GET /health by a stranger", async () => ({ name: "health", url: url("health") })],
    ["GET /openapi.json", async () => ({ name: "openapi", url: url("openapi.json") })],
    ["GET /requests by a reader", async () => ({ name: "requests", url: url("requests"), token })],
    ["a message of Teams without a token", async () => ({ name: "teams-messages", url: url("messages") })],
    ["the review of a service with one new request", review],
  ];
}

/** Round by round, so that whatever else the machine does falls on all of them alike. */
async function inTurns(variants: readonly Variant[], rounds: number, act: (variant: Variant) => Promise<Coldness>) {
  const taken = new Map<Variant, Coldness[]>(variants.map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) taken.get(variant)?.push(await act(variant));
  }
  return taken;
}

async function startCold(variant: Variant, environment: NodeJS.ProcessEnv, wish?: Wish): Promise<Coldness> {
  const cache = variant.cached ? { NODE_COMPILE_CACHE: cacheOf(variant) } : {};
  const args = [child, variant.dir, variant.pattern, ...(wish ? [JSON.stringify(wish)] : [])];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...environment, ...cache } });
  return JSON.parse(stdout);
}

/** Every call once: the cache then holds what each of them loads. */
async function fillCache(variant: Variant, run: Run): Promise<void> {
  await emptyCache(cacheOf(variant));
  for (const [, wish] of await wishes()) await run(variant, await wish());
}

function cacheOf({ name }: Variant): string {
  return join(dir, `cache-${name}`);
}

/** The settings of the app, and the authority whose certificates the local Azure has. */
function environmentOf({ caFile }: World): NodeJS.ProcessEnv {
  const settings = Object.entries(process.env).filter(([name]) => /^(PLGATE_|IDENTITY_)/.test(name));
  return { PATH: process.env["PATH"], ...Object.fromEntries(settings), NODE_EXTRA_CA_CERTS: caFile };
}

type Figure = "importMs" | "importCpuMs" | "rssMiB" | "heapMiB" | "callMs" | "callCpuMs" | "callRssMiB";

function middle(runs: readonly Coldness[], figure: Figure): number {
  return percentile(numbersOf(runs, figure), 0.5);
}

function ratio(slow: readonly Coldness[], fast: readonly Coldness[], figure: Figure): number {
  return middle(slow, figure) / middle(fast, figure);
}

function spread(runs: readonly Coldness[], figure: Figure, unit: string): string {
  const all = numbersOf(runs, figure);
  const [least, p50, p95] = [Math.min(...all), percentile(all, 0.5), percentile(all, 0.95)];
  return `${p50.toFixed(0).padStart(5)} ${unit} (${least.toFixed(0)} to p95 ${p95.toFixed(0)})`;
}

function memoryOf(runs: readonly Coldness[]): string {
  return `${middle(runs, "rssMiB").toFixed(0)} MiB, heap ${middle(runs, "heapMiB").toFixed(0)} MiB`;
}

function numbersOf(runs: readonly Coldness[], figure: Figure): readonly number[] {
  return runs.map((run) => run[figure] ?? Number.NaN);
}

function nameOf({ name, cached }: Variant): string {
  return `${name}${cached ? ", compile cache" : ""}`.padEnd(25);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
