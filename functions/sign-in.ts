import { app } from "@azure/functions";
import { pageRoute } from "../src/http/page-route.ts";
import { beginSignIn } from "../src/http/sign-in-answers.ts";
import { openApp } from "../src/open-app.ts";

/** `GET /sign-in?return=…`: sends a browser to Entra; `fresh=1` makes Entra ask for proof again. */
export const signInStart = pageRoute(openApp, beginSignIn);

app.http("sign-in", { methods: ["GET"], authLevel: "anonymous", route: "sign-in", handler: signInStart });
