import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Everything that the local stack keeps; ignored by git. */
export const localDir = join(import.meta.dirname, "..", ".local");

/** Whether a stack of this checkout runs now, by the process that `.local/state.json` names. */
export async function isStackAlive(): Promise<number | undefined> {
  try {
    const { pid }: { pid?: unknown } = JSON.parse(await readFile(join(localDir, "state.json"), "utf8"));
    return typeof pid === "number" && process.kill(pid, 0) ? pid : undefined;
  } catch {
    // No file, a broken one, or a process that is gone: nothing runs.
    return undefined;
  }
}
