import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const schema = z.object({ Last: z.iso.datetime().optional(), Next: z.iso.datetime(), LastUpdated: z.iso.datetime() });
/** What is remembered of a timer: its last occurrence, the next, and when this was written. Names as the real host's blob has them. */
export type TimerStatus = z.infer<typeof schema>;

/** Undefined if nothing usable is stored: the timer then starts anew, as it does in the real host. */
export async function readTimerStatus(stateDir: string, functionName: string): Promise<TimerStatus | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(fileOf(stateDir, functionName), "utf8"))).data;
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && "code" in error && error.code === "ENOENT"))
      return undefined;
    throw error;
  }
}

/** Written beside and renamed, so that a kill leaves the old or the new status, never half of one. */
export async function writeTimerStatus(stateDir: string, functionName: string, status: TimerStatus): Promise<void> {
  const file = fileOf(stateDir, functionName);
  await mkdir(join(stateDir, "timers"), { recursive: true });
  await writeFile(`${file}.${process.pid}.tmp`, JSON.stringify(status));
  await rename(`${file}.${process.pid}.tmp`, file);
}

function fileOf(stateDir: string, functionName: string): string {
  return join(stateDir, "timers", `${encodeURIComponent(functionName)}.json`);
}
