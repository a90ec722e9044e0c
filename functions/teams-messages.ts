import { app, type HttpHandler } from "@azure/functions";
import { openApp } from "../src/open-app.ts";
import { lineLog } from "../src/runtime/log.ts";

/**
 * `POST /messages`: what Teams sends. Anonymous for the platform, because the token of the Bot Connector is the key;
 * nothing of the body is believed before that token was checked (teams.md 3).
 */
export const teamsMessages: HttpHandler = async (request, context) => {
  const plgate = await openApp();
  const correlation = context.invocationId;
  const log = lineLog(context, { correlation });
  const [authorization, body] = [request.headers.get("authorization"), await request.text()];
  const answer = await plgate.telemetry.trace(correlation, "teams", {}, () =>
    plgate.teams(authorization, body, log, correlation),
  );
  if (answer.body === undefined) return { status: answer.status };
  return { status: answer.status, jsonBody: answer.body };
};

app.http("teams-messages", { methods: ["POST"], authLevel: "anonymous", route: "messages", handler: teamsMessages });
