/** Prints the demo: one line a step with the time since the start, and a table at the end. No terminal is needed. */
export class DemoConsole {
  readonly #began = Date.now();
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void = (text) => void process.stdout.write(text)) {
    this.#write = write;
  }

  seconds(): number {
    return (Date.now() - this.#began) / 1000;
  }

  title(text: string): void {
    this.#write(`\n${text}\n`);
  }

  line(text: string): void {
    const [first = "", ...others] = text.split("\n");
    this.#write(`${`${this.seconds().toFixed(1)} s`.padStart(8)}  ${first}\n`);
    for (const other of others) this.#write(`${" ".repeat(10)}${other}\n`);
  }

  table(rows: readonly (readonly string[])[]): void {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
    for (const [index, row] of rows.entries()) {
      this.#write(
        `  ${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
      );
      if (index === 0) this.#write(`  ${widths.map((width) => "-".repeat(width)).join("  ")}\n`);
    }
  }
}

/**
 * Waits until `look` finds something, and says every two seconds that it still waits.
 * Throws with `what` when the bound is reached: the demo then fails by name.
 */
export async function until<T>(
  what: string,
  console: DemoConsole,
  look: () => Promise<T | undefined> | T | undefined,
  boundMs = 30_000,
): Promise<T> {
  const began = Date.now();
  let said = began;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    const now = Date.now();
    if (now - began > boundMs) throw new Error(`waited ${Math.round(boundMs / 1000)} s in vain: ${what}`);
    if (now - said >= 2000) {
      said = now;
      console.line(`... still waiting: ${what} (${Math.round((now - began) / 1000)} s)`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
