import { app, type TimerHandler } from "@azure/functions";
import { openApp } from "../src/open-app.ts";
import { lineLog } from "../src/runtime/log.ts";
import { CardRounds } from "../src/workflow/card-rounds.ts";
import { postMissingCards } from "../src/workflow/missing-cards.ts";
import { reconcile } from "../src/workflow/reconcile.ts";

const rounds = new CardRounds();

/** The sweep: finds what no event told, and does what crashed hosts left behind. */
export const sweep: TimerHandler = async (_timer, context) => {
  const plgate = await openApp();
  const correlation = context.invocationId;
  const log = lineLog(context, { correlation });
  await plgate.telemetry.trace(correlation, "sweep", {}, async () => {
    const ports = plgate.ports(log);
    plgate.tellNewer(log);
    await plgate.listChannels(log);
    const { measures } = await reconcile(ports);
    await plgate.tellMeasures(measures, log);
    await postMissingCards(ports, "missing", rounds);
    await plgate.tellParked(log);
  });
};

app.timer("reconcile", { schedule: "%PLGATE_SWEEP_SCHEDULE%", handler: sweep });
