import { app, type HttpHandler } from "@azure/functions";
import { hasRole } from "../src/http/caller.ts";
import { healthAnswer } from "../src/http/health-answer.ts";
import { json } from "../src/http/respond.ts";
import { openApp } from "../src/open-app.ts";
import { messageOf } from "../src/runtime/errors.ts";
import { lineLog } from "../src/runtime/log.ts";

/**
 * `GET /health`: anybody learns whether plgate is alive; a Reader learns what is configured, reachable and in trouble.
 * 503 when the configuration is wrong or, for a Reader, when something that decisions need does not work.
 */
export const health: HttpHandler = async (request, context) => {
  const log = lineLog(context);
  try {
    const plgate = await openApp();
    const authorization = request.headers.get("authorization");
    const verified = authorization ? await plgate.verifyCaller(authorization) : undefined;
    if (!verified?.ok || !hasRole(verified.caller, "Reader")) return json(200, { status: "alive" });
    const report = await plgate.health(log);
    return json(report.status === "unhealthy" ? 503 : 200, healthAnswer(report, verified.caller));
  } catch (error) {
    // What is wrong with the configuration is for the log: strangers may read this answer.
    log.error("plgate cannot start", { error: messageOf(error) });
    return json(503, { status: "unhealthy" });
  }
};

app.http("health", { methods: ["GET"], authLevel: "anonymous", route: "health", handler: health });
