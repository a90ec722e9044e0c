import type { Story } from "../azure/stories.ts";
import type { Desk } from "./desk.ts";
import type { Mark, Phase, Role } from "./marks.ts";
import { WorkerProcess } from "./worker-process.ts";

/** Longer than a dispatcher's claims last. */
const minuteMs = 61_000;
/** A process takes a moment to start; with these at hand a new worker begins at once. */
const sparesKept = 2;
const keptWarnings = 20;

type Member = { readonly role: Role; readonly worker: WorkerProcess; readonly telling: Map<string, Story> };
export type Place = { readonly connectionString: string; readonly prefix: string };

/** Two writers on the same services and a dispatcher beside them; whoever is killed is replaced at once. */
export class House {
  readonly #place: Place;
  readonly #program: string;
  readonly #desk: Desk;
  readonly #spares: WorkerProcess[] = [];
  readonly #members: Member[] = [];
  readonly #broken = Promise.withResolvers<never>();
  readonly #toldAll = Promise.withResolvers<void>();
  #aheadMs = minuteMs;
  /** What the workers warned of, the last of it. */
  readonly warnings: string[] = [];

  /** `program` is what each worker runs. */
  constructor(program: string, place: Place, desk: Desk) {
    this.#program = program;
    this.#place = place;
    this.#desk = desk;
    // Whoever waits hears of it by `guard`.
    this.#broken.promise.catch(() => undefined);
  }

  /** How far ahead of the real time a clock has to be, so that every claim has run out by it. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  /** Starts whoever is missing. */
  async fill(): Promise<void> {
    for (const role of ["writer", "writer", "dispatcher"] as const) {
      const wanted = role === "writer" ? 2 : 1;
      if (this.of(role).length < wanted) await this.#start(role);
    }
  }

  of(role: Role): readonly Member[] {
    return this.#members.filter((member) => member.role === role);
  }

  async kill(victims: readonly Member[]): Promise<readonly Phase[]> {
    const hit = await Promise.all(victims.map(({ worker }) => worker.kill()));
    for (const victim of victims) {
      this.#members.splice(this.#members.indexOf(victim), 1);
      this.#desk.loses(victim.telling.values());
    }
    return hit.flat();
  }

  killAll(): Promise<readonly Phase[]> {
    return this.kill([...this.#members]);
  }

  /** Waits, but no longer than until a worker ends that nobody killed. */
  guard<T>(act: Promise<T>): Promise<T> {
    return Promise.race([act, this.#broken.promise]);
  }

  /** To be awaited when the desk is closed: every story that anybody has to tell is told to its end. */
  async finish(): Promise<void> {
    await this.fill();
    await this.guard(this.#toldAll.promise);
  }

  async close(): Promise<void> {
    await this.killAll();
    await Promise.all(this.#spares.splice(0).map((spare) => spare.kill()));
  }

  async #start(role: Role): Promise<void> {
    while (this.#spares.length <= sparesKept) this.#spares.push(this.#spare());
    const worker = this.#spares.shift();
    if (!worker) return;
    const member: Member = { role, worker, telling: new Map() };
    this.#members.push(member);
    // A claim of the last dispatcher must not keep this one waiting.
    if (role === "dispatcher") this.#aheadMs += minuteMs;
    const aheadMs = role === "dispatcher" ? this.#aheadMs : 0;
    await worker.begin({ role, ...this.#place, aheadMs }, (mark) => this.#hear(member, mark));
  }

  #spare(): WorkerProcess {
    return new WorkerProcess(this.#program, (lastWords) => {
      this.#broken.reject(new Error(`a worker ended, and nobody had killed it: ${lastWords}`));
    });
  }

  #hear(member: Member, mark: Mark): void {
    if (mark.is === "idle") this.#employ(member, mark.lane);
    if (mark.is === "begins") {
      const story = member.telling.get(mark.lane);
      if (story) this.#desk.begins(story, mark.key);
    }
    if (mark.is === "answered") this.#desk.answers(mark.key, mark.answer);
    if (mark.is === "warns") {
      this.warnings.push(mark.what);
      this.warnings.splice(0, this.warnings.length - keptWarnings);
    }
  }

  #employ({ worker, telling }: Member, lane: string): void {
    telling.delete(lane);
    const story = this.#desk.next();
    if (story) {
      telling.set(lane, story);
      worker.order({ lane, story });
    } else if (this.#members.every((member) => member.telling.size === 0)) this.#toldAll.resolve();
  }
}
