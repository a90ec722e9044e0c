import { nearestName } from "../policy/faults.ts";
import { ConfigError } from "../runtime/config.ts";
import { InputError, PlgateError } from "../runtime/errors.ts";
import { auditExport } from "./audit-export.ts";
import { auditRebuildIndex } from "./audit-rebuild-index.ts";
import { auditSeal } from "./audit-seal.ts";
import { auditSearch } from "./audit-search.ts";
import { auditTrimIndex } from "./audit-trim-index.ts";
import { auditVerify } from "./audit-verify.ts";
import { backup } from "./backup.ts";
import { consumersExport } from "./consumers-export.ts";
import { consumersImport } from "./consumers-import.ts";
import { consumersList } from "./consumers-list.ts";
import { consumersRemove } from "./consumers-remove.ts";
import { consumersSet } from "./consumers-set.ts";
import { consumersShow } from "./consumers-show.ts";
import { doctor } from "./doctor.ts";
import { init } from "./init.ts";
import { linksShow } from "./links-show.ts";
import { opsParked } from "./ops-parked.ts";
import { opsRedrive } from "./ops-redrive.ts";
import { policyActivate } from "./policy-activate.ts";
import { policyCheck } from "./policy-check.ts";
import { policyDiff } from "./policy-diff.ts";
import { policyExplain } from "./policy-explain.ts";
import { policyList } from "./policy-list.ts";
import { policyPublish } from "./policy-publish.ts";
import { policyRollback } from "./policy-rollback.ts";
import { policyShow } from "./policy-show.ts";
import { policyTest } from "./policy-test.ts";
import { details, printable } from "./print.ts";
import { requestsList } from "./requests-list.ts";
import { requestsReopen } from "./requests-reopen.ts";
import { requestsShow } from "./requests-show.ts";
import { requestsApprove, requestsReject } from "./requests-vote.ts";
import { restore } from "./restore.ts";
import { reviewStart } from "./review-start.ts";
import { reviewStatus } from "./review-status.ts";
import { reviewStop } from "./review-stop.ts";
import { servicesDrain } from "./services-drain.ts";
import { servicesList } from "./services-list.ts";
import { teamsTest } from "./teams-test.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";

const verbs: readonly Verb[] = [
  requestsList,
  requestsShow,
  requestsApprove,
  requestsReject,
  requestsReopen,
  reviewStart,
  reviewStatus,
  reviewStop,
  servicesList,
  servicesDrain,
  policyCheck,
  policyTest,
  policyDiff,
  policyExplain,
  policyPublish,
  policyActivate,
  policyRollback,
  policyList,
  policyShow,
  consumersList,
  consumersShow,
  consumersSet,
  consumersRemove,
  consumersImport,
  consumersExport,
  auditSearch,
  auditExport,
  auditVerify,
  auditRebuildIndex,
  auditTrimIndex,
  auditSeal,
  linksShow,
  opsParked,
  opsRedrive,
  backup,
  restore,
  teamsTest,
  init,
  doctor,
];

type Terminal = Context & { readonly err: (text: string) => void };

/** Runs one command and gives the exit code. Whatever is printed, answers and errors, passes through `printable`. */
export async function plgate(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const out = (text: string) => terminal.out(printable(text));
  const err = (text: string) => terminal.err(printable(text));
  const verb = verbs.find(({ words }) => words.split(" ").every((word, at) => args[at] === word));
  if (!verb) return withoutVerb(args, out, err);
  const rest = args.slice(verb.words.split(" ").length);
  if (asksForHelp(rest)) {
    out(verb.usage);
    return 0;
  }
  try {
    return await verb.run(rest, { ...terminal, out, progress: (text) => terminal.progress(printable(text)) });
  } catch (error) {
    const exitCode = exitCodeOf(error);
    if (exitCode === undefined || !(error instanceof Error)) throw error;
    err(`plgate ${verb.words}: ${error.message}\n`);
    if (exitCode === 2) err(`"plgate ${verb.words} --help" says how it is used\n`);
    return exitCode;
  }
}

/** Undefined is a fault of ours: it is thrown on, with its stack. */
function exitCodeOf(error: unknown): ExitCode | undefined {
  if (error instanceof Refusal) return error.exitCode;
  if (error instanceof ConfigError || error instanceof InputError) return 2;
  return error instanceof PlgateError ? 1 : undefined;
}

function withoutVerb(args: readonly string[], out: Context["out"], err: Context["out"]): ExitCode {
  if (asksForHelp(args)) {
    out(overview(args[0]));
    return 0;
  }
  const asked = args.slice(0, 2).join(" ");
  const near = nearestName(
    asked,
    verbs.map(({ words }) => words),
  );
  if (near !== undefined) err(`plgate: there is no command "${asked}"; did you mean "${near}"?\n`);
  else err(`${asked === "" ? "" : `plgate: there is no command "${asked}"\n\n`}${overview(args[0])}`);
  return 2;
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => arg === "--help" || arg === "-h");
}

/** All commands, or those that begin with a word. */
function overview(first: string | undefined): string {
  const some = verbs.filter(({ words }) => words.split(" ")[0] === first);
  const rows = some.length > 0 ? some : verbs;
  return `plgate decides who may connect to your Private Link Services. In a checkout: npm run --silent plgate -- COMMAND

${details(rows.map(({ words, about }) => [words, about] as const))}
Each explains itself by --help and answers machines by --json.
`;
}
