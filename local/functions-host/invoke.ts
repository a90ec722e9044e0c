import { randomBytes, randomUUID } from "node:crypto";
import {
  type CoreInvocationContext,
  formatLog,
  type InvocationRequest,
  type InvocationResponse,
  type RetryContext,
  type TypedData,
} from "./core-module.ts";
import type { LoadedApp, LoadedFunction } from "./load-app.ts";

export type TriggerData = {
  /** Random unless given. */
  readonly invocationId?: string;
  readonly input: TypedData;
  readonly metadata?: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext;
};
export type InvokerOptions = {
  /** Milliseconds; undefined is without limit. */
  readonly timeout: number | undefined;
  readonly log: (line: string) => void;
  readonly writeOutputs: WriteOutputs;
};
export type WriteOutputs = (fn: LoadedFunction, response: InvocationResponse) => Promise<void>;
/** Runs one function once. Rejects with what the app threw, after logging it; the caller decides what a failure means to its trigger. */
export type Invoke = (fn: LoadedFunction, data: TriggerData) => Promise<InvocationResponse>;
export type Invoker = { readonly invoke: Invoke; readonly running: () => number };

/** Invocation in the worker's order (A.2), with the host's time-out and one log line each. `running` counts those that have not ended. */
export function createInvoker(app: LoadedApp, options: InvokerOptions): Invoker {
  const running = new Set<Promise<unknown>>();
  const invoke: Invoke = async (fn, data) => {
    const run = runLogged(app, fn, data, options);
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };
  return { invoke, running: () => running.size };
}

async function runLogged(app: LoadedApp, fn: LoadedFunction, data: TriggerData, options: InvokerOptions) {
  const start = performance.now();
  const took = (): string => `${Math.round(performance.now() - start)} ms`;
  try {
    const response = await withTimeout(run(app, fn, data, options), fn.name, options.timeout);
    await options.writeOutputs(fn, response);
    options.log(`${fn.name} succeeded in ${took()}`);
    return response;
  } catch (error) {
    options.log(
      `${fn.name} failed in ${took()}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    throw error;
  }
}

async function run(
  app: LoadedApp,
  fn: LoadedFunction,
  data: TriggerData,
  options: InvokerOptions,
): Promise<InvocationResponse> {
  const { hooks, model } = app.registrations;
  if (model === undefined) throw new Error("the app has set no programming model");
  const seen: { context?: unknown } = {};
  const core = coreContext(app, fn, data, options.log, seen);
  const invocation = await model.getInvocationModel(core);
  const { context, inputs } = await invocation.getArguments();
  seen.context = context;
  const shared = { hookData: {}, appHookData: app.appHookData, invocationContext: context };

  const pre = { ...shared, inputs, functionCallback: fn.callback };
  core.state = "preInvocationHooks";
  for (const hook of hooks.preInvocation) await hook(pre);

  const post: { result: unknown; error: unknown } & Record<string, unknown> = {
    ...shared,
    inputs: pre.inputs,
    result: null,
    error: null,
  };
  core.state = "invocation";
  try {
    post.result = await invocation.invokeFunction(context, pre.inputs, pre.functionCallback);
  } catch (error) {
    post.error = error;
  }
  core.state = "postInvocationHooks";
  for (const hook of hooks.postInvocation) await hook(post);
  core.state = undefined;

  if (post.error !== null && post.error !== undefined) throw post.error;
  return invocation.getResponse(context, post.result);
}

function coreContext(
  app: LoadedApp,
  fn: LoadedFunction,
  data: TriggerData,
  log: (line: string) => void,
  seen: { readonly context?: unknown },
): CoreInvocationContext {
  const invocationId = data.invocationId ?? randomUUID();
  const request: InvocationRequest = {
    invocationId,
    functionId: fn.metadata.functionId ?? fn.name,
    inputData: [{ name: fn.triggerName, data: data.input }],
    triggerMetadata: data.metadata ?? {},
    traceContext: {
      traceParent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-01`,
      traceState: "",
    },
    ...(data.retryContext === undefined ? {} : { retryContext: data.retryContext }),
  };
  return {
    invocationId,
    request,
    metadata: fn.metadata,
    log: (level, category, message) => {
      const entry = {
        hookData: {},
        appHookData: app.appHookData,
        invocationContext: seen.context,
        level,
        category,
        message,
      };
      if (category === "user") for (const hook of app.registrations.hooks.log) hook(entry);
      const line = formatLog(entry.level, fn.name, entry.message);
      if (line !== undefined) log(line);
    },
  };
}

/** The real host kills the worker after a time-out [S]; here the function may still run, but its answer is no longer taken. */
async function withTimeout<T>(work: Promise<T>, name: string, timeout: number | undefined): Promise<T> {
  if (timeout === undefined) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name} ran longer than functionTimeout, ${timeout} ms`)), timeout);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}
