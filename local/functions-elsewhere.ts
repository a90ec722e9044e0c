import { writeFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { HostProcess } from "./host-process.ts";

export type ElsewhereOptions = {
  /** Where the functions will answer. */
  readonly port: number;
  /** The app's settings, and AzureWebJobsStorage: what a host of ours would have been started with. */
  readonly environment: Readonly<Record<string, string>>;
  /** Written anew at every start, for `func start`. It names addresses of this run, so it is never committed. */
  readonly settingsFile: string;
};

const askEveryMs = 500;

/**
 * Stands where the functions host stands when somebody else runs the app, such as `func start`: writes the settings and
 * knows the address. It starts nothing, so nothing of it is restarted or stopped.
 */
export async function functionsElsewhere({ port, environment, settingsFile }: ElsewhereOptions): Promise<HostProcess> {
  const settings = {
    IsEncrypted: false,
    Values: { FUNCTIONS_WORKER_RUNTIME: "node", ...environment },
    Host: { LocalHttpPort: port },
  };
  await writeFile(settingsFile, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  return { url: `http://127.0.0.1:${port}`, pid: () => 0, restarts: () => 0, stop: async () => {} };
}

/** Ends when an app answers at this address, whatever it answers; rejects when the signal says to give up. */
export async function whenAnswered(url: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    const answered = await fetch(`${url}/api/health`, { signal }).then(
      (answer) => answer.arrayBuffer().then(() => true),
      // Nobody is there yet.
      () => false,
    );
    if (answered) return;
    await wait(askEveryMs, undefined, { signal });
  }
}
