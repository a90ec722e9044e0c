import { pick, type Random } from "../../local/seeded-random.ts";
import { type Story, type Telling, tellingsOf } from "../azure/stories.ts";

/** One service has as much to do as the others together, so that its head is fought for. */
const services = ["pls-a", "pls-a", "pls-b", "pls-c"] as const;
const noteEvery = 6;
const shareOfTwice = 0.2;
const shareOfAbandoned = 0.25;

/**
 * Hands out the stories, and knows what became of each.
 *
 * Some are handed to two writers. A story whose writer was killed is told again from its beginning, or by nobody ever:
 * then its last step may be on record or not, but nothing else.
 */
export class Desk {
  readonly #random: Random;
  readonly #waiting: Story[] = [];
  #last = 0;
  #closed = false;
  readonly begun = new Map<string, Telling>();
  readonly answered = new Set<string>();
  readonly #written = new Set<string>();
  /** What writers were told that cannot be. */
  readonly faults: string[] = [];
  readonly counts = { stories: 0, toldByTwo: 0, toldAgain: 0, abandoned: 0, written: 0, alreadyThere: 0 };

  constructor(random: Random) {
    this.#random = random;
  }

  /** Undefined when the desk is closed and all is handed out. */
  next(): Story | undefined {
    return this.#waiting.shift() ?? (this.#closed ? undefined : this.#fresh());
  }

  /** From now on only what waits is handed out. */
  close(): void {
    this.#closed = true;
  }

  begins(story: Story, key: string): void {
    const telling = tellingsOf(story).find((one) => one.key === key);
    if (!telling) throw new Error(`${key} is no step of ${JSON.stringify(story)}`);
    this.begun.set(key, telling);
  }

  answers(key: string, answer: "written" | "already-there"): void {
    this.answered.add(key);
    if (answer === "already-there") this.counts.alreadyThere += 1;
    else if (this.#written.has(key)) this.faults.push(`${key} was written by two`);
    else this.#written.add(key);
    this.counts.written = this.#written.size;
  }

  /** The writer of these stories is dead. */
  loses(stories: Iterable<Story>): void {
    for (const story of stories) {
      const isAbandoned = !this.#closed && this.#random() < shareOfAbandoned;
      this.counts[isAbandoned ? "abandoned" : "toldAgain"] += 1;
      if (!isAbandoned) this.#waiting.unshift(story);
    }
  }

  #fresh(): Story {
    this.#last += 1;
    this.counts.stories += 1;
    const number = this.#last;
    const isNote = number % noteEvery === 0;
    const story: Story = isNote
      ? { kind: "note", number: number / noteEvery }
      : { kind: "request", service: pick(this.#random, services), number };
    if (this.#random() < shareOfTwice) {
      this.counts.toldByTwo += 1;
      this.#waiting.push(story);
    }
    return story;
  }
}
