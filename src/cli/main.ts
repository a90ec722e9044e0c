import { createInterface } from "node:readline/promises";
import { plgate } from "./plgate.ts";
import { progressOn } from "./progress.ts";
import { Refusal } from "./verb.ts";

// Who pipes into `head` has read enough; that is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

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
  ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
});

/** One question on the terminal. The end of input (Ctrl+D) and Ctrl+C end the command, not the question alone. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const ended = new Promise<never>((_resolve, reject) => {
    lines.once("close", () => reject(new Refusal("nothing was answered; nothing is changed", 1)));
  });
  try {
    return await Promise.race([lines.question(question), ended]);
  } finally {
    lines.removeAllListeners("close").close();
  }
}
