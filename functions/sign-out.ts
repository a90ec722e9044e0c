import { app } from "@azure/functions";
import { pageRoute } from "../src/http/page-route.ts";
import { endSession } from "../src/http/sign-in-answers.ts";
import { openApp } from "../src/open-app.ts";

/** `POST /sign-out`: ends the session in this browser. */
export const signOut = pageRoute(openApp, endSession);

app.http("sign-out", { methods: ["POST"], authLevel: "anonymous", route: "sign-out", handler: signOut });
