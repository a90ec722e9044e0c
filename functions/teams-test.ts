import { app } from "@azure/functions";
import { json, problem } from "../src/http/respond.ts";
import { readJson, route } from "../src/http/route.ts";
import { readTeamsTrial } from "../src/intake/teams-trial.ts";
import { openApp } from "../src/open-app.ts";

/** `POST /teams/test`: posts a test card as the bot and tells of each step. Nothing of it is recorded. */
export const testTeams = route("PolicyAuthor", openApp, async ({ request, caller, log }, plgate) => {
  const body = await readJson(request);
  if (!body.ok) return body.answer;
  const wish = readTeamsTrial(body.value);
  if (!wish.ok) return problem(400, wish.problem);
  const trial = await plgate.tryTeams({ ...wish.value, sentBy: caller.name });
  log.info("the channel was tested", { ok: trial.ok, channel: trial.channel, by: caller.objectId });
  return json(200, trial);
});

app.http("teams-test", { methods: ["POST"], authLevel: "anonymous", route: "teams/test", handler: testTeams });
