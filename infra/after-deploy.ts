import { allowSignIn, explainSignIn } from "./allow-sign-in.ts";
import { wantsEvents } from "./deploy-template.ts";
import { type Answer, type Environment, type Outside, runHook } from "./outside.ts";
import { explainWatched, type Watched, watchSubscriptions } from "./watch-subscriptions.ts";

/**
 * The last step of `azd up`: tells Entra of the page's address (allow-sign-in.ts) and makes topics and event subscriptions in
 * each watched subscription (watch.bicep), once the function that they point at exists.
 *
 * Apart from the rest because of an order that Azure sets: Event Grid looks the function up when the subscription is
 * made, and a function exists only after the code is deployed. Running it again changes nothing.
 */

/** How it ended. `done` is good when no subscription was refused. */
export type Outcome =
  | { readonly kind: "done"; readonly subscriptions: readonly Watched[] }
  | { readonly kind: "not-provisioned"; readonly missing: readonly string[] }
  | { readonly kind: "not-signed-in"; readonly output: string }
  | { readonly kind: "no-function"; readonly output: string };

const needed = [
  "AZURE_SUBSCRIPTION_ID",
  "AZURE_RESOURCE_GROUP",
  "AZURE_FUNCTION_APP",
  "AZURE_RECORD_GROUP",
  "AZURE_DATA_ACCOUNT",
  "AZURE_DEAD_LETTER_CONTAINER",
];

/** A new function shows up within a minute or so of the deployment. */
const lookForFunction = { times: 30, every: 10_000 };

/** Connects Event Grid to the deployed function, or says why not. Takes up to ten minutes, and five more for each subscription that refuses. */
export async function connectEvents(environment: Environment, outside: Outside): Promise<Outcome> {
  const missing = needed.filter((name) => !environment[name]);
  if (missing.length > 0) return { kind: "not-provisioned", missing };
  const subscription = environment["AZURE_SUBSCRIPTION_ID"] ?? "";
  const account = await outside.az(["account", "show", "--subscription", subscription, "--output", "none"]);
  if (!account.ok) return { kind: "not-signed-in", output: account.output };

  if (wantsEvents(environment)) {
    outside.say("Waiting for the function connection-event to show up in Azure.");
    const found = await waitForFunction(environment, outside);
    if (!found.ok) return { kind: "no-function", output: found.output };
  }
  return { kind: "done", subscriptions: await watchSubscriptions(environment, outside) };
}

async function waitForFunction(environment: Environment, outside: Outside): Promise<Answer> {
  const args = [
    ...["functionapp", "function", "show", "--function-name", "connection-event"],
    ...[
      "--name",
      environment["AZURE_FUNCTION_APP"] ?? "",
      "--subscription",
      environment["AZURE_SUBSCRIPTION_ID"] ?? "",
    ],
    ...["--resource-group", environment["AZURE_RESOURCE_GROUP"] ?? "", "--output", "none"],
  ];
  let last = await outside.az(args);
  for (let attempt = 1; attempt < lookForFunction.times && !last.ok; attempt += 1) {
    outside.say(
      `Not yet (attempt ${attempt} of ${lookForFunction.times}), trying again in ${lookForFunction.every / 1000} s.`,
    );
    await outside.wait(lookForFunction.every);
    last = await outside.az(args);
  }
  return last;
}

/** Whether nothing is left to do. */
export function isDone(outcome: Outcome): boolean {
  return outcome.kind === "done" && outcome.subscriptions.every((one) => !("output" in one));
}

/** What to tell the person at the terminal: what is, what it means for plgate, and what to do. */
export function explain(outcome: Outcome): string {
  const meanwhile =
    "plgate itself is deployed and finds every request with its sweep; only the events are missing.\n" +
    "When it is mended: azd hooks run postdeploy";
  switch (outcome.kind) {
    case "done":
      return explainWatched(outcome.subscriptions);
    case "not-provisioned":
      return `Nothing to connect yet: run azd provision first (missing: ${outcome.missing.join(", ")}).`;
    case "not-signed-in":
      return `The Azure CLI cannot use the subscription. Sign in with az login.\n${outcome.output}\n${meanwhile}`;
    case "no-function":
      return `The function connection-event did not show up in the app. Look at its log stream.\n${outcome.output}\n${meanwhile}`;
  }
}

if (import.meta.main) {
  await runHook(async (environment, outside) => {
    outside.say(explainSignIn(await allowSignIn(environment, outside)));
    const outcome = await connectEvents(environment, outside);
    outside.say(explain(outcome));
    return isDone(outcome);
  });
}
