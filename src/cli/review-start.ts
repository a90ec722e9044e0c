import type { Api, ApiPlace } from "../compose-cli.ts";
import { apiOptions, apiUsage, neededApiPlace } from "./api-where.ts";
import { ask, listOf, neededNote, numberOf, shortId, textOf } from "./ask-api.ts";
import { json, table } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { formatRuns } from "./run-words.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

export const reviewStart: Verb = {
  words: "review start",
  about: "have live approvals confirmed anew, or held against the policies in force",
  usage: `Begins a recertification: people are asked whether each live approval of the scope stays. Or, with --judge, a re-judgement:
they are asked only about those that the policies in force would not give any more.

  plgate review start SCOPE [--deadline P14D] [--unanswered flag|revoke] [--cap N] --note WHY [--json] APP
  plgate review start SCOPE --judge --dry-run [--json] APP
  plgate review start SCOPE --judge --acknowledge TOKEN [--grace P7D] [--unanswered flag|revoke] [--cap N] --note WHY APP

SCOPE, any of them together:
  --service ID            a Private Link Service, by its resource id
  --subscription ID       the services of a subscription
  --consumer ID           the connections of a consumer subscription
  --all                   every live approval; said where no other is, so that nobody asks everybody by mistake

  --deadline DURATION     until when people answer, an ISO 8601 duration (PT1H to P366D)
  --unanswered WHAT       flag: what nobody confirmed stays, and is counted (when left out). revoke: it is taken away
  --cap N                 open questions at a time: at each service (1000), of a re-judgement in all (20)
  --judge                 ask only about what policy would not approve any more
  --dry-run               say what a re-judgement would ask, and give the TOKEN for it; reads ARM, writes nothing
  --acknowledge TOKEN     what the dry run gave; the run asks about no more connections than that one found
  --grace DURATION        how long each question of a re-judgement waits for an answer
  --note WHY              kept in the audit, and shown to those who are asked

With --unanswered revoke a re-judgement takes away only what a rule rejects, never what policy would ask people about. Stop any run
by "plgate review stop". You need the app role Approver.

${apiUsage}
Exit code: 0, 1 refused or the app cannot be asked, 2 wrong usage.
`,
  run: start,
};

const options = {
  ...apiOptions,
  service: { type: "string" },
  subscription: { type: "string" },
  consumer: { type: "string" },
  all: { type: "boolean" },
  deadline: { type: "string" },
  grace: { type: "string" },
  unanswered: { type: "string" },
  cap: { type: "string" },
  judge: { type: "boolean" },
  "dry-run": { type: "boolean" },
  acknowledge: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean" },
} as const;

type Values = ReturnType<typeof readArguments<typeof options>>["values"];

async function start(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  refuseMisfits(values);
  const scope = scopeOf(values);
  const place = neededApiPlace(values, context.environment);
  if (values["dry-run"]) return context.withApi(place, (api) => dryRun(api, place, scope, values, context));
  const body = bodyOf(values, scope);
  return context.withApi(place, async (api) => {
    const run = await ask(api, { method: "POST", path: "/api/runs", body }, place);
    const id = textOf(run, "id");
    if (values.json) context.out(json(run));
    else
      context.out(
        `${formatRuns([run])}\nFollow it by "plgate review status ${id}", end it by "plgate review stop ${id}".\n`,
      );
    return 0;
  });
}

function refuseMisfits(values: Values): void {
  const { judge, deadline, grace, acknowledge } = values;
  if (!judge && (grace !== undefined || acknowledge !== undefined || values["dry-run"])) {
    throw new Refusal("--grace, --acknowledge and --dry-run are for --judge");
  }
  if (judge && deadline !== undefined)
    throw new Refusal("a re-judgement has no --deadline but --grace for each question");
  if (judge && acknowledge === undefined && !values["dry-run"]) {
    throw new Refusal("see first what it would ask, by --dry-run; it gives the TOKEN for --acknowledge");
  }
}

function scopeOf({ service, subscription, consumer, all }: Values): Readonly<Record<string, string>> {
  const given = Object.entries({ service, subscription, consumer }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  if (given.length === 0 && !all)
    throw new Refusal("which approvals? Say --service, --subscription or --consumer, or --all");
  if (given.length > 0 && all) throw new Refusal("--all goes with no other scope");
  return Object.fromEntries(given);
}

function bodyOf(values: Values, scope: Readonly<Record<string, string>>): object {
  const { judge, deadline, grace, acknowledge, unanswered, cap } = values;
  const most = cap === undefined ? undefined : Number(cap);
  if (most !== undefined && !Number.isInteger(most)) throw new Refusal("--cap takes a number");
  const wishes = { deadline, grace, acknowledge, unanswered, cap: most };
  const given = Object.entries(wishes).filter(([, value]) => value !== undefined);
  const kind = judge ? "judge" : "recertify";
  return { kind, scope, note: neededNote(values.note), ...Object.fromEntries(given) };
}

const shownAtMost = 50;

async function dryRun(
  api: Api,
  place: ApiPlace,
  scope: object,
  { json: asJson }: Values,
  { out, progress }: Context,
): Promise<ExitCode> {
  const found: unknown[] = [];
  const unreadable: unknown[] = [];
  let looked = 0;
  let after: string | null = null;
  for (;;) {
    const body: object = { scope, ...(after === null ? {} : { after }) };
    const page = await ask(api, { method: "POST", path: "/api/runs/preview", body }, place);
    found.push(...listOf(page, "value"));
    unreadable.push(...listOf(page, "unreadable"));
    looked += numberOf(page, "looked");
    progress(`${looked} services looked at, ${numberOf(page, "left")} to come, ${found.length} found`);
    after = textOf(page, "after");
    if (after !== null) continue;
    progress("");
    const acknowledge = textOf(page, "acknowledge");
    if (asJson) out(json({ value: found, looked, unreadable, acknowledge }));
    else out(formatDryRun(found, looked, unreadable, acknowledge));
    return 0;
  }
}

function formatDryRun(
  found: readonly unknown[],
  looked: number,
  unreadable: readonly unknown[],
  acknowledge: string | null,
): string {
  const faults = unreadable.map((one) => `cannot be read: ${textOf(one, "id")}: ${textOf(one, "reason")}\n`).join("");
  if (found.length === 0) return `${faults}${looked} services looked at: policy would give every approval again\n`;
  const rows = table(found.slice(0, shownAtMost), [
    ["SERVICE", (one) => shortId(textOf(one, "serviceId"))],
    ["CONNECTION", (one) => shortId(textOf(one, "connectionId"))],
    ["CONSUMER", (one) => textOf(one, "consumerSubscriptionId") ?? "-"],
    ["POLICY WOULD", (one) => textOf(one, "effect") ?? "-"],
    ["BY", (one) => listOf(one, "rules").join(", ")],
    ["BECAUSE", (one) => textOf(one, "reason") ?? "-"],
  ]);
  const more = found.length > shownAtMost ? `and ${found.length - shownAtMost} more; --json shows all\n` : "";
  return `${faults}${rows}${more}
${found.length} approvals at ${looked} services would be asked about. Nothing was changed. To ask:
  plgate review start SCOPE --judge --acknowledge ${acknowledge} --note WHY
`;
}
