import { listOf, textOf } from "./ask-api.ts";
import { readText } from "./files.ts";
import { member } from "./where.ts";

/** What plgate has to be told of by one kind of system topic. */
export type Wanted = {
  readonly kind: "subscriptionEvents" | "resourceNotifications";
  readonly topicType: string;
  readonly eventTypes: readonly string[];
  /** The field of the event that the filter compares, and the values that have to pass. */
  readonly key: string;
  readonly values: readonly string[];
};

const file = `${import.meta.dirname.replace(/[\\/]src[\\/]cli$/, "")}/infra/event-filters.json`;

/** The filters of this checkout, which the deployment and the local stack use, too. */
export function wantedEvents(): { readonly [Kind in Wanted["kind"]]: Wanted } {
  const filters: unknown = JSON.parse(readText(file));
  const [events, notifications] = [member(filters, "subscriptionEvents"), member(filters, "resourceNotifications")];
  return {
    subscriptionEvents: {
      kind: "subscriptionEvents",
      topicType: "Microsoft.Resources.Subscriptions",
      eventTypes: texts(events, "includedEventTypes"),
      key: "data.operationName",
      values: texts(events, "operationNames"),
    },
    resourceNotifications: {
      kind: "resourceNotifications",
      topicType: "Microsoft.ResourceNotifications.Resources",
      eventTypes: texts(notifications, "includedEventTypes"),
      key: "data.resourceInfo.type",
      values: texts(notifications, "resourceTypes"),
    },
  };
}

/** What an event subscription keeps away that plgate has to be told of; event types and values, in the words of the filter. */
export function keptAway(eventSubscription: unknown, wanted: Wanted): readonly string[] {
  const filter = member(member(eventSubscription, "properties"), "filter");
  const types = lower(texts(filter, "includedEventTypes"));
  // Without a list Azure delivers every type.
  const noType = types.length === 0 ? [] : wanted.eventTypes.filter((type) => !types.includes(type.toLowerCase()));
  const others = listOf(filter, "advancedFilters").filter(
    (one) => textOf(one, "key")?.toLowerCase() !== wanted.key.toLowerCase(),
  );
  const own = listOf(filter, "advancedFilters").filter((one) => !others.includes(one));
  const noValue = own.flatMap((one) => wanted.values.filter((value) => !passes(one, value)));
  const strange = others.map((one) => `whatever does not fit the filter on ${textOf(one, "key") ?? "a field"}`);
  const prefix = ["subjectBeginsWith", "subjectEndsWith"]
    .filter((name) => (textOf(filter, name) ?? "") !== "")
    .map((name) => `subjects that do not fit ${name} ${textOf(filter, name)}`);
  return [...new Set([...noType, ...noValue, ...strange, ...prefix])];
}

function passes(filter: unknown, value: string): boolean {
  const values = lower(texts(filter, "values"));
  const wanted = value.toLowerCase();
  switch (textOf(filter, "operatorType")) {
    case "StringIn":
      return values.includes(wanted);
    case "StringBeginsWith":
      return values.some((one) => wanted.startsWith(one));
    case "StringEndsWith":
      return values.some((one) => wanted.endsWith(one));
    case "StringContains":
      return values.some((one) => wanted.includes(one));
    default:
      return false;
  }
}

function texts(value: unknown, name: string): readonly string[] {
  return listOf(value, name).filter((one) => typeof one === "string");
}

function lower(all: readonly string[]): readonly string[] {
  return all.map((one) => one.toLowerCase());
}
