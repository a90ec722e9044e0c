/**
 * Whether an audit survives kill -9: 200 rounds, some ten minutes on two cores.
 * Run: npm run soak:audit [-- --rounds 200 --seed 1]. Ends with 1 and the seed when anything was found.
 */
import { parseArgs } from "node:util";
import { phases } from "./marks.ts";
import { type SoakReport, soakAudit } from "./soak.ts";

const { values } = parseArgs({ options: { rounds: { type: "string" }, seed: { type: "string" } } });
const rounds = whole("rounds", values.rounds ?? "200");
const seed = whole("seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 31)));
console.log(`seed ${seed}`);
const report = await soakAudit({ rounds, seed, checkEvery: 20, say: (line) => console.log(line) });
for (const line of summaryOf(report)) console.log(line);
if (report.findings.length > 0) process.exitCode = 1;

function whole(name: string, text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`--${name} has to be a whole number from 1, and is ${text}`);
  return Number(text);
}

function summaryOf({ kills, struck, told, ...report }: SoakReport): readonly string[] {
  const hit = phases.map((phase) => `${struck.get(phase) ?? 0} ${phase}`).join(", ");
  return [
    `${report.rounds} rounds in ${Math.round(report.seconds)} s: killed ${kills.writer} writers and ${kills.dispatcher} dispatchers`,
    `struck: ${hit}`,
    `${told.stories} stories, ${told.toldByTwo} told by two, ${told.toldAgain} told again after a kill, ${told.abandoned} abandoned`,
    `${told.written} steps written, ${told.alreadyThere} times already there, ${report.unanswered} never answered`,
    `${report.events} events, ${report.indexRows} rows in the index, ${report.swept} effects done by the sweep`,
    ...report.findings.slice(0, 10).map((finding) => `found with seed ${seed}: ${finding}`),
    ...(report.findings.length > 0 ? report.warnings : []),
    report.findings.length === 0 ? "found nothing" : `${report.findings.length} findings`,
  ];
}
