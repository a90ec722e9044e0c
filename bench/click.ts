import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DemoApi } from "../local/demo-api.ts";
import { Channel, wordsOf } from "../local/demo-channel.ts";
import { DemoConsole, until } from "../local/demo-console.ts";
import { Consumer } from "../local/demo-consumer.ts";
import { consumers, people } from "../local/seed.ts";
import { type Stack, startStack } from "../local/stack.ts";
import type { StandingCard } from "../local/teams/connector-tap.ts";
import { openStorage } from "../src/azure/storage.ts";

/*
 * From a click on a card to the answered card, while ARM takes five seconds for every call: a click waits for the record of
 * its vote, never for ARM and never for the card in the channel. Beside it, in the same run and between the clicks, what the
 * least possible costs here: the same app's health, and one bare row of the same storage.
 */
const { values } = parseArgs({
  options: { clicks: { type: "string", default: "100" }, arm: { type: "string", default: "5000" } },
});
const clicks = Number(values.clicks);
const armMs = Number(values.arm);
const targetMs = 300;

const console = new DemoConsole();
await import("../build.ts");
const dir = await mkdtemp(join(tmpdir(), "plgate-click-"));
const stack = await startStack({
  dir,
  freePorts: true,
  arm: { "latency.readMs": 1, "latency.writeMs": 1, "latency.lroMs": 1 },
});
try {
  const channel = new Channel(stack);
  await channel.install();
  await askForAll(stack);
  const cards = await until(
    `${clicks} cards`,
    console,
    async () => (waiting(channel).length >= clicks ? waiting(channel) : undefined),
    300_000,
  );
  stack.arm.changeSettings({ "latency.readMs": armMs, "latency.writeMs": armMs });
  console.line(`${clicks} cards wait; from now on ARM takes ${armMs} ms for every read and every write`);
  await measure(stack, channel, cards.slice(0, clicks));
} finally {
  stack.arm.changeSettings({ "latency.readMs": 1, "latency.writeMs": 1 });
  await stack.stop();
  await rm(dir, { recursive: true, force: true });
}

function waiting(channel: Channel): readonly StandingCard[] {
  return channel.cards().filter(({ card }) => JSON.stringify(card).includes('"verb":"approve"'));
}

/** Somebody unknown asks: no rule decides, so people have to. */
async function askForAll({ arm, issuer }: Stack): Promise<void> {
  const api = new DemoApi(stack);
  const service = await until("the service", console, async () => (await api.services()).find(({ alias }) => alias));
  const consumer = new Consumer(consumers.fabrikam, arm, issuer);
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < clicks; index = next++) {
      await consumer.ask(`pe-click-${index}`, service.alias ?? "", "CHG-1");
    }
  };
  await Promise.all([1, 2, 3, 4].map(lane));
}

async function measure({ host, azurite }: Stack, channel: Channel, cards: readonly StandingCard[]) {
  // Without a token it only says that it lives, and asks neither storage nor ARM.
  const health = async () => (await fetch(`${host.url}/api/health`)).arrayBuffer();
  const { consumers: table } = openStorage({ connectionString: azurite.connectionString });
  const id = consumers.billing.subscriptionId;
  const took: Record<"click" | "health" | "row", number[]> = { click: [], health: [], row: [] };
  for (const card of cards) {
    took.row.push(await timed(() => table.getEntity(id, id)));
    took.health.push(await timed(health));
    let answer: Awaited<ReturnType<Channel["press"]>> | undefined;
    took.click.push(
      await timed(async () => {
        answer = await channel.press(card, people.megan, "approve", "CHG-1");
      }),
    );
    const status = wordsOf(answer?.value).join(" ");
    if (!status.includes("Approving"))
      throw new Error(`a click was answered by ${JSON.stringify(answer).slice(0, 300)}`);
  }
  const [first = Number.NaN] = took.click;
  console.line(
    `click to answered card: ${summary(took.click)}; the first, with nothing cached, ${first.toFixed(0)} ms`,
  );
  console.line(
    `beside it: GET /api/health of the same app ${summary(took.health)}; one row of the same storage ${summary(took.row)}`,
  );
  const p99 = percentile(took.click, 0.99);
  console.line(
    `target: ${targetMs} ms with ARM at ${armMs} ms: ${p99 <= targetMs ? "met" : "MISSED"} at p99, ${percentile(took.click, 0.5) <= targetMs ? "met" : "MISSED"} at p50`,
  );
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

function summary(times: readonly number[]): string {
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  return `p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`;
}

function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
