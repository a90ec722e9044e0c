import { app, type HttpHandler } from "@azure/functions";
import description from "../docs/openapi.json" with { type: "json" };
import { json } from "../src/http/respond.ts";

/** `GET /openapi.json`: the description of this API. It holds nothing secret, so it needs no token. */
export const openapi: HttpHandler = async () => json(200, description);

app.http("openapi", { methods: ["GET"], authLevel: "anonymous", route: "openapi.json", handler: openapi });
