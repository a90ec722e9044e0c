import { join } from "node:path";
import { parseArgs } from "node:util";
import { DemoApi } from "./demo-api.ts";
import { Channel } from "./demo-channel.ts";
import { DemoConsole, until } from "./demo-console.ts";
import { LatencyLog } from "./demo-latency.ts";
import { approvedInThePortal } from "./demo-portal.ts";
import * as story from "./demo-story.ts";
import { isStackAlive, localDir } from "./running-stack.ts";
import { serviceName } from "./seed.ts";
import { type Stack, startStack } from "./stack.ts";

const usage = `Plays the story of plgate on the embedded local Azure, prints its timeline, and exits 0, or 1 with the failing step.

  npm run demo [-- --record-arm FILE]

  --record-arm FILE   writes what ARM was asked and answered, one JSON line each
  --help              this text
`;

const { values } = parseArgs({ options: { help: { type: "boolean" }, "record-arm": { type: "string" } } });
if (values.help) process.stdout.write(usage);
else process.exitCode = await demo(values["record-arm"]);

async function demo(recordArm: string | undefined): Promise<number> {
  const console = new DemoConsole();
  const latency = new LatencyLog();
  const steps = { now: "the start of the local Azure" };
  let stack: Stack | undefined;
  try {
    await import("../build.ts");
    console.title("Starting the local Azure with the production build inside");
    const dir = join(localDir, "demo");
    const elsewhere = await isStackAlive();
    stack = await startStack({
      dir,
      fresh: true,
      ...(elsewhere ? {} : { stateFile: join(localDir, "state.json") }),
      ...(recordArm ? { recordArm } : {}),
      onArmWrite: (write) => latency.note(write),
      say: (line) => console.line(line),
    });
    process.once("SIGINT", () => void stack?.stop().finally(() => process.exit(130)));
    await play(stack, console, latency, steps);
    return 0;
  } catch (error) {
    console.title(`FAILED at ${steps.now}`);
    console.line(error instanceof Error ? error.message : String(error));
    if (stack) console.line(`the log of the functions host: ${stack.logFile}`);
    return 1;
  } finally {
    await stack?.stop();
  }
}

async function play(stack: Stack, console: DemoConsole, latency: LatencyLog, steps: { now: string }): Promise<void> {
  const api = new DemoApi(stack);
  const channel = new Channel(stack);
  steps.now = "the scene";
  console.title("The scene");
  const service = await until("the service in plgate's list", console, async () =>
    (await api.services()).find(({ id, alias }) => id.endsWith(`/${serviceName}`) && alias),
  );
  console.line(
    `the provider's network is 10.0.0.0/16; ${serviceName} has ${service.natIps} NAT addresses in 10.0.1.0/24`,
  );
  console.line("every consumer's network is 10.0.0.0/16 too; nothing is peered");
  console.line(`customers are given the alias ${service.alias}`);
  await channel.install();
  console.line("Megan adds the bot to the team; its channel is remembered");

  const stage = { stack, console, api, channel, latency, alias: service.alias ?? "" };
  const told: story.Told[] = [];
  const acts = {
    "(a) registered customer": story.registeredCustomer,
    "(b) blocked subscription": story.blockedSubscription,
    "(c) unknown customer": story.unknownCustomer,
    "(d) lost event": story.lostEvent,
    "(e) repeated event": story.repeatedEvent,
    "(f) approved in the portal": approvedInThePortal,
    "(g) audit": story.audit,
  };
  for (const [name, act] of Object.entries(acts)) {
    steps.now = name;
    told.push(await act(stage));
  }
  steps.now = "the measurement";
  await story.measure(stage);
  console.title(`Done in ${console.seconds().toFixed(0)} s`);
  console.table([
    ["case", "consumer", "outcome", "by", "took"],
    ...told.map(({ what, consumer, outcome, by, took }) => [what, consumer, outcome, by, took]),
  ]);
}
