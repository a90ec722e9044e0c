import { app } from "@azure/functions";
import { json } from "../src/http/respond.ts";
import { route } from "../src/http/route.ts";
import { openApp } from "../src/open-app.ts";
import { listServices } from "../src/workflow/list-services.ts";

/** `GET /services`: the watched Private Link Services, their connections by state, and what an operator should know. */
export const services = route("Reader", openApp, async ({ log }, plgate) => {
  const { services: value, unreadable } = await listServices(plgate.ports(log));
  return json(200, { value, unreadable });
});

app.http("services", { methods: ["GET"], authLevel: "anonymous", route: "services", handler: services });
