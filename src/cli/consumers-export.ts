import { promises as fs } from "node:fs";
import type { Store } from "../compose-cli.ts";
import { cellOf } from "../ledger/spreadsheet-cell.ts";
import type { Consumer } from "../workflow/ports.ts";
import { tagColumn } from "./consumer-rows.ts";
import { exists } from "./files.ts";
import { json } from "./print.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersExport: Verb = {
  words: "consumers export",
  about: "write every consumer to a CSV or JSON file",
  usage: `Writes every registered consumer to a file that "consumers import" takes.

  plgate consumers export FILE [--overwrite] [--json] WHERE

  FILE         .csv for a spreadsheet: a cell that would be a formula begins with an apostrophe, which the import takes
               away again; .json for machines
  --overwrite  FILE may exist

${storeUsage}
Exit code: 0, 1 the store cannot be reached or holds too many different tags for CSV, 2 wrong usage.
`,
  run: exportFile,
};

type Consumers = Store["consumers"];

/** A spreadsheet ends long before; hostile tags shall not make a table of a million columns. */
const mostTagColumns = 500;
const piece = 65_536;

async function exportFile(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, {
    ...storeOptions,
    overwrite: { type: "boolean" },
    json: { type: "boolean" },
  });
  const file = onlyOne(positionals, "FILE");
  const lines = linesFor(file);
  if (exists(file) && !values.overwrite) throw new Refusal(`${file} exists; say --overwrite to replace it`);
  const { out, progress, environment, withStore } = context;
  return withStore(placeOf(values, environment), async ({ consumers, place }) => {
    let count = 0;
    const counted = () => {
      count += 1;
      if (count % 1000 === 0) progress(`${count} consumers were written`);
    };
    await writeWhole(file, lines(consumers, counted));
    progress("");
    out(values.json ? json({ file, consumers: count, place }) : `${count} consumers of ${place} are in ${file}\n`);
    return 0;
  });
}

function linesFor(file: string): (consumers: Consumers, counted: () => void) => AsyncGenerator<string> {
  if (/\.csv$/i.test(file)) return csvLines;
  if (/\.json$/i.test(file)) return jsonLines;
  throw new Refusal(`${file} is neither .csv nor .json`);
}

/** The registry is read twice: the first row has to name the tags of all. */
async function* csvLines(consumers: Consumers, counted: () => void): AsyncGenerator<string> {
  const keys = await tagKeys(consumers);
  const headings = ["subscriptionId", "name", "tier", "tenantId", "owners", ...keys.map((key) => tagColumn + key)];
  // The mark tells a spreadsheet that this is UTF-8.
  yield `\ufeff${headings.map(cellOf).join(",")}\r\n`;
  const known = new Set(keys);
  for await (const { subscriptionId, name, tier, tenantId, tags, owners } of consumers.list()) {
    if (Object.keys(tags).some((key) => !known.has(key))) {
      throw new Refusal("the registry changed while it was read; try again", 1);
    }
    const values = new Map(Object.entries(tags));
    const fixed = [subscriptionId, name ?? "", tier ?? "", tenantId ?? "", owners.join(";")];
    const cells = [...fixed, ...keys.map((key) => values.get(key) ?? "")];
    yield `${cells.map(cellOf).join(",")}\r\n`;
    counted();
  }
}

async function tagKeys(consumers: Consumers): Promise<readonly string[]> {
  const keys = new Set<string>();
  for await (const { tags } of consumers.list()) {
    for (const key of Object.keys(tags)) keys.add(key);
    if (keys.size > mostTagColumns) {
      throw new Refusal(`the registry has more than ${mostTagColumns} different tags; export to .json instead`, 1);
    }
  }
  return [...keys].sort();
}

async function* jsonLines(consumers: Consumers, counted: () => void): AsyncGenerator<string> {
  let before = '{ "value": [\n';
  for await (const consumer of consumers.list()) {
    yield before + JSON.stringify(inOrder(consumer));
    before = ",\n";
    counted();
  }
  yield `${before === ",\n" ? "" : before}\n] }\n`;
}

function inOrder({ subscriptionId, name, tier, tenantId, tags, owners }: Consumer): Consumer {
  return { subscriptionId, name, tier, tenantId, tags, owners };
}

/** Nobody shall take half an export for a whole one: the file gets its name when it is complete. */
async function writeWhole(file: string, lines: AsyncGenerator<string>): Promise<void> {
  const unfinished = `${file}.${process.pid}.part`;
  const handle = await fs.open(unfinished, "wx", 0o600).catch((error: unknown) => {
    throw new Refusal(`${file} cannot be written: ${error instanceof Error ? error.message : error}`);
  });
  try {
    try {
      for await (const text of inPieces(lines)) await handle.appendFile(text);
    } finally {
      await handle.close();
    }
    await fs.rename(unfinished, file);
  } catch (error) {
    await fs.rm(unfinished, { force: true });
    throw error;
  }
}

async function* inPieces(lines: AsyncGenerator<string>): AsyncGenerator<string> {
  let text = "";
  for await (const line of lines) {
    text += line;
    if (text.length < piece) continue;
    yield text;
    text = "";
  }
  yield text;
}
