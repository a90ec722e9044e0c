/**
 * How fast policy judges: compiling, 20 rules with a full trace, and the growth with the length of a list and with the
 * number of rules, beside json-rules-engine, @marcbachmann/cel-js and a function written by hand. All judge the same
 * requests in the same run, and must agree on each before anything is timed. Run: npm run bench:policy (about 30 s).
 */
import assert from "node:assert/strict";
import { byHand } from "./policy-by-hand.ts";
import {
  type Contestant,
  celEachCondition,
  celWholeRules,
  evaluatorOf,
  jsonRulesEngine,
  type Lists,
  type Maker,
  plgate,
  settled,
} from "./policy-peers.ts";
import { requests } from "./policy-requests.ts";
import { alikeRules, type BenchRule, namedLists, policySource, twentyRules } from "./policy-rules.ts";
import { milliseconds, timeInTurns, timeMaking } from "./policy-timing.ts";

const engines: readonly (readonly [name: string, make: Maker])[] = [
  ["plgate, full trace", plgate],
  ["json-rules-engine 7.3.1", jsonRulesEngine],
  ["cel-js 8.0.0, each condition", celEachCondition],
  ["cel-js 8.0.0, short circuit", celWholeRules],
];

const write = (line = "") => process.stdout.write(`${line}\n`);

function row(name: string, ...cells: readonly string[]): void {
  write(`  ${name.padEnd(30)}${cells.map((cell) => cell.padStart(14)).join("")}`);
}

const thousands = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const rate = (perSecond: number) => `${thousands.format(perSecond)}/s`;
const times = (ratio: number) => `${ratio < 10 ? ratio.toFixed(2) : thousands.format(ratio)} x`;

/** Stops the run unless every contestant finds the same rules to hold, and the same effect, for every request. */
async function agreed(rules: readonly BenchRule[], lists: Lists): Promise<readonly Contestant[]> {
  const contestants = engines.map(([, make]) => make(rules, lists));
  const [ours = []] = await Promise.all(contestants.slice(0, 1).map(({ holding }) => holding()));
  for (const [index, { holding }] of contestants.entries()) {
    assert.deepEqual(await holding(), ours, `${engines[index]?.[0]} does not agree with plgate`);
  }
  const judge = evaluatorOf(policySource(rules, lists));
  for (const [index, request] of requests.entries()) {
    assert.equal(settled(ours[index] ?? "", rules), judge(request).effect, `settled otherwise: request ${index}`);
  }
  return contestants;
}

function handWritten(lists: Lists): () => void {
  const judge = byHand(new Map([...lists].map(([name, entries]) => [name, new Set(entries)])));
  const ours = evaluatorOf(policySource(twentyRules, lists));
  for (const [index, request] of requests.entries()) {
    assert.equal(judge(request), ours(request).effect, `by hand does not agree: request ${index}`);
  }
  return () => {
    for (const request of requests) judge(request);
  };
}

function compare(names: readonly string[], rates: readonly (readonly number[])[], growth: string): void {
  for (const [index, name] of names.entries()) {
    const each = rates.map((column) => column[index] ?? Number.NaN);
    row(name, ...each.map(rate), times((each.at(0) ?? 0) / (each.at(-1) ?? 1)));
  }
  write(`  Last column: ${growth}`);
}

function makingTable(): void {
  const lists = namedLists(10);
  const made = timeMaking(
    engines.map(
      ([, make]) =>
        () =>
          make(twentyRules, lists),
    ),
  );
  row("Compile 20 rules", "first", "warm", "warm/plgate");
  for (const [index, { first, best }] of made.entries()) {
    const name = engines[index]?.[0] ?? "";
    row(name, `${first.toFixed(1)} ms`, `${best.toFixed(1)} ms`, times(best / (made[0]?.best ?? 1)));
  }
  const long = policySource(twentyRules, namedLists(100_000));
  row("plgate, list of 100,000", `${milliseconds(() => evaluatorOf(long)).toFixed(0)} ms`);
  write("  plgate parses YAML and checks it; json-rules-engine takes JSON unchecked; cel-js checks types.");
}

const listLengths = [10, 1_000, 100_000] as const;

async function listTable(): Promise<readonly (readonly number[])[]> {
  const passes = [];
  for (const lists of listLengths.map(namedLists)) {
    const contestants = await agreed(twentyRules, lists);
    passes.push([...contestants.map(({ pass }) => pass), handWritten(lists)]);
  }
  const flatRates = await timeInTurns(passes.flat());
  const width = engines.length + 1;
  const rates = listLengths.map((_, index) => flatRates.slice(index * width, (index + 1) * width));
  row("20 rules, a list of", ...listLengths.map((length) => thousands.format(length)), "growth");
  const names = [...engines.map(([name]) => name), "by hand, no trace"];
  compare(names, rates, "cost with 100,000 entries / cost with 10; 1 is flat.");
  return rates;
}

const ruleCounts = [5, 20, 50, 200] as const;

async function ruleTable(): Promise<readonly (readonly number[])[]> {
  const passes = [];
  for (const count of ruleCounts)
    passes.push((await agreed(alikeRules(count), namedLists(10))).map(({ pass }) => pass));
  const flatRates = await timeInTurns(passes.flat());
  const rates = ruleCounts.map((_, index) => flatRates.slice(index * engines.length, (index + 1) * engines.length));
  row("Rules, all alike", ...ruleCounts.map(String), "growth");
  const names = engines.map(([name]) => name);
  compare(names, rates, "cost of 200 rules / cost of 5; 40 is linear. By hand nobody writes 200 alike.");
  return rates;
}

function verdict(what: string, met: boolean): void {
  write(`  ${what.padEnd(72)}${met ? "met" : "missed"}`);
}

function ratios(byList: readonly (readonly number[])[], byRules: readonly (readonly number[])[]): void {
  const [ours = 0, ...others] = byList[0] ?? [];
  write("Ratios of this run, which hardly depend on the machine (20 rules, list of 10; plgate = 1)");
  const names = [...engines.slice(1).map(([name]) => name), "by hand, no trace"];
  for (const [index, name] of names.entries()) {
    const other = others[index] ?? Number.NaN;
    row(
      name,
      other < ours ? `plgate is ${times(ours / other)} as fast` : `is ${times(other / ours)} as fast as plgate`,
    );
  }
  const slowest = Math.min(...byList.map(([plgateRate = 0]) => plgateRate));
  const listGrowth = ours / (byList.at(-1)?.[0] ?? 1);
  const ruleGrowth = (byRules[0]?.[0] ?? 0) / (byRules.at(-1)?.[0] ?? 1);
  write("\nGoals");
  verdict(`100,000 evaluations per second with full trace (${rate(slowest)})`, slowest >= 100_000);
  verdict(`cost flat from 10 to 100,000 list entries (${times(listGrowth)}, up to 1.25 is noise)`, listGrowth <= 1.25);
  verdict(`200 rules no slower than linear (${times(ruleGrowth)} the cost of 5, linear is 40 x)`, ruleGrowth <= 40);
}

write(
  `${requests.length} requests; best of 5 rounds in turns after warming up. Before timing, all contestants gave the same`,
);
write(
  "rules and the same effect for every request. Lent to the peers: flat facts, sets for lists, our time zone function.",
);
write("Not expressible in the peers, so not asked of them: unavailable facts (except behind `known`), lines, expiry,");
write("reviewers, exemptions. cel-js shows no condition of an expression: `each condition` asks them one by one.\n");
makingTable();
write();
const byList = await listTable();
write();
const byRules = await ruleTable();
write();
ratios(byList, byRules);
