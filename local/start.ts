import { join } from "node:path";
import { parseArgs } from "node:util";
import { isStackAlive, localDir } from "./running-stack.ts";
import { apiAudience, consumers, people, serviceId } from "./seed.ts";
import { type Stack, type StackOptions, startStack } from "./stack.ts";

const usage = `Starts the embedded local Azure with the production build inside, and leaves it running until Ctrl-C.

  npm start [-- --fresh] [-- --mode observe|approve-only|enforce] [-- --events both|subscription|notifications|none]
            [-- --without-functions]

  --fresh      forget the last run; without it everything goes on where it was
  --mode MODE  PLGATE_MODE of the app, enforce when left out
  --events X   what tells of a consumer's endpoint: subscription events, resource notifications, both when left out, or
               nothing, so that the sweep finds it
  --without-functions   starts everything but the functions, and writes local.settings.json for func start (docs/func-start.md)
  --help       this text
`;

/** What Azure tells a provider of a consumer's endpoint is not known (azure.md 1.2): whoever tries plgate chooses. */
const toldBy: Readonly<Record<string, Told>> = {
  both: told(true, true, "proxy"),
  subscription: told(true, false, "proxy"),
  notifications: told(false, true, "notification"),
  none: told(false, false, "proxy"),
};

const { values } = parseArgs({
  options: {
    fresh: { type: "boolean" },
    mode: { type: "string" },
    events: { type: "string" },
    "without-functions": { type: "boolean" },
    help: { type: "boolean" },
  },
});
if (values.help) process.stdout.write(usage);
else await start();

async function start(): Promise<void> {
  const running = await isStackAlive();
  if (running) return refuse(`a local stack runs already (process ${running}); stop it first`);
  const mode = modeOf(values.mode);
  if (!mode) return refuse(`--mode is observe, approve-only or enforce, not "${values.mode}"`);
  const tells = toldBy[values.events ?? "both"];
  if (!tells) return refuse(`--events is ${Object.keys(toldBy).join(", ")}, not "${values.events}"`);
  await import("../build.ts");
  const stack = await startStack({
    dir: localDir,
    fresh: values.fresh ?? false,
    mode,
    ...tells,
    ...(values["without-functions"] ? { settingsForOthers: join(localDir, "..", "local.settings.json") } : {}),
    say: (line) => process.stdout.write(`  ${line}\n`),
  }).catch((error: unknown) => error);
  if (!isStack(stack)) return refuse(stack instanceof Error ? stack.message : String(stack));
  process.stdout.write(welcome(stack));
  if (values["without-functions"])
    process.stdout.write("\nThe functions do not run yet: func start, in another terminal.\n");
  const stop = () => {
    process.stdout.write("\nstopping; everything is kept in .local/\n");
    stack.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error}\n`);
        process.exit(1);
      },
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

type Told = Pick<StackOptions, "topics" | "events">;

function told(subscriptionEvents: boolean, resourceNotifications: boolean, by: "proxy" | "notification" | "all"): Told {
  return { topics: { subscriptionEvents, resourceNotifications }, events: { onConsumerCreate: by } };
}

function isStack(value: unknown): value is Stack {
  return typeof value === "object" && value !== null && "stateFile" in value;
}

function modeOf(text: string | undefined): "observe" | "approve-only" | "enforce" | undefined {
  if (text === undefined || text === "enforce") return "enforce";
  return text === "observe" || text === "approve-only" ? text : undefined;
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n`);
  process.exitCode = 1;
}

function welcome({ host, arm, playground, stateFile, logFile }: Stack): string {
  const subscription = consumers.fabrikam.subscriptionId;
  return `
plgate runs on the local Azure.

  API         ${host.url}/api/health   (audience ${apiAudience})
  ARM         ${arm.url}               (CA: .local/ca.pem)
  Teams       ${playground.url}        open it, choose the channel privatelink-approvals
  addresses   ${stateFile}
  host's log  ${logFile}

Try
  a token       npm run --silent local:token -- --user ${people.megan.name}
  the requests  curl -H "authorization: Bearer $(npm run --silent local:token -- --user audrey)" ${host.url}/api/requests
  the audit     curl -H "authorization: Bearer $(npm run --silent local:token -- --user audrey)" "${host.url}/api/audit?top=20"
  a consumer    npm run --silent local:consumer -- --as fabrikam --name pe-1 --message "hello"
                (subscription ${subscription}, service ${serviceId.split("/").at(-1)})

Ctrl-C stops it; the next start goes on where it was. npm start -- --fresh begins anew.
`;
}
