import { app } from "@azure/functions";
import { takeAnswer } from "../src/http/page-answers.ts";
import { pageRoute } from "../src/http/page-route.ts";
import { openApp } from "../src/open-app.ts";

/** `POST /requests/{id}/answer`: the decision as the page's form sends it. Programs use `/decision`. */
export const answerRequest = pageRoute(openApp, (visit, plgate) => takeAnswer(visit, plgate.desk(visit.log)));

app.http("answer-request", {
  methods: ["POST"],
  authLevel: "anonymous",
  route: "requests/{id}/answer",
  handler: answerRequest,
});
