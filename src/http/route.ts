import type {
  HttpHandler,
  HttpRequest,
  HttpResponseInit,
  InvocationContext,
  PostInvocationContext,
} from "@azure/functions";
import { DamagedRow, InputError, messageOf, PlgateError } from "../runtime/errors.ts";
import { type Log, lineLog } from "../runtime/log.ts";
import type { Telemetry } from "../runtime/telemetry.ts";
import { type Caller, hasRole, type Role, type VerifyCaller } from "./caller.ts";
import { problem } from "./respond.ts";

export type Call = {
  readonly request: HttpRequest;
  readonly caller: Caller;
  readonly log: Log;
  readonly correlation: string;
};

/**
 * A route of the API for callers with a role: the token is checked before anything of the request is read, and every
 * fault becomes problem details. `open` gives the app's verifier and is awaited on the first call.
 */
export function route<App extends { readonly verifyCaller: VerifyCaller; readonly telemetry: Telemetry }>(
  role: Role,
  open: () => Promise<App>,
  handle: (call: Call, app: App) => Promise<HttpResponseInit>,
): HttpHandler {
  return async (request, context) => {
    const correlation = context.invocationId;
    const log = lineLog(context, { correlation });
    try {
      const app = await open();
      const verified = await app.verifyCaller(request.headers.get("authorization"));
      if (!verified.ok) return refuse(verified.status, verified.why, log);
      if (!hasRole(verified.caller, role)) return problem(403, `This needs the app role ${role}.`);
      const call = { request, caller: verified.caller, log, correlation };
      return await app.telemetry.trace(correlation, `api ${context.functionName}`, {}, () => handle(call, app));
    } catch (error) {
      return fault(error, log, context);
    }
  };
}

function refuse(status: 401 | 503, why: string, log: Log): HttpResponseInit {
  log.warn("a caller was refused", { status, why });
  return problem(
    status,
    status === 401 ? "A valid bearer token is needed." : "Sign-in cannot be checked now; try again.",
  );
}

function fault(error: unknown, log: Log, context: InvocationContext): HttpResponseInit {
  if (error instanceof InputError) return problem(400, error.message);
  log.error("a request failed", { function: context.functionName, error: messageOf(error) });
  // Whoever is to mend it needs to know where; a wrong answer in its place would be worse than none.
  if (error instanceof DamagedRow)
    return problem(500, `${error.message}. Correlation ${context.invocationId}.`, { row: error.row });
  const retryable = error instanceof PlgateError && error.retryable;
  // The cause may name inner things: it goes to the log, and the correlation id lets an operator find it.
  const detail = `The request could not be served. Correlation ${context.invocationId}.`;
  return problem(retryable ? 503 : 500, detail);
}

/**
 * The last resort, as a hook after every invocation: an HTTP trigger that threw answers all the same.
 *
 * Where answers are streamed the library sends nothing for an error, and the platform lets the caller wait for minutes.
 */
export function answerFailure(invocation: PostInvocationContext): void {
  const { error, invocationContext: context } = invocation;
  if (!error || context.options.trigger.type !== "httpTrigger") return;
  invocation.result = fault(error, lineLog(context), context);
  invocation.error = undefined;
}

/** The JSON body, or why there is none; larger bodies than `mostKiB` are not read as JSON. */
export async function readJson(
  request: HttpRequest,
  mostKiB = 64,
): Promise<{ readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly answer: HttpResponseInit }> {
  const text = await request.text();
  if (text.length > mostKiB * 1024)
    return { ok: false, answer: problem(413, `The body is larger than ${mostKiB} KiB.`) };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, answer: problem(400, "The body is not JSON.") };
  }
}
