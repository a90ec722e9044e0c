import { finishedWrite } from "./accepted-write.ts";
import { failEffect, takeEffect } from "./effects.ts";
import type { FinishedWrite } from "./finished-write.ts";
import type { Locks } from "./lock.ts";
import type { ArmOperation } from "./resources.ts";
import type { Timers } from "./timers.ts";
import type { World } from "./world.ts";

export type OperationClock = {
  /** Lets an accepted operation take effect when its time is over. */
  schedule(operation: ArmOperation): void;
  /** Takes up what an earlier run had accepted and not finished. */
  resume(): void;
};

export type ClockParts = {
  readonly world: World;
  readonly locks: Locks;
  readonly timers: Timers;
  readonly saved: () => Promise<void>;
  readonly onWrite: (write: FinishedWrite) => void;
};

export function createOperationClock(parts: ClockParts): OperationClock {
  const { world, locks, timers } = parts;
  const schedule = (operation: ArmOperation) => {
    const rest = Math.max(0, operation.endsAt - world.now().getTime());
    timers.after(rest, () => void finish(parts, operation));
  };
  return {
    schedule,
    resume() {
      for (const operation of world.store.operations.all()) {
        if (operation.outcome) continue;
        if (operation.lock !== undefined && !locks.isHeld(operation.lock)) locks.take(operation.lock);
        schedule(operation);
      }
    },
  };
}

/** Ends an operation: effect, outcome, then the report, which nobody gets before both are kept. */
async function finish({ world, locks, saved, onWrite }: ClockParts, operation: ArmOperation): Promise<void> {
  const ending = operation.failWith
    ? failEffect(operation.effect, operation.failWith, world)
    : takeEffect(operation.effect, world);
  const outcome = ending.failure
    ? ({ status: "Failed", error: ending.failure } as const)
    : ({ status: "Succeeded", ...(ending.body ? { body: ending.body } : {}) } as const);
  world.store.operations.put({ ...operation, outcome });
  if (operation.lock !== undefined) locks.release(operation.lock);
  await saved();
  if (!operation.write) return;
  const target = ending.target ? { target: ending.target } : {};
  onWrite(finishedWrite(operation.write, world, { succeeded: !ending.failure, ...target }));
}
