import { setTimeout as delay } from "node:timers/promises";

/** Waits, but no longer than until the signal; says whether it waited to the end. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(milliseconds, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}
