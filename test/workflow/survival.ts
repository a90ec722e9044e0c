import assert from "node:assert/strict";
import { dispatchLeftOver } from "../../src/workflow/dispatch-outbox.ts";
import type { Ports } from "../../src/workflow/ports.ts";
import { reconcile } from "../../src/workflow/reconcile.ts";
import { mortal } from "./mortal-host.ts";
import { review, type Stage } from "./stage.ts";

const watched = ["connections", "ledger", "outbox", "index", "cards", "notifier", "watch", "consumers"] as const;
const crashable = [...watched, "publisher"] as const;

/** Lets new hosts work on the same memory until nothing is left to do. */
export async function recover(ports: Stage): Promise<void> {
  for (let minute = 0; minute < 6; minute += 1) {
    ports.clock.advance(65);
    await reconcile(ports);
    while (ports.watch.take()) await review(ports);
    await dispatchLeftOver(ports);
  }
}

/** Kills a host at every call that it makes in `act`, before and after it, and checks what is true once others have gone on. */
export async function survives(
  act: (ports: Ports) => Promise<unknown>,
  prepare: () => Promise<Stage>,
  check: (ports: Stage) => Promise<void>,
) {
  for (const moment of ["before", "after"] as const) {
    for (let calls = 1; ; calls += 1) {
      const ports = await prepare();
      const host = mortal<Ports>(ports, crashable, calls, moment);
      await act(host.ports).catch((error: unknown) => assert.ok(host.died(), `not our kill: ${error}`));
      if (!host.died()) break;
      await recover(ports);
      await check(ports).catch((error: unknown) => {
        throw new Error(`killed ${moment} call ${calls}`, { cause: error });
      });
    }
  }
}
