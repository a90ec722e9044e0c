import { readFile } from "node:fs/promises";
import { findDefinition, validateExchanges } from "./arm/conformance.ts";
import type { RecordedExchange } from "./arm/recorder.ts";

const usage = `Holds recorded ARM traffic against the official API definition of Private Link Service.

  npm run arm:conformance -- FILE

FILE is what "npm run demo -- --record-arm FILE" wrote. The definition is found by PLGATE_ARM_SPEC, or beside the checkout.
Exits 0 when every answer fits, 1 when one does not or when nothing could be checked.
`;

const [file] = process.argv.slice(2);
if (!file || file === "--help") process.stdout.write(usage);
else process.exitCode = await check(file);

async function check(path: string): Promise<number> {
  const definition = findDefinition();
  if (!definition) {
    process.stderr.write("the official definition is not at hand: nothing was checked\n");
    // Only where it is known to lie beside the checkout is its absence a fault of the run.
    return process.env["CI"] ? 1 : 0;
  }
  const lines = (await readFile(path, "utf8")).split("\n").filter(Boolean);
  const exchanges = lines.map((line): RecordedExchange => JSON.parse(line));
  const { checked, operations, outside, problems } = await validateExchanges(exchanges, definition);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  process.stdout.write(
    `${checked} of ${exchanges.length} exchanges checked (${operations.join(", ")}), ${outside} outside the definition, ${problems.length} problem(s)\n`,
  );
  return problems.length === 0 && checked > 0 ? 0 : 1;
}
