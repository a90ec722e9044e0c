import { formatChanges } from "./env-file.ts";
import { type Answers, modes, policyKinds } from "./init-answers.ts";
import { answerAll, askAll } from "./init-asking.ts";
import { type Plan, planFiles, writeFiles } from "./init-files.ts";
import { json } from "./print.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

export const init: Verb = {
  words: "init",
  about: "write a first configuration and a first policy, by asking or from flags",
  usage: `Writes what "azd up" needs to know, into the environment file of azd (.azure/ENV/.env), and a first policy with its test
(policies/NAME.yaml, NAME.test.yaml). On a terminal it asks for what no flag says; elsewhere flags say everything. Nothing is sent
anywhere. What is there is never overwritten: values of azd only with --force, which keeps a copy; a policy not at all.

  plgate init --env NAME --location REGION --service-groups IDS --reviewers ID [--json]

  --env NAME             name of the deployment, such as prod
  --location REGION      Azure region, such as westeurope; one that has Flex Consumption
  --service-groups IDS   resource groups of your Private Link Services: full ids, commas between
  --reviewers ID         object id of the Entra group that decides what no policy decides
  --subscription ID      where plgate itself goes; that of the first group when left out
  --mode MODE            ${modes.join(", ")}; observe when left out
  --teams                make a bot for cards in Teams
  --alert-emails LIST    who is told of alerts, commas between
  --policy KIND          first policy: ${policyKinds.join(", ")}; people when left out
  --consumer ID          for --policy subscription: the subscription whose connections are approved
  --policy-name NAME     its name; one that fits the kind when left out
  --dir FOLDER           the checkout; this one when left out
  --force                overwrite values of azd that say something else; a copy is kept beside
  --yes, --no-prompt     ask nothing: take what is usual for what no flag says

Exit code: 0 written, or nothing to write; 1 something is in the way; 2 wrong usage, or an answer is missing or wrong.
`,
  run: start,
};

const options = {
  env: { type: "string" },
  location: { type: "string" },
  subscription: { type: "string" },
  "service-groups": { type: "string" },
  reviewers: { type: "string" },
  mode: { type: "string" },
  teams: { type: "boolean" },
  "alert-emails": { type: "string" },
  policy: { type: "string" },
  "policy-name": { type: "string" },
  consumer: { type: "string" },
  dir: { type: "string" },
  force: { type: "boolean" },
  yes: { type: "boolean" },
  "no-prompt": { type: "boolean" },
  json: { type: "boolean" },
} as const;

async function start(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { teams, dir, force = false, yes, "no-prompt": noPrompt, json: asJson, ...given } = values;
  const flags = { ...given, ...(teams ? { teams: "yes" } : {}) };
  const ask = yes || noPrompt || asJson ? undefined : context.ask;
  const answers = ask ? await askAll(flags, ask, context) : answerAll(flags);
  const folder = dir?.replace(/[\\/]+$/, "") ?? import.meta.dirname.replace(/[\\/]src[\\/]cli$/, "");
  const plan = planFiles(folder, answers, force);
  if (isEmpty(plan)) return tell(plan, null, answers, { ...context, asJson });
  if (ask) {
    context.out(formatPlan(plan));
    if (!/^(y|yes|)$/i.test((await ask("Write this? [yes] ")).trim())) throw new Refusal("nothing was written", 1);
  }
  return tell(plan, writeFiles(plan), answers, { ...context, asJson });
}

function isEmpty({ changes, added }: Plan): boolean {
  return changes.length === 0 && added.size === 0;
}

function formatPlan({ envFile, changes, added }: Plan): string {
  const env = changes.length > 0 ? `${envFile}\n${formatChanges(changes)}` : "";
  return `${env}${[...added.keys()].map((file) => `${file} (new)\n`).join("")}`;
}

type Telling = Pick<Context, "out"> & { readonly asJson: boolean | undefined };

function tell(plan: Plan, copy: string | null, answers: Answers, { out, asJson }: Telling): ExitCode {
  const next = nextSteps(answers);
  if (asJson) {
    const { envFile, changes, added, notes } = plan;
    out(json({ envFile, changes, files: [...added.keys()], copy, notes, next }));
    return 0;
  }
  const done = isEmpty(plan) ? "everything is written already; nothing was changed\n" : `written:\n${formatPlan(plan)}`;
  const kept = copy === null ? "" : `the file as it was: ${copy}\n`;
  const notes = plan.notes.map((note) => `look: ${note}\n`).join("");
  out(`${done}${kept}${notes}\nNext, word by word:\n${next.map((line) => `  ${line}\n`).join("")}`);
  return 0;
}

/** What comes after, each line a command as it is typed. */
function nextSteps({ env, policy, "policy-name": name }: Answers): readonly string[] {
  const publish = `npm run --silent plgate -- policy publish policies/${name}.yaml --note "first policy"`;
  return [
    "az login",
    "azd auth login",
    `azd up --environment ${env}`,
    'set -a; eval "$(azd env get-values)"; set +a',
    "npm run --silent plgate -- doctor",
    ...(policy === "none" ? [] : [publish]),
  ];
}
