import type { ApiPlace, Azure, StorePlace } from "../compose-cli.ts";
import { PlgateError } from "../runtime/errors.ts";
import { readOperatorConfig } from "../runtime/operator-config.ts";
import { apiOptions, apiPlaceOf, apiUsage } from "./api-where.ts";
import { type AppSight, examineApp, examineSettings, examineStore, silent, storageRemedy } from "./examine.ts";
import { type Areas, examineAzure } from "./examine-azure.ts";
import { bad, type Examined } from "./examined.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Surroundings, surroundingsOf } from "./surroundings.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions } from "./where.ts";

export const doctor: Verb = {
  words: "doctor",
  about: "look at a deployment step by step and say what to do",
  usage: `Looks at a deployment from outside in, step by step: whether the app answers, its clock, sign-in, version, and what it says of
itself; how the services are set; the function app and the bot; which rights plgate's identity lacks and which are too many;
whether Azure tells it of changes; the account of the record, its tables and queue. Says for each what was found and, where
that is not good, the command that mends it. Changes nothing, and tries no right out.

  plgate doctor [--json] [--timeout SECONDS] [--principal ID] [APP] [--storage-account NAME]

${apiUsage}
  --storage-account NAME  the data account of the deployment, or set PLGATE_STORAGE_ACCOUNT (or AZURE_DATA_ACCOUNT, as azd does)
  --principal ID          object id of plgate's identity, or set AZURE_IDENTITY_PRINCIPAL_ID
  --timeout SECONDS       for all of it; 90 when left out. What was not done by then is skipped

Everything else it takes from the names that azd keeps: set -a; eval "$(azd env get-values)"; set +a
You are who you are for "az login". Reader on the groups of plgate and of the services is enough for what Azure tells. What is not
given or may not be read is not looked at, and said so. "plgate teams test" goes on from here: it posts a test card.

Exit code: 0 nothing failed (warnings are no failure), 1 something failed, 2 wrong usage.
`,
  run: examine,
};

const options = {
  ...{ ...storeOptions, ...apiOptions },
  principal: { type: "string" },
  timeout: { type: "string" },
  json: { type: "boolean" },
} as const;

async function examine(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { environment, out, progress } = context;
  const until = AbortSignal.timeout(secondsIn(values.timeout) * 1000);
  const app = apiPlaceOf(values, environment);
  const named = values["storage-account"] ?? readOperatorConfig(environment).account;
  const store = values.local || named !== undefined ? placeOf(values, environment) : undefined;
  const around = { ...surroundingsOf(values, environment), ...(named === undefined ? {} : { account: named }) };
  const tell = progressOf(progress);
  const seen = tell("the app", within("app", until, appSteps(app && { ...app, until }, around, context)));
  // The tables do not wait for the app; Azure does, because the app knows which services are watched.
  const tables = tell("the tables", within("storage", until, storeSteps(store, context)));
  const inAzure = seen.then((sight) =>
    tell("Azure", within("azure", until, azureSteps(around, sight, until, context))),
  );
  const [sight, areas, storage] = await Promise.all([seen, inAzure, tables]);
  progress("");
  const account = values.local ? "of the local stack" : named;
  const found = inOrder(examineSettings(environment, app?.url, account), sight, areas, storage);
  const failed = found.some(({ status }) => status === "failed");
  out(values.json ? json({ ok: !failed, checks: found }) : found.map(formatStep).join("") + ending(found));
  return failed ? 1 : 0;
}

/** Outside in: what anybody sees first, what only an administrator sees last. */
function inOrder(
  settings: Examined,
  app: Late<AppSight>,
  azure: Late<Areas>,
  storage: Late<readonly Examined[]>,
): readonly Examined[] {
  const areas = "late" in azure ? [azure.late] : [];
  const { entra, services, app: site, bot, rights, events, account } = "late" in azure ? nothing : azure;
  return [
    ...[settings, ...entra, ...("late" in app ? [app.late] : app.found), ...areas],
    ...[...services, ...site, ...bot, ...rights, ...events, ...account],
    ...("late" in storage ? [storage.late] : storage),
  ];
}

const nothing: Areas = { entra: [], services: [], app: [], bot: [], rights: [], events: [], account: [] };

function secondsIn(text: string | undefined): number {
  const seconds = Number(text ?? 90);
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3600) return seconds;
  throw new Refusal("--timeout takes whole seconds from 1 to 3600");
}

/** Says what is still being looked at. */
function progressOf(progress: Context["progress"]): <T>(what: string, work: Promise<T>) => Promise<T> {
  const open = new Set<string>();
  return async (what, work) => {
    open.add(what);
    progress(`looking at ${[...open].join(", ")}`);
    try {
      return await work;
    } finally {
      open.delete(what);
      if (open.size > 0) progress(`looking at ${[...open].join(", ")}`);
    }
  };
}

type Late<T> = T | { readonly late: Examined };

/** What was not done in time is skipped, so that the rest is told. */
async function within<T>(check: string, until: AbortSignal, work: Promise<T>): Promise<Late<T>> {
  const late = { late: bad("skipped", check, "it took too long", "Try again, or give it more time by --timeout.") };
  const ended = new Promise<Late<T>>((resolve) => {
    if (until.aborted) resolve(late);
    until.addEventListener("abort", () => resolve(late), { once: true });
  });
  return Promise.race([work, ended]);
}

async function appSteps(place: ApiPlace | undefined, { mode }: Surroundings, { withApi }: Context): Promise<AppSight> {
  const remedy = "Say --url URL, or set PLGATE_PUBLIC_URL.";
  if (!place) return { found: [bad("skipped", "app", "no address was given", remedy)], ...silent };
  let sight: AppSight = { found: [], ...silent };
  await withApi(place, async (api) => {
    sight = await examineApp(api, { hasDoor: place.door !== undefined, now: () => new Date(), mode });
    return 0;
  });
  return sight;
}

async function azureSteps(
  around: Surroundings,
  sight: Late<AppSight>,
  until: AbortSignal,
  { withAzure }: Context,
): Promise<Areas> {
  const { services, mode } = "late" in sight ? silent : sight;
  // What the app is in counts; azd's environment says it only where it was set there.
  const how = { ...around, mode: mode ?? around.mode };
  const look = (azure: Azure) => examineAzure(azure, how, services, () => new Date());
  if (until.aborted) return nothing;
  if (!isNamed(around))
    return { ...nothing, rights: [bad("skipped", "azure", "nothing of the deployment is known", azdNames)] };
  try {
    return await withAzure(around.azure, until, look);
  } catch (error) {
    if (!(error instanceof PlgateError)) throw error;
    const remedy = "az login, in the tenant of plgate. Rights, events and the account were not looked at.";
    return { ...nothing, rights: [bad("skipped", "azure", error.message, remedy)] };
  }
}

const azdNames = 'After a deployment: set -a; eval "$(azd env get-values)"; set +a';

/** Whether there is anything to look for: without a name nobody is asked to sign in. */
function isNamed({ isLocal, principalId, subscriptionId, serviceGroups, subscriptions }: Surroundings): boolean {
  if (isLocal || principalId !== undefined || subscriptionId !== undefined) return true;
  return serviceGroups.length + subscriptions.length > 0;
}

async function storeSteps(place: StorePlace | undefined, { withStore }: Context): Promise<readonly Examined[]> {
  if (!place)
    return [
      bad("skipped", "storage", "no account was given", "Say --storage-account NAME, or set PLGATE_STORAGE_ACCOUNT."),
    ];
  let found: readonly Examined[] = [];
  try {
    await withStore(place, async (store) => {
      found = await examineStore(store);
      return 0;
    });
  } catch (error) {
    if (!(error instanceof PlgateError)) throw error;
    return [bad("failed", "storage", error.message, storageRemedy)];
  }
  return found;
}

const marks = { ok: "ok     ", warning: "look   ", failed: "FAILED ", skipped: "skipped" } as const;

function formatStep({ check, status, detail, remedy }: Examined): string {
  const under = (text: string) => text.replaceAll("\n", "\n           ");
  const what = `${marks[status]}  ${check}: ${under(detail)}\n`;
  return remedy === null ? what : `${what}         do: ${under(remedy)}\n`;
}

function ending(found: readonly Examined[]): string {
  const count = (status: Examined["status"]) => found.filter((one) => one.status === status).length;
  const [failed, warned, left] = [count("failed"), count("warning"), count("skipped")];
  if (failed === 0 && warned === 0 && left === 0) return "everything is well\n";
  return `${failed} failed, ${warned} to look at, ${left} skipped, ${count("ok")} well\n`;
}
