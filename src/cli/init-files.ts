import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { compilePolicy } from "../policy/compile.ts";
import { exitCodeOf, formatTestRun, runPolicyTests } from "../policy/run-tests.ts";
import { type EnvChange, envChanges, envLine, withChanges } from "./env-file.ts";
import { exists } from "./files.ts";
import { formatFindings } from "./findings.ts";
import type { Answers } from "./init-answers.ts";
import { firstPolicy } from "./init-policies.ts";
import { Refusal } from "./verb.ts";

/** What is to be written, worked out before anything is: nothing is written by halves because an answer was wrong. */
export type Plan = {
  readonly envFile: string;
  readonly changes: readonly EnvChange[];
  readonly envText: string;
  /** Files that are new, by name. */
  readonly added: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
};

/** Works out what the answers change in a checkout. Refuses what would overwrite; `force` lifts that for azd's values alone. */
export function planFiles(folder: string, answers: Answers, force: boolean): Plan {
  if (!exists(`${folder}/azure.yaml`))
    throw new Refusal(`${folder} is not a checkout of plgate: azure.yaml is not there`);
  const envFile = `${folder}/.azure/${answers.env}/.env`;
  const before = textOf(envFile);
  const changes = envChanges(before, valuesOf(answers));
  const conflicts = changes.filter((change) => change.before !== null);
  if (conflicts.length > 0 && !force) {
    const said = conflicts.map(
      ({ name, before: was, after }) => `  ${envLine(name, was ?? "")}  you say ${envLine(name, after)}\n`,
    );
    throw new Refusal(
      `${envFile} says something else already; --force overwrites it and keeps a copy\n${said.join("").trimEnd()}`,
      1,
    );
  }
  const config = configOf(folder, answers.env);
  const added = new Map([...config.added, ...policyFiles(folder, answers)]);
  return {
    envFile,
    changes,
    envText: withChanges(before, changes),
    added,
    notes: [...config.notes, ...ignoreNotes(folder)],
  };
}

/** The names under which azd keeps the answers. Defaults of the templates are written out, so that the file tells them. */
function valuesOf(answers: Answers): ReadonlyMap<string, string> {
  return new Map([
    ["AZURE_ENV_NAME", answers.env],
    ["AZURE_LOCATION", answers.location],
    ["AZURE_SUBSCRIPTION_ID", answers.subscription],
    ["PLGATE_ALERT_EMAILS", answers["alert-emails"]],
    ["PLGATE_FALLBACK_REVIEWERS", answers.reviewers],
    ["PLGATE_MODE", answers.mode],
    ["PLGATE_SERVICE_RESOURCE_GROUPS", answers["service-groups"]],
    ["PLGATE_TEAMS_BOT", answers.teams === "yes" ? "true" : "false"],
  ]);
}

/** azd's own file says which environment is meant when none is named; one that is chosen stays chosen. */
function configOf(folder: string, env: string): Pick<Plan, "added" | "notes"> {
  const file = `${folder}/.azure/config.json`;
  if (!exists(file)) {
    const text = `${JSON.stringify({ version: 1, defaultEnvironment: env }, null, 2)}\n`;
    return { added: new Map([[file, text]]), notes: [] };
  }
  const isDefault = textOf(file).includes(JSON.stringify(env));
  return { added: new Map(), notes: isDefault ? [] : [`azd has another default environment: azd env select ${env}`] };
}

function ignoreNotes(folder: string): readonly string[] {
  const ignored = textOf(`${folder}/.gitignore`)
    .split(/\r?\n/)
    .some((line) => /^\/?\.azure\/?$/.test(line.trim()));
  return ignored ? [] : [".gitignore does not name .azure/: add it, so that settings stay out of the repository"];
}

function policyFiles(folder: string, answers: Answers): ReadonlyMap<string, string> {
  const first = firstPolicy(answers);
  if (!first) return new Map();
  const policyFile = `${folder}/policies/${answers["policy-name"]}.yaml`;
  const testFile = policyFile.replace(/\.yaml$/, ".test.yaml");
  checkPolicy(first.policy, policyFile, first.test, testFile);
  const files = [[policyFile, first.policy] as const, [testFile, first.test] as const];
  const taken = files.filter(([file, text]) => exists(file) && textOf(file) !== text).map(([file]) => file);
  if (taken.length > 0)
    throw new Refusal(`${taken.join(", ")} is there already; choose another --policy-name, or --policy none`, 1);
  return new Map(files.filter(([file]) => !exists(file)));
}

/** As "plgate policy check" and "plgate policy test" would, before the files are there. */
function checkPolicy(policySource: string, policyFile: string, testSource: string, testFile: string): void {
  const result = compilePolicy(policySource, policyFile, { now: Date.now() });
  if (!result.ok) throw new Refusal(`the policy would not be valid\n${formatFindings(result.faults)}`, 1);
  const run = runPolicyTests({ policySource, policyFile, testSource, testFile });
  if (exitCodeOf(run) !== 0)
    throw new Refusal(`the tests of the policy would fail\n${formatTestRun(run, { policyFile, testFile })}`, 1);
}

/** Writes the plan; gives the name of the copy that was kept, if a file was changed. */
export function writeFiles(plan: Plan): string | null {
  let copy: string | null = null;
  if (plan.changes.length > 0) {
    mkdirSync(folderOf(plan.envFile), { recursive: true });
    if (exists(plan.envFile)) {
      copy = freeName(`${plan.envFile}.bak`);
      copyFileSync(plan.envFile, copy);
    }
    // By a second file, so that a crash leaves the old one or the new one; readable by its owner alone, as it may come to hold secrets.
    const fresh = `${plan.envFile}.new`;
    writeFileSync(fresh, plan.envText, { mode: 0o600 });
    chmodSync(fresh, 0o600);
    renameSync(fresh, plan.envFile);
  }
  for (const [file, text] of plan.added) {
    mkdirSync(folderOf(file), { recursive: true });
    // Never over a file that came to be meanwhile.
    writeFileSync(file, text, { flag: "wx" });
  }
  return copy;
}

function freeName(name: string): string {
  for (let number = 2, tried = name; ; number += 1) {
    if (!exists(tried)) return tried;
    tried = `${name}${number}`;
  }
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/"));
}

function textOf(file: string): string {
  return exists(file) ? readFileSync(file, "utf8") : "";
}
