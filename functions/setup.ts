import { app } from "@azure/functions";
import { closeApp } from "../src/compose.ts";
import { answerFailure } from "../src/http/route.ts";

/** What holds for all triggers; a file of its own, so that it happens once however many there are (docs/adr/0013). */
app.setup({ enableHttpStream: true });
app.hook.postInvocation(answerFailure);
app.hook.appTerminate(closeApp);
