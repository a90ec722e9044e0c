import { app } from "@azure/functions";
import { list } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /policies`: every policy, what is in force, and what is wrong with it. */
export const listPolicies = route("Reader", openApp, async ({ log }, plgate) =>
  list(await plgate.ports(log).policies.list(), undefined),
);

app.http("policies", { methods: ["GET"], authLevel: "anonymous", route: "policies", handler: listPolicies });
