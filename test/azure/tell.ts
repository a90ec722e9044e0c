import { setImmediate as nextTurn } from "node:timers/promises";
import type { OutboxEntry, Step } from "../../src/ledger/commit.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import type { Committed, Ledger } from "../../src/workflow/ports.ts";
import { type Story, type Telling, tellingsOf } from "./stories.ts";

/** Who hears how far a story is, and does what its writes left to do. */
export type Listener = {
  begins(key: string): void;
  /** `written` is this very call's work, `already-there` another's; both mean that it is on record. */
  answered(key: string, answer: "written" | "already-there"): void;
  follow(entries: readonly OutboxEntry[]): Promise<void>;
};

type Answer =
  | { readonly kind: "written"; readonly outbox: readonly OutboxEntry[] }
  | { readonly kind: "already-there" };

const triesAtMost = 50;

/**
 * Tells a story from its beginning, with the same keys whoever tells it and however far others have come.
 *
 * A write whose outcome nobody knows, or that found its chain too busy, is told again with its key, as the app does. Only
 * the steps of a story change its request, so a conflict means that a step was lost or taken for another's: it throws.
 */
export async function tell(story: Story, ledger: Ledger, listener: Listener): Promise<void> {
  for (const telling of tellingsOf(story)) {
    listener.begins(telling.key);
    const answer = await write(telling, ledger);
    listener.answered(telling.key, answer.kind);
    if (answer.kind === "written") await listener.follow(answer.outbox);
  }
}

async function write(telling: Telling, ledger: Ledger): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await writeOnce(telling, ledger);
    } catch (error) {
      if (tries >= triesAtMost || !(error instanceof PlgateError && error.retryable)) throw error;
      await nextTurn();
    }
  }
}

async function writeOnce(telling: Telling, ledger: Ledger): Promise<Answer> {
  const answer = telling.kind === "step" ? await commit(telling.step, ledger) : await ledger.note(telling.note);
  if (answer.kind === "conflict") throw new Error(`${telling.key} is in conflict with nobody`);
  return answer.kind === "already-there" ? answer : { kind: "written", outbox: answer.outbox };
}

async function commit(step: Omit<Step, "expected">, ledger: Ledger): Promise<Committed> {
  const stored = await ledger.request(step.request.id);
  return ledger.commit({ ...step, expected: stored?.etag ?? null });
}
