import { app } from "@azure/functions";
import { json } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { openApp } from "../src/open-app.ts";
import { listRuns as all } from "../src/workflow/show-run.ts";

/** `GET /runs`: recertifications, re-judgements and drains, the newest first. */
export const listRuns = route("Reader", openApp, async ({ log }, plgate) => {
  return json(200, { value: await all(plgate.ports(log)) });
});

app.http("runs", { methods: ["GET"], authLevel: "anonymous", route: "runs", handler: listRuns });
