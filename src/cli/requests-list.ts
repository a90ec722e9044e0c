import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { askForAll, shortId, shortTime, textOf } from "./ask-api.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

export const requestsList: Verb = {
  words: "requests list",
  about: "show requests, the newest first; those that are open unless told otherwise",
  usage: `Shows requests for connections, and questions whether approved ones stay; the newest first.

  plgate requests list [--status STATUS] [--service ID] [--consumer ID] [--top N] [--json] APP

  --status STATUS  open (when left out), all, or a state: received, awaiting-decision, approving, rejecting, failed, approved,
                   rejected, expired, withdrawn, resolved-elsewhere
  --service ID     of a Private Link Service, by its resource id
  --consumer ID    of a consumer subscription
  --top N          at most so many; 100 when left out

You need the app role Reader.

${apiUsage}
Exit code: 0, 1 the app cannot be asked, 2 wrong usage.
`,
  run: list,
};

const options = {
  ...apiOptions,
  status: { type: "string" },
  service: { type: "string" },
  consumer: { type: "string" },
  top: { type: "string" },
  json: { type: "boolean" },
} as const;

const pageAtMost = 1000;

async function list(args: readonly string[], { out, environment, withApi }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const top = Number(values.top ?? 100);
  if (!Number.isInteger(top) || top < 1) throw new Refusal("--top takes a number from 1 on");
  const { status = "open", service, consumer } = values;
  const filters = { status: status === "all" ? undefined : status, service, consumer };
  const query = new URLSearchParams({ top: String(Math.min(top, pageAtMost)) });
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) query.set(name, value);
  const place = neededApiPlace(values, environment);
  return withApi(place, async (api) => {
    const requests = await askForAll(api, `/api/requests?${query}`, place, top);
    if (values.json) out(json({ value: requests, app: place.url }));
    else
      out(requests.length === 0 ? `no request is ${status === "all" ? "there" : status}\n` : formatRequests(requests));
    return 0;
  });
}

function formatRequests(requests: readonly unknown[]): string {
  return table(requests, [
    ["REQUEST", (one) => textOf(one, "id") ?? "-"],
    ["ASKS", (one) => (textOf(one, "live") === null ? "to connect" : `to stay (${textOf(one, "live")})`)],
    ["STATE", (one) => textOf(one, "state") ?? "-"],
    ["ASKED", (one) => shortTime(textOf(one, "requestedAt"))],
    ["SERVICE", (one) => shortId(textOf(one, "serviceId"))],
    ["CONSUMER", (one) => textOf(one, "consumerName") ?? textOf(one, "consumerSubscriptionId") ?? "-"],
    ["ENDPOINT", (one) => shortId(textOf(one, "endpointId"))],
    ["WHY", (one) => textOf(one, "outcome") ?? textOf(one, "reason") ?? "-"],
  ]);
}
