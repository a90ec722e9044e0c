import { app } from "@azure/functions";
import { pageRoute } from "../src/http/page-route.ts";
import { endSignIn } from "../src/http/sign-in-answers.ts";
import { openApp } from "../src/open-app.ts";

/** `POST /signed-in`: where Entra sends the browser back to, with the ID token in a form. */
export const signedIn = pageRoute(openApp, endSignIn);

app.http("signed-in", { methods: ["POST"], authLevel: "anonymous", route: "signed-in", handler: signedIn });
