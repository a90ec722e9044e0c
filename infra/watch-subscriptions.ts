import {
  deployTemplate,
  estateDeployment,
  listed,
  type Patience,
  wantsEvents,
  watchDeployment,
} from "./deploy-template.ts";
import { type Answer, type Environment, list, type Outside, readJson, remember, text } from "./outside.ts";
import { listAssignments, takeAway } from "./role-assignments.ts";
import { guid, watchedSubscriptions } from "./settings.ts";

/** Event Grid in the watched subscriptions: made after the code is there, taken away where it is no longer wanted. */

/** How it went in one subscription. */
export type Watched =
  | { readonly subscription: string; readonly kind: "watched" | "no-longer-watched" | "elsewhere" }
  | { readonly subscription: string; readonly kind: "refused" | "not-taken-away"; readonly output: string };

/** The handshake can meet a cold app, and a fresh right takes minutes to reach storage. What nobody can wait for is not tried again. */
const patience: Patience = { times: 5, every: 60_000, passes: (output) => !neverPasses.test(output) };
const neverPasses =
  /AuthorizationFailed|does not have authorization|one system topic|SubscriptionNotFound|InvalidTemplate|RequestDisallowedByPolicy|MissingSubscriptionRegistration|ScopeLocked|not installed/i;

/** Every subscription in which topics of plgate are or may be: those of now and those that were kept. */
export function subscriptionsEverWatched(environment: Environment): readonly string[] {
  const now = wantsEvents(environment) ? watchedSubscriptions(environment) : [];
  return list([...now, environment["AZURE_WATCHED_SUBSCRIPTIONS"]].join(",").toLowerCase()).filter((id) =>
    guid.test(id),
  );
}

/** Makes what is wanted and takes away what no longer is. One subscription that fails does not stop the others. */
export async function watchSubscriptions(environment: Environment, outside: Outside): Promise<readonly Watched[]> {
  const wanted = wantsEvents(environment) ? watchedSubscriptions(environment) : [];
  const ever = subscriptionsEverWatched(environment);
  // Kept before anything is made: azd down finds it then, whatever happens in between.
  await keep(environment, ever, outside);
  const elsewhere = await findElsewhere(wanted, outside);
  const here = wanted.filter((id) => !elsewhere.includes(id));
  const results = environment["PLGATE_MANAGEMENT_GROUP"]
    ? await watchEstate(here, environment, outside)
    : await watchEach(here, environment, outside);
  const left: Watched[] = [];
  for (const subscription of ever.filter((id) => !wanted.includes(id))) {
    outside.say(`Taking the topics of plgate out of the subscription ${subscription}, which is no longer watched.`);
    const gone = await removeWatch(subscription, environment, outside);
    left.push(
      gone.ok
        ? { subscription, kind: "no-longer-watched" }
        : { subscription, kind: "not-taken-away", output: gone.output },
    );
  }
  const stays = left.filter(({ kind }) => kind === "not-taken-away").map(({ subscription }) => subscription);
  await keep({ ...environment, AZURE_WATCHED_SUBSCRIPTIONS: ever.join(",") }, [...wanted, ...stays], outside);
  return [...results, ...elsewhere.map((subscription): Watched => ({ subscription, kind: "elsewhere" })), ...left];
}

/** Subscriptions of another tenant (Lighthouse): events do not cross tenants, so nobody has to mend that. */
async function findElsewhere(wanted: readonly string[], { az }: Outside): Promise<readonly string[]> {
  const elsewhere: string[] = [];
  for (const subscription of wanted) {
    const shown = await az(["account", "show", "--subscription", subscription, "--output", "json"]);
    const account = readJson(shown.output);
    const homeTenant = text(account, "homeTenantId");
    if (!shown.ok || (homeTenant !== "" && homeTenant !== text(account, "tenantId"))) elsewhere.push(subscription);
  }
  return elsewhere;
}

async function keep(environment: Environment, subscriptions: readonly string[], outside: Outside): Promise<void> {
  const kept = await remember(environment, { AZURE_WATCHED_SUBSCRIPTIONS: subscriptions.join(",") }, outside);
  if (!kept.ok) outside.say(kept.output);
}

async function watchEach(
  wanted: readonly string[],
  environment: Environment,
  outside: Outside,
): Promise<readonly Watched[]> {
  const results: Watched[] = [];
  for (const subscription of wanted) {
    outside.say(`Making topics and event subscriptions in the subscription ${subscription}.`);
    const made = await deployTemplate(watchDeployment(environment, subscription), outside, patience);
    const done = made.ok ? await removeUnwantedTopics(subscription, environment, outside) : made;
    results.push(watchedOr(subscription, done.ok ? { ok: true, output: "" } : done));
  }
  return results;
}

async function watchEstate(
  wanted: readonly string[],
  environment: Environment,
  outside: Outside,
): Promise<readonly Watched[]> {
  if (wanted.length === 0) return [];
  outside.say(`Making topics and event subscriptions of ${wanted.length} subscriptions in one deployment.`);
  const made = await deployTemplate(estateDeployment(environment, "rights and events"), outside, patience);
  if (!made.ok) return wanted.map((subscription) => ({ subscription, kind: "refused", output: made.output }));
  const results: Watched[] = [];
  for (const subscription of wanted) {
    results.push(watchedOr(subscription, await removeUnwantedTopics(subscription, environment, outside)));
  }
  return results;
}

function watchedOr(subscription: string, done: Answer): Watched {
  return done.ok ? { subscription, kind: "watched" } : { subscription, kind: "refused", output: done.output };
}

/** A deployment leaves a topic where it is whose kind was switched off since. */
async function removeUnwantedTopics(subscription: string, environment: Environment, outside: Outside): Promise<Answer> {
  const { subscriptionEvents, resourceNotifications } = watchDeployment(environment, subscription).parameters;
  if (subscriptionEvents && resourceNotifications) return { ok: true, output: "" };
  const isUnwanted = (topic: unknown) =>
    text(topic, "name").startsWith("evgt-plgate-resources-") ? !resourceNotifications : !subscriptionEvents;
  const at = ["--resource-group", watchGroup(environment), "--subscription", subscription];
  const found = await outside.az(["resource", "list", ...at, "--output", "json"]);
  if (!found.ok) return orGone(found);
  for (const topic of listed(found.output).filter((one) => isTopic(one) && isUnwanted(one))) {
    const removed = await removeTopic(topic, at, environment, outside);
    if (!removed.ok) return removed;
  }
  return { ok: true, output: "" };
}

function watchGroup(environment: Environment): string {
  return `rg-${environment["AZURE_ENV_NAME"]}-watch`;
}

/**
 * Takes the topics of plgate out of one subscription, with the right of each on the dead letters. The group goes too
 * when nothing else is in it; what somebody else put there stays.
 */
export async function removeWatch(subscription: string, environment: Environment, outside: Outside): Promise<Answer> {
  const group = watchGroup(environment);
  const at = ["--subscription", subscription];
  const found = await outside.az(["resource", "list", "--resource-group", group, ...at, "--output", "json"]);
  if (!found.ok) return orGone(found);
  const resources = listed(found.output);
  const topics = resources.filter(isTopic);
  for (const topic of topics) {
    const removed = await removeTopic(topic, ["--resource-group", group, ...at], environment, outside);
    if (!removed.ok) return removed;
  }
  if (topics.length < resources.length) {
    outside.say(`The group ${group} in ${subscription} stays: something is in it that is not plgate's.`);
    return { ok: true, output: "" };
  }
  return orGone(await outside.az(["group", "delete", "--name", group, ...at, "--yes", "--output", "none"]));
}

async function removeTopic(
  topic: unknown,
  at: readonly string[],
  environment: Environment,
  outside: Outside,
): Promise<Answer> {
  // The right first: without the topic nobody would know any more whose it was.
  const rights = await removeTopicRights(text(topic, "identity", "principalId"), environment, outside);
  if (!rights.ok) return rights;
  const args = ["eventgrid", "system-topic", "delete", "--name", text(topic, "name"), ...at];
  return orGone(await outside.az([...args, "--yes", "--output", "none"]));
}

/** What watch.bicep makes: system topics of this name. */
function isTopic(resource: unknown): boolean {
  const ofEventGrid = text(resource, "type").toLowerCase() === "microsoft.eventgrid/systemtopics";
  return ofEventGrid && text(resource, "name").startsWith("evgt-plgate-");
}

async function removeTopicRights(principal: string, environment: Environment, outside: Outside): Promise<Answer> {
  if (principal === "") return { ok: true, output: "" };
  const given = await listAssignments(environment["AZURE_SUBSCRIPTION_ID"] ?? "", principal, [], outside);
  if (!given.ok) return { ok: false, output: given.output };
  for (const { id } of given.value) {
    const gone = await takeAway(id, outside);
    if (!gone.ok) return gone;
  }
  return { ok: true, output: "" };
}

/** What is gone already is as good as taken away. */
function orGone(answer: Answer): Answer {
  const gone = /ResourceGroupNotFound|ResourceNotFound|could not be found/i.test(answer.output);
  return answer.ok || (gone && !/SubscriptionNotFound/.test(answer.output)) ? { ok: true, output: "" } : answer;
}

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /one system topic/i,
    "The subscription has a system topic of this kind already, and Azure allows one. Let its owner's topic be, and switch this kind off: azd env set PLGATE_EVENTS false. The sweep finds every request.",
  ],
  [
    /AuthorizationFailed|does not have authorization|linkedauthorization/i,
    "You need Contributor in that subscription, and User Access Administrator on the record.",
  ],
  [
    /SubscriptionNotFound/i,
    "az is not signed in to the tenant of that subscription, or it is in another tenant: events do not cross tenants.",
  ],
  [
    /MissingSubscriptionRegistration/i,
    "Event Grid is not registered there: az provider register --namespace Microsoft.EventGrid --wait --subscription <it>",
  ],
];

/** What to tell the person at the terminal: which subscription, what is, what to do. */
export function explainWatched(results: readonly Watched[]): string {
  if (results.length === 0)
    return "Events are switched off (PLGATE_EVENTS). plgate finds every request with its sweep.";
  const failed = results.filter((one) => "output" in one);
  if (failed.length === 0) return results.map(explainOne).join("\n");
  return [
    ...results.map(explainOne),
    "plgate itself is deployed and finds every request with its sweep; only these events are missing.",
    "When it is mended: azd hooks run postdeploy",
  ].join("\n");
}

function explainOne(one: Watched): string {
  switch (one.kind) {
    case "watched":
      return `Event Grid sends the events of the subscription ${one.subscription} to plgate.`;
    case "no-longer-watched":
      return `The subscription ${one.subscription} is no longer watched; its topics are gone.`;
    case "elsewhere":
      return `The subscription ${one.subscription} is not watched: az does not find it in this tenant. Its services are found by the sweep.`;
    case "refused":
    case "not-taken-away": {
      const what = one.kind === "refused" ? "could not be watched" : "keeps its topics, which are no longer wanted";
      const hint = advice.find(([pattern]) => pattern.test(one.output))?.[1];
      return [`The subscription ${one.subscription} ${what}.`, ...(hint ? [hint] : []), one.output].join("\n  ");
    }
  }
}
