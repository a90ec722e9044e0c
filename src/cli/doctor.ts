import type { ApiPlace, StorePlace } from "../compose-cli.ts";
import { PlgateError } from "../runtime/errors.ts";
import { readOperatorConfig } from "../runtime/operator-config.ts";
import { apiOptions, apiPlaceOf, apiUsage } from "./api-where.ts";
import { type Examined, examineApp, examineSettings, examineStore, storageRemedy } from "./examine.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import type { Context, ExitCode, Verb } from "./verb.ts";
import { placeOf, storeOptions } from "./where.ts";

export const doctor: Verb = {
  words: "doctor",
  about: "look at a deployment step by step and say what to do",
  usage: `Looks at a deployment from outside, step by step: whether the app answers, its clock, sign-in, what it says of itself, and the
tables that the other commands go to. Says for each what was found and, where that is not good, what to do. Changes nothing.

  plgate doctor [--json] [APP] [--storage-account NAME]

${apiUsage}
  --storage-account NAME  the data account of the deployment, or set PLGATE_STORAGE_ACCOUNT (or AZURE_DATA_ACCOUNT, as azd does)

What is not given is not looked at, and said so. "plgate teams test" goes on from here: it posts a test card.

Exit code: 0 nothing failed (warnings are no failure), 1 something failed, 2 wrong usage.
`,
  run: examine,
};

const options = { ...storeOptions, ...apiOptions, json: { type: "boolean" } } as const;

async function examine(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { environment, out, progress } = context;
  const app = apiPlaceOf(values, environment);
  const named = values["storage-account"] ?? readOperatorConfig(environment).account;
  const store = values.local || named !== undefined ? placeOf(values, environment) : undefined;
  const account = values.local ? "of the local stack" : named;
  progress("looking at the app");
  const found = [examineSettings(environment, app?.url, account), ...(await appSteps(app, context))];
  progress("looking at the tables");
  found.push(...(await storeSteps(store, context)));
  progress("");
  const failed = found.some(({ status }) => status === "failed");
  out(values.json ? json({ ok: !failed, checks: found }) : found.map(formatStep).join("") + ending(found));
  return failed ? 1 : 0;
}

async function appSteps(place: ApiPlace | undefined, { withApi }: Context): Promise<readonly Examined[]> {
  if (!place) return [skipped("app", "no address was given", "Say --url URL, or set PLGATE_PUBLIC_URL.")];
  let found: readonly Examined[] = [];
  await withApi(place, async (api) => {
    found = await examineApp(api, place.door !== undefined, () => new Date());
    return 0;
  });
  return found;
}

async function storeSteps(place: StorePlace | undefined, { withStore }: Context): Promise<readonly Examined[]> {
  if (!place)
    return [skipped("storage", "no account was given", "Say --storage-account NAME, or set PLGATE_STORAGE_ACCOUNT.")];
  let found: readonly Examined[] = [];
  try {
    await withStore(place, async (store) => {
      found = await examineStore(store);
      return 0;
    });
  } catch (error) {
    if (!(error instanceof PlgateError)) throw error;
    return [{ check: "storage", status: "failed", detail: error.message, remedy: storageRemedy }];
  }
  return found;
}

function skipped(check: string, detail: string, remedy: string): Examined {
  return { check, status: "skipped", detail, remedy };
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
