import type { Store } from "../compose-cli.ts";
import { readJudgement } from "../intake/judgement.ts";
import { PlgateError } from "../runtime/errors.ts";
import { type ReplayedHistory, replayHistory } from "../workflow/replay-history.ts";
import { formatDiff } from "./format-diff.ts";
import { policiesOf, readSide, type Side } from "./policy-sides.ts";
import { json } from "./print.ts";
import { readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

const usual = 500;
const most = 100_000;

export const policyDiff: Verb = {
  words: "policy diff",
  about: "say which decisions on record a change of policy would have made otherwise",
  usage: `Judges the requests on record again, each with the facts that were known then, once under OLD and once under NEW, and
lists every decision that differs. Also says what the shadow rules of NEW would have done, and at how many services drift would be
handled otherwise. Changes nothing.

  plgate policy diff OLD NEW [--last N] [--since TIME] [--alone] [--json] WHERE

  OLD, NEW      a file, or NAME@VERSION that was published, or "active" for what is in force now.
                A policy stands in the place of the one in force with its name; the other policies judge beside it.
  --last N      how many judgements, the newest first; ${usual} when left out
  --since TIME  none before this time (2026-11-01 or 2026-11-01T08:00:00Z)
  --alone       leaves the other policies in force out

${storeUsage}
Reading also needs the role Storage Table Data Reader on the tables ledger and ledgerindex.

Exit code: 0 no decision changes, 1 some do or cannot be compared, 2 wrong usage, a broken file, or no answer.
`,
  run: diff,
};

const options = {
  ...storeOptions,
  last: { type: "string" },
  since: { type: "string" },
  alone: { type: "boolean" },
  json: { type: "boolean" },
} as const;

type Wish = {
  readonly sides: readonly [Side, Side];
  readonly last: number;
  readonly since: Date | undefined;
  readonly alone: boolean;
};

async function diff(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const [old, now, ...more] = positionals;
  if (old === undefined || now === undefined) throw new Refusal("OLD and NEW are missing: what is compared with what");
  if (more.length > 0) throw new Refusal(`takes OLD and NEW, not also ${more.join(", ")}`);
  const wish: Wish = {
    sides: [readSide(old), readSide(now)],
    last: countIn(values.last ?? String(usual)),
    since: values.since === undefined ? undefined : timeIn(values.since),
    alone: values.alone ?? false,
  };
  try {
    return await context.withStore(placeOf(values, context.environment), async (store) => {
      const replayed = await compare(wish, store, context);
      const names = { old, new: now, place: store.place };
      context.out(values.json ? json({ ...names, ...replayed }) : formatDiff(names, replayed));
      return isSame(replayed) ? 0 : 1;
    });
  } catch (error) {
    // 1 means that something changes: whoever could not look must not be told so.
    if (error instanceof Refusal || error instanceof PlgateError) throw new Refusal(error.message, 2);
    throw error;
  }
}

async function compare({ sides, last, since, alone }: Wish, store: Store, { progress }: Context) {
  const [before, after] = await Promise.all(sides.map((side) => policiesOf(side, alone, store)));
  try {
    return await replayHistory(
      { before: before ?? [], after: after ?? [] },
      { last, since },
      {
        ports: store,
        readDetail: readJudgement,
        // The same on both sides, so that nothing differs by it: who stands in is set in the app, not in a policy.
        options: { fallbackReviewers: [] },
        goOn: (read) => {
          if (read % 25 === 0) progress(`${read} of at most ${last} judgements`);
          return true;
        },
      },
    );
  } finally {
    progress("");
  }
}

function isSame({ changes, notComparable, unreadable, drift }: ReplayedHistory): boolean {
  return changes.length + notComparable.length + unreadable.length + drift.length === 0;
}

function countIn(text: string): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > most)
    throw new Refusal(`--last is a number from 1 to ${most}; ${JSON.stringify(text)} is not`);
  return count;
}

function timeIn(text: string): Date {
  const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
  const time = new Date(form.test(text) ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw new Refusal(`--since is a time such as 2026-11-01 or 2026-11-01T08:00:00Z; ${JSON.stringify(text)} is not`);
  }
  return time;
}
