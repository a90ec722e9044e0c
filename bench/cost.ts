import { parseArgs } from "node:util";
import type { EventGridEvent } from "@azure/functions";
import { connectionEvent } from "../functions/connection-event.ts";
import { sweep } from "../functions/reconcile.ts";
import { appIdentity, people } from "../local/seed.ts";
import { channelOf } from "../test/integration/channel.ts";
import * as scene from "../test/integration/scene.ts";
import { startWorld, until } from "../test/integration/world.ts";
import { startCollector } from "../test/telemetry/a-collector.ts";
import { meter, type StorageCall, type StorageUse } from "./cost-meter.ts";

/*
 * What Azure's meters count for one request, for one sweep and for one look that finds nothing: transactions of storage, executions
 * of functions, calls to ARM, bytes of the log. docs/cost.md multiplies them by the month. Counts do not depend on the machine.
 * Run: npm run bench:cost [-- --requests 20]. Each request is alone: in a burst several share a look, and each costs less.
 */
const { values } = parseArgs({ options: { requests: { type: "string", default: "20" } } });
const times = Number(values.requests);

const storageCalls: readonly StorageCall[] = ["table reads", "table writes", "queue", "blob"];
// Spans go to a collector of ours; what one of them weighs at a vendor's, only the vendor's bill tells.
const collector = await startCollector();
process.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url;
const world = await startWorld();
const channel = channelOf(world);

/** What was used so far; only what the app does is counted, not what the bench stages or looks at. */
const used = { storage: noStorage(), executions: 0 };

try {
  await channel.install();
  const service = await scene.aService(world);
  // What stands at a new service is told once, and the first listing of a host asks more.
  await event(service);
  await runSweep();
  await drain();

  await row("a request that policy decides", async (at) => {
    // The policy of the demo lets in four connections of a customer.
    const gold = await scene.aCustomer(world, "gold");
    await gold.ask(`pe-policy-${at}`, service, "CHG-1001");
    await event(service);
    await drain();
    await expectStatus(gold, `pe-policy-${at}`, "Approved");
  });
  await row("a request that a person decides in Teams", async (at) => {
    const stranger = await scene.aCustomer(world);
    await stranger.ask(`pe-person-${at}`, service, "hello");
    await event(service);
    await drain();
    const { id } = await scene.requestOf(world, service, `pe-person-${at}`);
    const card = await until("the card", () => channel.threads(id).find(({ shows }) => shows === "card"));
    const press = { verb: "approve", requestId: id, justification: "known partner" } as const;
    await counted(() => channel.press(card, people.megan, press));
    // The decision is carried out by a review, which has its own message.
    await until("the outcome", async () => {
      await drain();
      return (await stranger.status(`pe-person-${at}`)).status === "Approved";
    });
  });
  await row("an event that finds nothing to do", async () => {
    await event(service);
    await drain();
  });
  await row("a sweep that finds nothing new", () => runSweep());
} finally {
  await world.stop();
  await collector.stop();
}
// The app keeps connections open.
process.exit();

/** An event, the wake-up that it sends, and everything that follows. */
async function event(service: scene.Service): Promise<void> {
  const body = {
    ...{ id: crypto.randomUUID(), eventType: "Microsoft.Resources.ResourceWriteSuccess", subject: service.id },
    ...{ dataVersion: "2", metadataVersion: "1", eventTime: new Date().toISOString(), topic: "" },
    data: { resourceUri: service.id },
  };
  await counted(() => connectionEvent(body as unknown as EventGridEvent, world.context("connection-event")));
}

async function runSweep(): Promise<void> {
  const timer = {
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: "", next: "", lastUpdated: "" },
  };
  await counted(async () => sweep(timer, world.context("reconcile")));
  await drain();
}

/** Works off what the queue shows, as the host does: taking and removing a message are transactions, too. */
async function drain(): Promise<void> {
  for (;;) {
    let found = 0;
    used.storage = add(
      used.storage,
      await meter(world.azurite.ports, async () => {
        found = await scene.workQueue(world);
      }),
    );
    used.executions += found;
    if (found === 0) return;
  }
}

async function counted(act: () => Promise<unknown> | unknown): Promise<void> {
  used.storage = add(used.storage, await meter(world.azurite.ports, async () => act()));
  used.executions += 1;
}

async function expectStatus(asker: scene.Customer, endpoint: string, wanted: string): Promise<void> {
  const { status } = await asker.status(endpoint);
  if (status !== wanted) throw new Error(`the request of ${endpoint} is ${status}, not ${wanted}`);
}

async function row(what: string, act: (at: number) => Promise<void>): Promise<void> {
  const [storage, executions] = [used.storage, used.executions];
  await world.app.telemetry.flush();
  const [calls, lines, spans] = [armCalls(), world.lines.length, collector.spans.length];
  for (let at = 0; at < times; at += 1) await act(at);
  const each = (count: number) => (count / times).toFixed(1).padStart(8);
  await world.app.telemetry.flush();
  const arm = armCalls() - calls;
  const seen = collector.spans.length - spans;
  const bytes = world.lines.slice(lines).reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  const told = storageCalls.map((kind) => `${each(used.storage[kind] - storage[kind])} ${kind}`);
  console.log(`${what}\n  ${told.join(" ")}`);
  console.log(
    `  ${each(used.executions - executions)} executions ${each(arm)} calls to ARM ${each(seen)} spans ${each(bytes / 1024)} KiB of log`,
  );
}

/** Reads, writes and queries that the app sent to ARM and Resource Graph so far. */
function armCalls(): number {
  return Object.values(world.arm.counts().byCaller[appIdentity.objectId] ?? {}).reduce((sum, count) => sum + count, 0);
}

function noStorage(): StorageUse {
  return { "table reads": 0, "table writes": 0, queue: 0, blob: 0 };
}

function add(one: StorageUse, other: StorageUse): StorageUse {
  const sum = (kind: StorageCall) => one[kind] + other[kind];
  return {
    "table reads": sum("table reads"),
    "table writes": sum("table writes"),
    queue: sum("queue"),
    blob: sum("blob"),
  };
}
