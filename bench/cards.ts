import { parseArgs } from "node:util";
import { type BurstReport, burstOfCards } from "../test/soak/card-burst.ts";

/*
 * 50 requests escalated at once on two app hosts, one Teams channel with the documented limits: how long until every card
 * stands, beside what the limits alone allow, first in peace and then with hosts killed meanwhile.
 * Run: npm run bench:cards [-- --requests 50 --kills 6 --seed 1]. Ends with 1 when a card is missing, double or wrong.
 */
const { values } = parseArgs({
  options: { requests: { type: "string" }, kills: { type: "string" }, seed: { type: "string" } },
});
const requests = Number(values.requests ?? 50);
const kills = Number(values.kills ?? 6);
const seed = Number(values.seed ?? 1);
const options = { requests, seed, clockRate: 1, patienceMs: 600_000 };

tell("in peace", await burstOfCards({ ...options, kills: 0 }));
tell(`with ${kills} kills, seed ${seed}`, await burstOfCards({ ...options, kills }));

function tell(how: string, report: BurstReport): void {
  const { seconds, boundSeconds, calls, refused, lines, shown, findings, warnings } = report;
  const cards = shown.reduce((sum, one) => sum + one.cards, 0);
  console.log(
    `${how}: ${cards} cards for ${shown.length} requests in ${seconds.toFixed(1)} s (the limits allow ${boundSeconds.toFixed(1)} s), ` +
      `${calls} calls, ${refused} refused, ${lines} lines of text left behind`,
  );
  for (const finding of findings) console.log(`found: ${finding}`);
  if (findings.length === 0) return;
  for (const warning of warnings) console.log(`a host warned: ${warning}`);
  process.exitCode = 1;
}
