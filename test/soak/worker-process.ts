import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import type { Job, Mark, Order, Phase } from "./marks.ts";

const longestMomentMs = 3_000;
const keptLines = 20;

/** A worker seen from outside: what it said until now, and its end. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #marks = new EventEmitter<{ mark: [Mark]; end: [] }>();
  readonly #places = new Map<string, Phase>();
  readonly #lastLines: string[] = [];
  readonly #ready: Promise<void>;
  readonly #closed: Promise<void>;
  #killed = false;

  /** `diesUnasked` is told its last words when it ends although nobody killed it. */
  constructor(program: string, diesUnasked: (lastWords: string) => void) {
    this.#child = spawn(process.execPath, ["--enable-source-maps", program], { stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on("line", (line) => this.#take(line));
    }
    // What we write to a worker that is dead is lost, as it should be.
    this.#child.stdin?.on("error", () => undefined);
    this.#closed = once(this.#child, "close").then(() => {
      this.#marks.emit("end");
      if (!this.#killed) diesUnasked(this.#lastLines.join("\n"));
    });
    this.#ready = this.#next((mark) => mark.is === "ready");
  }

  async begin(job: Job, hear: (mark: Mark) => void): Promise<void> {
    await this.#ready;
    this.#marks.on("mark", hear);
    this.#send(job);
  }

  order(order: Order): void {
    this.#send(order);
  }

  /** The moment at which it next comes to this phase, or a few seconds from now if it does not. */
  async comesTo(phase: Phase): Promise<void> {
    await this.#next((mark) => mark.is === "at" && mark.phase === phase, longestMomentMs);
  }

  /** SIGKILL; gives where it was in the work that it had begun, once its last word has been heard. */
  async kill(): Promise<readonly Phase[]> {
    this.#killed = true;
    this.#child.kill("SIGKILL");
    await this.#closed;
    return [...this.#places.values()];
  }

  #send(line: Job | Order): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  #take(line: string): void {
    const mark = read(line);
    if (mark?.is === "at") this.#places.set(mark.place, mark.phase);
    if (mark?.is === "at rest") this.#places.delete(mark.place);
    if (mark) this.#marks.emit("mark", mark);
    else this.#lastLines.push(line);
    this.#lastLines.splice(0, this.#lastLines.length - keptLines);
  }

  #next(isIt: (mark: Mark) => boolean, boundMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#marks.off("mark", hear);
        this.#marks.off("end", done);
        clearTimeout(timer);
        resolve();
      };
      const hear = (mark: Mark) => (isIt(mark) ? done() : undefined);
      const timer = boundMs === undefined ? undefined : setTimeout(done, boundMs);
      this.#marks.on("mark", hear);
      this.#marks.on("end", done);
    });
  }
}

/** Undefined for what is no mark: a stack trace, or the line in which the kill struck. */
function read(line: string): Mark | undefined {
  try {
    return JSON.parse(line) as Mark;
  } catch {
    return undefined;
  }
}
