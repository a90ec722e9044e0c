import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { CardJob, CardMark, CardOrder } from "./card-marks.ts";

const keptLines = 20;

/** An app host seen from outside. */
export class CardHost {
  readonly #child: ChildProcess;
  readonly #ready = Promise.withResolvers<void>();
  readonly #closed: Promise<unknown>;
  readonly #lastLines: string[] = [];
  #killed = false;

  /** `hear` gets its marks; `diesUnasked` its last words when it ends although nobody killed it. */
  constructor(program: string, hear: (mark: CardMark) => void, diesUnasked: (lastWords: string) => void) {
    this.#child = spawn(process.execPath, ["--enable-source-maps", program], { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#take(line, hear));
    }
    // What we write to a host that is dead is lost, as it should be.
    this.#child.stdin?.on("error", () => undefined);
    this.#closed = once(this.#child, "close").then(() => {
      if (!this.#killed) diesUnasked(this.#lastLines.join("\n"));
    });
  }

  async begin(job: CardJob): Promise<void> {
    await this.#ready.promise;
    this.#send(job);
  }

  order(order: CardOrder): void {
    this.#send(order);
  }

  /** SIGKILL; over when its last word has been heard. */
  async kill(): Promise<void> {
    this.#killed = true;
    this.#child.kill("SIGKILL");
    await this.#closed;
  }

  #send(line: CardJob | CardOrder): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  #take(line: string, hear: (mark: CardMark) => void): void {
    const mark = read(line);
    if (mark?.is === "ready") this.#ready.resolve();
    if (mark) hear(mark);
    else this.#lastLines.push(line);
    this.#lastLines.splice(0, this.#lastLines.length - keptLines);
  }
}

/** Undefined for what is no mark: a stack trace, or the line in which the kill struck. */
function read(line: string): CardMark | undefined {
  try {
    return JSON.parse(line) as CardMark;
  } catch {
    return undefined;
  }
}
