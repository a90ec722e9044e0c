import { PlgateError } from "../runtime/errors.ts";
import { type ConsumerRow, consumersInCsv, consumersInJson } from "./consumer-rows.ts";
import { readPieces, sizeOf } from "./files.ts";
import { type Counts, importRows, type Refused } from "./import-rows.ts";
import { operatorHand, registryOffice } from "./operator-hand.ts";
import { json } from "./print.ts";
import { fileProgress } from "./progress.ts";
import { onlyOne, readArguments } from "./read-arguments.ts";
import { type Context, type ExitCode, Refusal, type Verb } from "./verb.ts";
import { placeOf, storeOptions, storeUsage } from "./where.ts";

export const consumersImport: Verb = {
  words: "consumers import",
  about: "register or change many consumers from a CSV or JSON file",
  usage: `Registers or changes every consumer that a file names. Rows that are wrong are reported and left out; the others go on.

  plgate consumers import FILE [--dry-run] [--replace] [--json] WHERE

  FILE       .csv  comma separated, UTF-8; the first row names the columns, in any order:
                   subscriptionId, name, tier, tenantId, owners (object ids with ; between), and tags.KEY for each tag
             .json a list of entries as "consumers list --json" and the API show them
  --dry-run  compare with the registry and write nothing
  --replace  an entry becomes exactly what its row says. Otherwise what the row does not name stays as it is, and an
             empty cell takes out what was there. Consumers that the file does not name stay in both cases.

${storeUsage}
Exit code: 0 all is as the file says, 1 a row was refused or the store cannot be reached, 2 wrong usage or no such file.
`,
  run: importFile,
};

const options = {
  ...storeOptions,
  "dry-run": { type: "boolean" },
  replace: { type: "boolean" },
  json: { type: "boolean" },
} as const;

async function importFile(args: readonly string[], context: Context): Promise<ExitCode> {
  const { values, positionals } = readArguments(args, options);
  const file = onlyOne(positionals, "FILE");
  const format = formatOf(file);
  const size = sizeOf(file);
  const { progress, environment, withStore } = context;
  const { replace = false, "dry-run": dryRun = false } = values;
  return withStore(placeOf(values, environment), async (store) => {
    const { place } = store;
    let read = 0;
    const pieces = readPieces(file, (bytes) => {
      read += bytes;
    });
    const report = values.json ? machineReport(context) : humanReport(context, file);
    const draw = fileProgress(file, progress);
    let counts: Counts = { rows: 0, registered: 0, changed: 0, unchanged: 0, refused: 0 };
    const counted = (now: Counts) => {
      counts = now;
      draw({ read, size, rows: now.rows, wrong: now.refused });
    };
    const end = { place, dryRun };
    try {
      const wishes = { replace, dryRun, refused: report.refused, counted };
      await importRows(format(file, pieces), operatorHand(store), registryOffice(store), wishes);
    } catch (error) {
      progress("");
      if (error instanceof PlgateError) report.end(counts, { ...end, stopped: error.message });
      throw error;
    }
    progress("");
    report.end(counts, end);
    return counts.refused > 0 ? 1 : 0;
  });
}

/** What a consumer file's name says about its form. */
function formatOf(file: string): (file: string, pieces: AsyncIterable<string>) => AsyncGenerator<ConsumerRow> {
  if (/\.csv$/i.test(file)) return consumersInCsv;
  if (/\.json$/i.test(file)) return consumersInJson;
  throw new Refusal(`${file} is neither .csv nor .json`);
}

type End = { readonly place: string; readonly dryRun: boolean; readonly stopped?: string };
type Report = { readonly refused: (row: Refused) => void; readonly end: (counts: Counts, end: End) => void };

function humanReport({ out, progress }: Context, file: string): Report {
  return {
    refused: ({ line, faults }) => {
      progress("");
      out(faults.map(({ field, why }) => `${file}:${line} ${field}: ${why}\n`).join(""));
    },
    end: ({ rows, registered, changed, unchanged, refused }, { place, dryRun, stopped }) => {
      const what = `${registered} registered, ${changed} changed, ${unchanged} as they were, ${refused} refused`;
      const said = dryRun ? `dry run in ${place}, nothing was written: ${what}` : `${what} in ${place}`;
      out(`${said}; ${rows} rows were read\n`);
      if (stopped !== undefined) out(`The import stopped. Run it again: what is there already is left alone.\n`);
    },
  };
}

/** One JSON document that is written as it comes: a hundred thousand refused rows are not kept. */
function machineReport({ out }: Context): Report {
  let opening = `{ "refused": [\n`;
  return {
    refused: (row) => {
      out(`${opening}${json(row).trimEnd()}`);
      opening = ",\n";
    },
    end: (counts, end) => {
      const rest = json({ ...counts, refusedRows: counts.refused, refused: undefined, ...end }).trimEnd();
      out(`${opening === ",\n" ? "" : opening}\n],${rest.slice(1)}\n`);
    },
  };
}
