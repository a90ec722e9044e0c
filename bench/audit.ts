/**
 * What a page of the audit costs, and whether that stays the same from ten thousand events to a million: requests to storage,
 * rows read and time for each filter, beside one direct read of as many rows and beside the designs that people start
 * with; then appends, verification and export. Run: npm run bench:audit (see --help)
 */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { startAzurite } from "../local/storage/azurite.ts";
import { type Appended, append } from "./audit-appends.ts";
import { report } from "./audit-report.ts";
import { exporting, type Measured, measure } from "./audit-run.ts";
import { byDay, indexOf, inOne, ledger, letters } from "./audit-stores.ts";

const help = `npm run bench:audit -- [OPTIONS]

  --events N        a history of so many events; may be given several times (10000 and 100000)
  --samples N       about how many events each question is asked (8 up to 10000 events, else 3)
  --split           one store after the other, and the index letter by letter: for what does not fit into memory at once
                    (so from 200000 events on)
  --without NAME    leave something out: ledger, byday, inone, index or, split, indext, indexk, ..., export; may be given
                    several times
  --keep DIR        keep Azurite's data there; a run that was killed goes on. Azurite can save some 200000 rows
  --storage TEXT    use the storage of this connection string and leave the tables there; a run that was killed goes on
  --json FILE       write the figures there as well
`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean" },
    events: { type: "string", multiple: true },
    samples: { type: "string" },
    split: { type: "boolean" },
    without: { type: "string", multiple: true },
    keep: { type: "string" },
    storage: { type: "string" },
    json: { type: "string" },
  },
});

type Figures = { readonly sizes: readonly Measured[]; readonly appended: readonly Appended[] };

const write = (line = "") => process.stdout.write(`${line}\n`);

if (values.help) write(help);
else process.exitCode = (await run()) ? 0 : 1;

async function run(): Promise<boolean> {
  const sizes: Measured[] = [];
  for (const events of (values.events ?? ["10000", "100000"]).map(positive)) {
    const samples = values.samples ? positive(values.samples) : samplesFor(events);
    const split = values.split ?? events >= 200_000;
    sizes.push(await measure({ events, samples, split, without: leftOut(), place: placeFor(events), tell }));
    await keepFigures({ sizes, appended: [] });
  }
  const appended = await measureAppends();
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  const met = report(sizes, appended, write);
  await keepFigures({ sizes, appended });
  return met;
}

// After each size: the next may take an hour, or more memory than there is.
async function keepFigures(figures: Figures): Promise<void> {
  if (values.json) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
}

async function measureAppends(): Promise<readonly Appended[]> {
  tell("appends");
  const azurite = values.storage ? undefined : await startAzurite({ inMemory: true });
  const place = { connectionString: values.storage ?? azurite?.connectionString ?? "" };
  try {
    return [
      await append("1 writer, one service", place, { writers: 1, over: 1, commits: 300 }),
      await append("16 writers, one service", place, { writers: 16, over: 1, commits: 600 }),
      await append("1 writer, 1,000 services", place, { writers: 1, over: 1_000, commits: 500 }),
      await append("16 writers, 1,000 services", place, { writers: 16, over: 1_000, commits: 2_000 }),
    ];
  } finally {
    await azurite?.stop();
  }
}

/** Every size is a history of its own, in tables of its own. */
function placeFor(events: number) {
  if (values.storage) return { connectionString: values.storage };
  return values.keep ? { keep: `${values.keep}/${events}` } : {};
}

function leftOut(): readonly string[] {
  const designs = [indexOf(letters), ...letters.map((letter) => indexOf([letter])), byDay, inOne, ledger];
  const names = [...designs.map(({ name }) => name), exporting];
  const unknown = values.without?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`${unknown} cannot be left out; what can: ${names.join(", ")}`);
  return values.without ?? [];
}

function samplesFor(events: number): number {
  return events <= 10_000 ? 8 : 3;
}

function positive(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new Error(`${text} is not a number of at least 1`);
  return number;
}

// One line that moves on a terminal; elsewhere a line each.
function tell(line: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
}
