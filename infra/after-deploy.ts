import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { allowSignIn, explainSignIn } from "./allow-sign-in.ts";

/**
 * The last step of `azd up`: tells Entra of the page's address (allow-sign-in.ts) and makes the event subscription (events.bicep), once the function that it points at exists.
 *
 * Apart from the rest because of an order that Azure sets: Event Grid looks the function up when the subscription is
 * made, and a function exists only after the code is deployed. Running it again changes nothing.
 */

/** Runs the Azure CLI; never throws. `output` is what it printed, for the person who has to act on a failure. */
export type RunAz = (args: readonly string[]) => Promise<{ readonly ok: boolean; readonly output: string }>;

/** What this step needs from outside, so that a test can hold the clock and the CLI. */
export type Outside = {
  readonly az: RunAz;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly say: (line: string) => void;
};

/** How it ended. Only `connected` and `switched-off` are good. */
export type Outcome =
  | { readonly kind: "connected" }
  | { readonly kind: "switched-off" }
  | { readonly kind: "not-provisioned"; readonly missing: readonly string[] }
  | { readonly kind: "not-signed-in"; readonly output: string }
  | { readonly kind: "no-function"; readonly output: string }
  | { readonly kind: "refused"; readonly output: string };

/** Where to act: outputs of main.bicep, which azd puts into the environment of a hook. */
type Deployment = {
  readonly subscription: string;
  readonly group: string;
  readonly app: string;
  readonly dataAccount: string;
  readonly deadLetters: string;
  /** Empty when events are switched off. */
  readonly topic: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

const needed = [
  "AZURE_SUBSCRIPTION_ID",
  "AZURE_RESOURCE_GROUP",
  "AZURE_FUNCTION_APP",
  "AZURE_DATA_ACCOUNT",
  "AZURE_DEAD_LETTER_CONTAINER",
];

/** A new function shows up within a minute or so of the deployment. */
const lookForFunction = { times: 30, every: 10_000 };
/** The handshake can meet a cold app, and a fresh right takes minutes to reach storage. */
const trySubscribing = { times: 5, every: 60_000 };

/** Connects Event Grid to the deployed function, or says why not. Takes up to ten minutes. */
export async function connectEvents(environment: Environment, outside: Outside): Promise<Outcome> {
  const missing = needed.filter((name) => !environment[name]);
  if (missing.length > 0) return { kind: "not-provisioned", missing };
  const at = readDeployment(environment);
  if (at.topic === "") return { kind: "switched-off" };

  const account = await outside.az(["account", "show", "--subscription", at.subscription, "--output", "none"]);
  if (!account.ok) return { kind: "not-signed-in", output: account.output };

  outside.say("Waiting for the function connection-event to show up in Azure.");
  const found = await repeat(lookForFunction, functionShow(at), outside);
  if (!found.ok) return { kind: "no-function", output: found.output };

  outside.say("Making the Event Grid subscription.");
  const made = await repeat(trySubscribing, deployEvents(at), outside);
  return made.ok ? { kind: "connected" } : { kind: "refused", output: made.output };
}

function readDeployment(environment: Environment): Deployment {
  return {
    subscription: environment["AZURE_SUBSCRIPTION_ID"] ?? "",
    group: environment["AZURE_RESOURCE_GROUP"] ?? "",
    app: environment["AZURE_FUNCTION_APP"] ?? "",
    dataAccount: environment["AZURE_DATA_ACCOUNT"] ?? "",
    deadLetters: environment["AZURE_DEAD_LETTER_CONTAINER"] ?? "",
    topic: environment["AZURE_EVENT_TOPIC"] ?? "",
  };
}

function functionShow(at: Deployment): readonly string[] {
  return [
    ...["functionapp", "function", "show", "--function-name", "connection-event", "--name", at.app],
    ...["--subscription", at.subscription, "--resource-group", at.group, "--output", "none"],
  ];
}

function deployEvents(at: Deployment): readonly string[] {
  return [
    ...["deployment", "group", "create", "--name", "plgate-events", "--template-file", "infra/events.bicep"],
    ...["--subscription", at.subscription, "--resource-group", at.group],
    ...["--only-show-errors", "--output", "none", "--parameters"],
    `topicName=${at.topic}`,
    `functionAppName=${at.app}`,
    `dataAccountName=${at.dataAccount}`,
    `deadLetterContainerName=${at.deadLetters}`,
  ];
}

async function repeat(
  plan: { readonly times: number; readonly every: number },
  args: readonly string[],
  outside: Outside,
): ReturnType<RunAz> {
  let last = await outside.az(args);
  for (let attempt = 1; attempt < plan.times && !last.ok; attempt += 1) {
    outside.say(`Not yet (attempt ${attempt} of ${plan.times}), trying again in ${plan.every / 1000} s.`);
    await outside.wait(plan.every);
    last = await outside.az(args);
  }
  return last;
}

/** What to tell the person at the terminal: what is, what it means for plgate, and what to do. */
export function explain(outcome: Outcome): string {
  const meanwhile =
    "plgate itself is deployed and finds every request with its sweep; only the events are missing.\n" +
    "When it is mended: azd hooks run postdeploy";
  switch (outcome.kind) {
    case "connected":
      return "Event Grid sends the events of this subscription to plgate.";
    case "switched-off":
      return "Events are switched off (PLGATE_EVENTS). plgate finds every request with its sweep.";
    case "not-provisioned":
      return `Nothing to connect yet: run azd provision first (missing: ${outcome.missing.join(", ")}).`;
    case "not-signed-in":
      return `The Azure CLI cannot use the subscription. Sign in with az login.\n${outcome.output}\n${meanwhile}`;
    case "no-function":
      return `The function connection-event did not show up in the app. Look at its log stream.\n${outcome.output}\n${meanwhile}`;
    case "refused":
      return `Azure refused the event subscription.\n${outcome.output}\n${meanwhile}`;
  }
}

/** The real Azure CLI. On Windows `az` is a script, which only the shell can start; no argument here needs quoting. */
const az: RunAz = async (args) => {
  const windows = process.platform === "win32";
  try {
    const { stdout } = await promisify(execFile)(
      windows ? "cmd.exe" : "az",
      windows ? ["/d", "/c", "az", ...args] : args,
    );
    return { ok: true, output: stdout };
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return { ok: false, output: said || String(error) };
  }
};

if (import.meta.main) {
  const outside: Outside = {
    az,
    wait: async (milliseconds) => sleep(milliseconds),
    say: (line) => console.log(line),
  };
  console.log(explainSignIn(await allowSignIn(process.env, outside)));
  const outcome = await connectEvents(process.env, outside);
  console.log(explain(outcome));
  process.exitCode = outcome.kind === "connected" || outcome.kind === "switched-off" ? 0 : 1;
}
