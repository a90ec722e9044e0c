import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { findDefinition, validateExchanges } from "./conformance.ts";
import type { RecordedExchange } from "./recorder.ts";

// Holds recorded traffic (one exchange a line, as JSON) against the official definition: node local/arm/check-traffic.ts FILE
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("Usage: node local/arm/check-traffic.ts FILE");
process.exitCode = await check(file);

async function check(name: string): Promise<number> {
  const definition = findDefinition();
  if (definition === undefined) {
    console.log("NOT CHECKED: no definition at PLGATE_ARM_SPEC or beside the checkout (../shared/spec).");
    return 0;
  }
  const { problems, operations, ...numbers } = await validateExchanges(await readExchanges(name), definition);
  console.log(`ARM traffic before the official definition: ${JSON.stringify(numbers)}`);
  console.log(`Operations: ${operations.join(", ")}`);
  for (const problem of problems) console.error(problem);
  // A recording without a single exchange to check proves nothing.
  return problems.length === 0 && numbers.checked > 0 ? 0 : 1;
}

async function readExchanges(name: string): Promise<readonly RecordedExchange[]> {
  const exchanges: RecordedExchange[] = [];
  for await (const line of createInterface({ input: createReadStream(name) })) {
    // Written by our own recorder; whatever is wrong with a line shows as a problem or an exception.
    if (line.trim() !== "") exchanges.push(JSON.parse(line) as RecordedExchange);
  }
  return exchanges;
}
