import { app, type TimerHandler } from "@azure/functions";
import { openApp } from "../src/compose.ts";
import { lineLog } from "../src/runtime/log.ts";
import { reconcile } from "../src/workflow/reconcile.ts";

/** The sweep: finds what no event told, and does what crashed hosts left behind. */
export const sweep: TimerHandler = async (_timer, context) => {
  const plgate = await openApp();
  await reconcile(plgate.ports(lineLog(context)));
};

app.timer("reconcile", { schedule: "%PLGATE_SWEEP_SCHEDULE%", handler: sweep });
