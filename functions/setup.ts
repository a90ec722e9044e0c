import { app } from "@azure/functions";
import { closeApp } from "../src/open-app.ts";

/** What holds for all triggers; a file of its own, so that it happens once however many there are (docs/adr/0013). */
app.setup({ enableHttpStream: true });
app.hook.postInvocation(async (invocation) => {
  // Loaded when it is needed: nothing but this is known of the API while triggers are registered.
  if (invocation.error) (await import("../src/http/route.ts")).answerFailure(invocation);
});
app.hook.appTerminate(closeApp);
