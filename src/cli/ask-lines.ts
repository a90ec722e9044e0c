import { createInterface, type Interface } from "node:readline/promises";
import { Refusal } from "./verb.ts";

/** Questions on a terminal, one line each. */
export type Asking = {
  readonly ask: (question: string) => Promise<string>;
  /** Gives the terminal back; without it the process would wait for more lines. */
  readonly close: () => void;
};

/**
 * Asks line by line. Lines that come before their question (somebody pastes several) wait for it. The end of input (Ctrl+D) and
 * Ctrl+C end the command, not the one question alone.
 */
export function askLines(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Asking {
  const lines: string[] = [];
  let lead: Interface | undefined;
  let ended = false;
  let wake = (): void => {};
  const open = () => {
    const opened = createInterface({ input, output });
    opened.on("line", (line) => {
      lines.push(line);
      wake();
    });
    opened.on("close", () => {
      ended = true;
      wake();
    });
    return opened;
  };
  return {
    ask: async (question) => {
      lead ??= open();
      lead.setPrompt(question);
      if (!ended) lead.prompt();
      while (lines.length === 0 && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const line = lines.shift();
      if (line !== undefined) return line;
      throw new Refusal("there is no answer any more; nothing was written", 1);
    },
    close: () => lead?.close(),
  };
}
