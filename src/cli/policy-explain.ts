import { readJudgement } from "../intake/judgement.ts";
import { driftTermsOf, evaluate, type PolicyInForce } from "../policy/evaluate.ts";
import { type Explanation, explain } from "../policy/explain.ts";
import { parseFactsFile } from "../policy/facts-file.ts";
import { formatDrift } from "../policy/format-drift.ts";
import { formatExplanation } from "../policy/format-explanation.ts";
import { plain } from "../policy/plain.ts";
import { takeCandidate } from "../workflow/candidates.ts";
import { judgementsOf } from "../workflow/stored-judgements.ts";
import { policiesThatJudged, traceAgain } from "../workflow/trace-again.ts";
import { readText } from "./files.ts";
import { formatFindings } from "./findings.ts";
import { accept } from "./policy-sides.ts";
import { json } from "./print.ts";
import { none, onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const policyExplain: Verb = {
  words: "policy explain",
  about: "say why a request was decided so, rule by rule",
  usage: `Says why: each policy, each rule and each condition, what it wanted and what it got, and which rules decided.

  plgate policy explain REQUEST-ID [--json] WHERE
  plgate policy explain --facts FILE --policy FILE... [--json]

  REQUEST-ID      a request on record, as it was judged last
  --facts FILE    facts as a test file writes them under "facts:", alone or in a test file; what is not given is unavailable
  --policy FILE   the policies that judge them; needs no store

In front of a rule: => it decided, + it holds, x it is exempted, ? it could not be told, - it does not hold.

${storeUsage}
Exit code: 0, 1 no such request, or nothing that can be read or reached, 2 wrong usage or a file that is broken.
`,
  run: explainIt,
};

const options = {
  ...storeOptions,
  facts: { type: "string" },
  policy: { type: "string", multiple: true },
  json: { type: "boolean" },
} as const;

async function explainIt(args: readonly string[], { out, environment, withStore }: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const { facts, policy = [] } = values;
  if (facts !== undefined || policy.length > 0) {
    none(positionals);
    const { explanation, drift } = await explainFiles(facts, policy);
    out(values.json ? json({ explanation, drift: drift.terms }) : `${formatExplanation(explanation)}${drift.words}`);
    return 0;
  }
  const id = onlyOne(positionals, "REQUEST-ID");
  return withStore(placeOf(values, environment), async (store) => {
    const judged = await judgementsOf(id, readJudgement, store.ledger);
    if (!judged) throw new Refusal(`there is no request ${plain(id)} in ${store.place}`, 1);
    const last = judged.judgements.at(-1);
    if (!last) throw new Refusal(`request ${id} is ${judged.state} and was never judged by policy`, 1);
    if (!last.read.ok) throw new Refusal(`the judgement of request ${id} cannot be read: ${last.read.problem}`, 1);
    const { facts: known, verdict } = last.read.value;
    const explanation = explain(await traceAgain(verdict, known, store.versions), known);
    const { state, judgements } = judged;
    const madeAgain = verdict.trace === null && explanation.traced;
    const about = { requestId: id, state, judged: judgements.length, at: last.at, madeAgain };
    const drift = explainDrift(await policiesThatJudged(verdict, store.versions), known);
    const more = { explanation, facts: known, drift: drift.terms };
    out(values.json ? json({ ...about, ...more }) : `${formatStored(about, explanation)}${drift.words}`);
    return 0;
  });
}

type About = {
  readonly requestId: string;
  readonly state: string;
  readonly judged: number;
  readonly at: string;
  /** The trace was too large to be stored and was made again. */
  readonly madeAgain: boolean;
};

function formatStored({ requestId, state, judged, at, madeAgain }: About, explanation: Explanation): string {
  const often = judged === 1 ? "judged once" : `judged ${judged} times, the last time`;
  const again = madeAgain
    ? "its trace was too large to be stored; this one was made again from the same facts and versions\n"
    : "";
  return `request ${requestId} is ${state}; ${often} at ${at}\n${again}${formatExplanation(explanation)}`;
}

/** What the policies say of drift at the service of the facts; null when the policies that judged cannot be had any more. */
function explainDrift(policies: readonly PolicyInForce[] | undefined, facts: Parameters<typeof driftTermsOf>[1]) {
  if (!policies) return { terms: null, words: "" };
  const terms = driftTermsOf(policies, facts, { fallbackReviewers: [] });
  const lines = formatDrift(terms, policies);
  return { terms, words: lines.length === 0 ? "" : `\n${lines.join("\n")}\n` };
}

async function explainFiles(factsFile: string | undefined, policyFiles: readonly string[]) {
  if (factsFile === undefined) throw new Refusal("--facts is missing: the file of the facts that are judged");
  if (policyFiles.length === 0) throw new Refusal("--policy is missing: the file of the policy that judges");
  const parsed = parseFactsFile(readText(factsFile), factsFile);
  if (!parsed.ok) throw new Refusal(`${factsFile} has errors\n${formatFindings(parsed.faults)}`.trimEnd());
  const noStore = { version: () => Promise.resolve(undefined) };
  const policies = await Promise.all(
    policyFiles.map(async (file) =>
      accept(await takeCandidate({ kind: "source", source: readText(file), file }, noStore)),
    ),
  );
  const verdict = evaluate(policies, parsed.facts, { fallbackReviewers: [] });
  return { explanation: explain(verdict, parsed.facts), drift: explainDrift(policies, parsed.facts) };
}
