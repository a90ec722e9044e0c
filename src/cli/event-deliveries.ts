import type { Azure, Reading } from "../compose-cli.ts";
import { listOf, textOf } from "./ask-api.ts";
import { bad, type Examined, ok, unread } from "./examined.ts";
import { member } from "./where.ts";

/** What Azure Monitor counted of one event subscription in the last day. */
export type Delivered = {
  readonly delivered: number;
  readonly attemptsFailed: number;
  readonly deadLettered: number;
  /** The beginning of the hour of the last delivery; null when there was none. */
  readonly lastAt: string | null;
};

const dayMs = 24 * 3600_000;
const names = ["DeliverySuccessCount", "DeliveryAttemptFailCount", "DeadLetteredCount"] as const;

/** Asks Azure Monitor for the last day, by the hour. The metrics are those of Microsoft.EventGrid/systemTopics. */
export async function deliveredLately(
  arm: Azure["arm"],
  topicId: string,
  name: string,
  now: Date,
): Promise<Reading<Delivered>> {
  const span = [now.getTime() - dayMs, now.getTime()].map((at) => new Date(at).toISOString().replace(/\.\d+Z$/, "Z"));
  const query = {
    "api-version": "2023-10-01",
    metricnames: names.join(","),
    aggregation: "Total",
    interval: "PT1H",
    timespan: span.join("/"),
    $filter: `EventSubscriptionName eq '${name}'`,
  };
  const reading = await arm.one(`${topicId}/providers/Microsoft.Insights/metrics`, { query });
  return reading.kind === "read" ? { kind: "read", value: countsIn(reading.value) } : reading;
}

function countsIn(answer: unknown): Delivered {
  const pointsOf = (wanted: string) =>
    listOf(answer, "value")
      .filter((metric) => textOf(member(metric, "name"), "value") === wanted)
      .flatMap((metric) => listOf(metric, "timeseries"))
      .flatMap((series) => listOf(series, "data"))
      .flatMap((point) => {
        const total = member(point, "total");
        return typeof total === "number" && total > 0 ? [{ total, at: textOf(point, "timeStamp") }] : [];
      });
  const sum = (wanted: string) => pointsOf(wanted).reduce((all, { total }) => all + total, 0);
  const times = pointsOf(names[0]).flatMap(({ at }) => (at === null ? [] : [at]));
  return {
    delivered: sum(names[0]),
    attemptsFailed: sum(names[1]),
    deadLettered: sum(names[2]),
    lastAt: times.sort().at(-1) ?? null,
  };
}

const whyNot =
  "Is the function running, and does its log name connection-event? az functionapp function show --function-name connection-event --name $AZURE_FUNCTION_APP --resource-group $AZURE_RESOURCE_GROUP";

/** The finding about the last day of one event subscription. Pure. */
export function judgeDelivery(check: string, reading: Reading<Delivered>): Examined {
  const name = check.replace(/:/, ", last delivery:");
  if (reading.kind !== "read") {
    const absent = bad("skipped", name, "Azure Monitor has no metrics of it", "They come with the first event.");
    return unread(name, reading, {
      absent,
      needs: 'You need Reader on the system topic: az eventgrid system-topic list --query "[].id" names it.',
    });
  }
  const { delivered, attemptsFailed, deadLettered, lastAt } = reading.value;
  const said = `${delivered} delivered in the last day${lastAt ? `, the last in the hour of ${lastAt}` : ""}; ${attemptsFailed} attempt(s) failed, ${deadLettered} given up`;
  if (deadLettered > 0) {
    const remedy = `Read what was given up in the container of dead letters: az storage blob list --account-name $AZURE_DATA_ACCOUNT --container-name $AZURE_DEAD_LETTER_CONTAINER --auth-mode login --query "[].name". ${whyNot}`;
    return bad("warning", name, said, remedy);
  }
  if (attemptsFailed > 0 && delivered === 0) return bad("failed", name, said, whyNot);
  if (delivered === 0) return ok(name, "nothing was to be delivered in the last day: no service or connection changed");
  return ok(name, said);
}
