import { app, type EventGridHandler } from "@azure/functions";
import { readConnectionEvent } from "../src/intake/connection-event.ts";
import { openApp } from "../src/open-app.ts";
import { lineLog } from "../src/runtime/log.ts";

/**
 * Event Grid says that something happened. The event is a hint: it only asks for a review (design.md, rule 1).
 * An event that does not concern us is answered with success; only a failing store makes Event Grid send it again.
 */
export const connectionEvent: EventGridHandler = async (event, context) => {
  const plgate = await openApp();
  const correlation = context.invocationId;
  const log = lineLog(context, { correlation });
  const read = readConnectionEvent(event, plgate.config.subscriptions);
  plgate.countEvent(read.kind === "ignored" ? "ignored" : "taken");
  // Most events concern nobody here: no trace is begun for them.
  if (read.kind === "ignored") return log.info("an event was ignored", { why: read.why });
  await plgate.telemetry.trace(correlation, "event", { asks: read.kind }, async () => {
    if (read.kind === "sweep") return plgate.sweepSoon(log);
    await plgate.ports(log).watch.wake(read.service, "event", 0, correlation);
    log.info("an event asks for a review", { service: read.service.id });
  });
};

app.eventGrid("connection-event", { handler: connectionEvent });
