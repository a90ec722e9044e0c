import { app, type TimerHandler } from "@azure/functions";
import { openApp } from "../src/open-app.ts";
import { lineLog } from "../src/runtime/log.ts";
import { keepEvidence } from "../src/workflow/keep-evidence.ts";

/** Puts the heads of all chains out of reach, and takes what is too old out of the lists. */
export const anchor: TimerHandler = async (_timer, context) => {
  const plgate = await openApp();
  const log = lineLog(context);
  const { config, audit, telemetry } = plgate;
  await keepEvidence(config.indexDays, { ...audit, ...plgate.ports(log), telemetry });
};

app.timer("anchor", { schedule: "%PLGATE_ANCHOR_SCHEDULE%", handler: anchor });
