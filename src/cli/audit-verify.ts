import { readVerifyQuery } from "../intake/queries.ts";
import { type AuditVerdict, verifyAudit } from "../workflow/verify-audit.ts";
import type { ChainVerdict } from "../workflow/verify-chain.ts";
import { json } from "./print.ts";
import { chainProgress } from "./progress.ts";
import { none, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const auditVerify: Verb = {
  words: "audit verify",
  about: "prove that nothing on record was altered or left out",
  usage: `Computes every hash again, of one service or of all chains, and names what does not hold: events that were altered,
removed, put in or moved; requests that are not what their events left; events that no list shows, and rows of lists
that no event explains.

  plgate audit verify [--service ID] [--anchors] [--no-index] [--json] WHERE

  --service ID  the resource id of one Private Link Service
  --anchors     also against the heads that the app put into the container "anchors" every hour. Only this finds a chain
                whose end was cut off, or that was written anew with right hashes; not what is younger than the last anchor
  --no-index    leave the lists alone: they take the longest, since all of them are read

${storeUsage}  With --anchors or sealed events, you need Storage Blob Data Reader, too.

Exit code: 0 all of it holds, 1 something was found or the store cannot be reached, 2 wrong usage.
`,
  run: verify,
};

const options = {
  ...storeOptions,
  service: { type: "string" },
  anchors: { type: "boolean" },
  "no-index": { type: "boolean" },
  json: { type: "boolean" },
} as const;

async function verify(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  none(positionals);
  const { service, anchors = false } = values;
  const asked = readVerifyQuery(
    new URLSearchParams({ anchors: String(anchors), ...(service === undefined ? {} : { service }) }),
  );
  if (!asked.ok) throw new Refusal(`--${asked.problem}`);
  const wish = { ...asked.value, index: !values["no-index"] };
  const { out, progress, environment, withStore } = context;
  return withStore(placeOf(values, environment), async ({ audit, place }) => {
    const verdict = await verifyAudit(wish, audit, chainProgress("verified", progress));
    progress("");
    // Of a service that is misspelled everything would hold.
    if (service !== undefined && verdict.ok && verdict.events === 0) {
      throw new Refusal(`nothing is on record about ${service} in ${place}`, 1);
    }
    out(values.json ? json({ ...verdict, place }) : formatVerdict(verdict, place));
    return verdict.ok ? 0 : 1;
  });
}

function formatVerdict(verdict: AuditVerdict, place: string): string {
  const broken = verdict.chains.filter((chain) => !chain.ok);
  const wide = verdict.findings.map(
    ({ service, problem }) => `  ${service === null ? "" : `${service}: `}${problem}\n`,
  );
  const lists = wide.length === 0 ? "" : `lists and anchors:\n${wide.join("")}${moreOf(verdict.more)}`;
  return broken.map(formatChain).join("") + lists + summary(verdict, broken.length, place);
}

function formatChain({ service, findings, more }: ChainVerdict): string {
  return `${service}\n${findings.map(({ problem }) => `  ${problem}\n`).join("")}${moreOf(more)}`;
}

function moreOf(more: number): string {
  return more > 0 ? `  and ${more} more\n` : "";
}

function summary({ ok, chains, events, anchors, index }: AuditVerdict, broken: number, place: string): string {
  const walked = `${chains.length} ${chains.length === 1 ? "chain" : "chains"} with ${events} events in ${place}`;
  const lists = index === "verified" ? ", and the lists" : "";
  const head = ok ? `verified: ${walked}${lists}\n` : `NOT as recorded: ${broken} of ${walked}\n`;
  return head + anchorLine(anchors);
}

function anchorLine(anchors: AuditVerdict["anchors"]): string {
  if (anchors === null) return 'without anchors: a chain that was rewritten as a whole passes; "--anchors" finds it\n';
  if (anchors.newest === null) return "there is no anchor yet: a chain that was rewritten as a whole passes\n";
  return `against ${anchors.count} anchors; what happened after the last, ${anchors.newest}, rests on the chains alone\n`;
}
