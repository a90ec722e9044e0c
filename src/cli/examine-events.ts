import type { Azure } from "../compose-cli.ts";
import { listOf, shortId, textOf } from "./ask-api.ts";
import { deliveredLately, judgeDelivery } from "./event-deliveries.ts";
import { keptAway, type Wanted, wantedEvents } from "./event-filters.ts";
import { bad, type Examined, needsReader, ok, unread } from "./examined.ts";
import type { Surroundings } from "./surroundings.ts";
import { member } from "./where.ts";

const apiVersion = { "api-version": "2025-02-15" };
const repair = "azd hooks run postdeploy";

type How = Pick<Surroundings, "events" | "resourceNotifications" | "functionApp" | "appUrl" | "isLocal">;

/** A system topic and the event subscriptions on it, as Azure tells them. */
export type Topic = { readonly topic: unknown; readonly subscriptions: readonly unknown[] };

/** Whether Azure tells plgate of changes: topics, event subscriptions, filters, dead letters and the last day's deliveries. */
export async function examineEvents(
  azure: Azure,
  watched: readonly string[],
  how: How,
  now: () => Date,
): Promise<readonly Examined[]> {
  if (!how.events && !how.resourceNotifications) {
    const detail = "switched off by PLGATE_EVENTS: the sweep finds every request, only later";
    return [bad("skipped", "events", detail, "azd env set PLGATE_EVENTS true, azd up")];
  }
  if (watched.length === 0) {
    const remedy = "Set PLGATE_SERVICE_RESOURCE_GROUPS or PLGATE_SUBSCRIPTIONS, then azd up.";
    return [bad("skipped", "events", "no subscription is known to be watched", remedy)];
  }
  const wanted = wantedEvents();
  const kinds = [
    ...(how.events ? [wanted.subscriptionEvents] : []),
    ...(how.resourceNotifications ? [wanted.resourceNotifications] : []),
  ];
  const found = await Promise.all(watched.map((id) => ofSubscription(azure, id, { kinds, how, now })));
  return found.flat();
}

type Look = { readonly kinds: readonly Wanted[]; readonly how: How; readonly now: () => Date };

async function ofSubscription({ arm }: Azure, id: string, { kinds, how, now }: Look): Promise<readonly Examined[]> {
  const scope = `/subscriptions/${id}`;
  const topics = await arm.all(`${scope}/providers/Microsoft.EventGrid/systemTopics`, { query: apiVersion });
  if (topics.kind !== "read") {
    const remedy = `az provider register --namespace Microsoft.EventGrid --subscription ${id}, then ${repair}`;
    const absent = bad(
      "failed",
      `events: ${id}`,
      "Event Grid is not there: its provider may not be registered",
      remedy,
    );
    return [unread(`events: ${id}`, topics, { absent, needs: needsReader(scope) })];
  }
  const found = kinds.map(async (wanted) => {
    const ours = topics.value.filter((one) => isTopicOf(one, wanted, id));
    const read = await Promise.all(ours.map(async (topic) => ({ topic, ...(await subscriptionsOf(arm, topic)) })));
    const own = read.flatMap(({ topic, subscriptions }) =>
      subscriptions.filter((one) => isOurs(one, how)).map((subscription) => ({ topic, subscription })),
    );
    const deliveries = own.map(async ({ topic, subscription }) =>
      judgeDelivery(
        nameOf(wanted, id),
        await deliveredLately(arm, textOf(topic, "id") ?? "", textOf(subscription, "name") ?? "", now()),
      ),
    );
    const hidden = read.flatMap(({ fault }) => (fault ? [fault] : []));
    return [
      ...hidden,
      ...(hidden.length > 0 ? [] : judgeTopics(id, wanted, read, how)),
      ...(await Promise.all(deliveries)),
    ];
  });
  return (await Promise.all(found)).flat();
}

async function subscriptionsOf(arm: Azure["arm"], topic: unknown) {
  const id = textOf(topic, "id") ?? "";
  const reading = await arm.all(`${id}/eventSubscriptions`, { query: apiVersion });
  if (reading.kind === "read") return { subscriptions: reading.value, fault: undefined };
  const absent = bad("failed", "events", `the system topic ${shortId(id)} is gone`, repair);
  return { subscriptions: [], fault: unread(`events: ${shortId(id)}`, reading, { absent, needs: needsReader(id) }) };
}

function isTopicOf(topic: unknown, { topicType }: Wanted, subscriptionId: string): boolean {
  const properties = member(topic, "properties");
  const same = (one: string | null, other: string) => one?.toLowerCase() === other.toLowerCase();
  return (
    same(textOf(properties, "topicType"), topicType) &&
    same(textOf(properties, "source"), `/subscriptions/${subscriptionId}`)
  );
}

/** Whether it delivers to plgate's function, named as a resource, or as the address that the functions host has for Event Grid. */
function isOurs(subscription: unknown, { functionApp, appUrl }: How): boolean {
  const destination = destinationOf(subscription);
  const properties = member(destination, "properties");
  const resource = textOf(properties, "resourceId")?.toLowerCase() ?? "";
  if (textOf(destination, "endpointType") === "AzureFunction") {
    const app = functionApp?.toLowerCase();
    return (
      resource.endsWith("/functions/connection-event") && (app === undefined || resource.includes(`/sites/${app}/`))
    );
  }
  const url = textOf(properties, "endpointBaseUrl") ?? "";
  return appUrl !== undefined && url.toLowerCase().startsWith(`${appUrl.toLowerCase()}/runtime/webhooks/eventgrid`);
}

function destinationOf(subscription: unknown): unknown {
  const properties = member(subscription, "properties");
  return member(member(properties, "deliveryWithResourceIdentity"), "destination") ?? member(properties, "destination");
}

function nameOf({ kind }: Wanted, subscriptionId: string): string {
  return `${kind === "subscriptionEvents" ? "events" : "resource notifications"}: ${subscriptionId}`;
}

/** The finding about what one subscription tells plgate, by what Azure says is there. Pure. */
export function judgeTopics(id: string, wanted: Wanted, topics: readonly Topic[], how: How): readonly Examined[] {
  const check = nameOf(wanted, id);
  if (topics.length === 0) {
    return [
      bad(
        "failed",
        check,
        `there is no system topic ${wanted.topicType}: the sweep finds every request, only later`,
        repair,
      ),
    ];
  }
  const own = topics.flatMap(({ subscriptions }) => subscriptions).filter((one) => isOurs(one, how));
  if (own.length === 0) {
    const others = topics.flatMap(({ subscriptions }) => subscriptions).map((one) => textOf(one, "name") ?? "?");
    const there = others.length > 0 ? `; there is ${others.join(", ")}` : "";
    return [bad("failed", check, `no event subscription leads to the function connection-event${there}`, repair)];
  }
  const states = [...topics.map(({ topic }) => topic), ...own].filter((one) => stateOf(one) !== "Succeeded");
  const faults = states.map((one) =>
    bad("failed", check, `${textOf(one, "name")} is ${stateOf(one) || "in no state"}, not Succeeded`, repair),
  );
  return [...faults, ...own.map((one) => judgeSubscription(check, one, wanted))];
}

function stateOf(resource: unknown): string {
  return textOf(member(resource, "properties"), "provisioningState") ?? "";
}

function judgeSubscription(check: string, subscription: unknown, wanted: Wanted): Examined {
  const away = keptAway(subscription, wanted);
  const name = textOf(subscription, "name") ?? "?";
  if (away.length > 0) return bad("failed", check, `the filter of ${name} keeps away ${away.join(", ")}`, repair);
  const properties = member(subscription, "properties");
  const dead = member(member(properties, "deadLetterWithResourceIdentity"), "deadLetterDestination");
  if (!(dead ?? member(properties, "deadLetterDestination"))) {
    return bad("warning", check, `${name} has no place for events that cannot be delivered`, repair);
  }
  const passed = listOf(member(properties, "filter"), "includedEventTypes").length;
  return ok(
    check,
    `${name} leads to plgate with the filter of this checkout (${passed} types, ${wanted.values.length} values)`,
  );
}
