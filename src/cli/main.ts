import { askLines } from "./ask-lines.ts";
import { plgate } from "./plgate.ts";
import { progressOn } from "./progress.ts";

// Who pipes into `head` has read enough; that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const terminal = process.stdin.isTTY && process.stdout.isTTY ? askLines(process.stdin, process.stdout) : undefined;

process.exitCode = await plgate(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  progress: progressOn(process.stderr),
  pipe: (text) =>
    new Promise((resolve, reject) => {
      process.stdout.write(text, (error) => {
        if (!error) resolve(true);
        else if ("code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED")) resolve(false);
        else reject(error);
      });
    }),
  environment: process.env,
  // Loaded on demand: checking a file needs no Azure client.
  withStore: async (place, act) => (await import("../compose-cli.ts")).withStore(place, act),
  withApi: async (place, act) => (await import("../compose-cli.ts")).withApi(place, act),
  withAzure: async (place, until, act) => (await import("../compose-cli.ts")).withAzure(place, until, act),
  ask: terminal?.ask,
});
terminal?.close();
