import { Module } from "node:module";

/**
 * The built-in module `@azure/functions-core` which the Functions worker gives to `@azure/functions`: the contract's types, the
 * require hook that supplies it, and the registrations an app makes through it while it loads (local-azure.md A.2).
 */
export type Nullable<T> = { readonly value: T };
export type RpcCookie = {
  readonly name: string;
  readonly value: string;
  readonly domain?: Nullable<string> | null;
  readonly path?: Nullable<string> | null;
  readonly expires?: Nullable<{ readonly seconds: number }> | null;
  readonly secure?: Nullable<boolean> | null;
  readonly httpOnly?: Nullable<boolean> | null;
  readonly sameSite?: "none" | "lax" | "strict" | "explicitNone" | null;
  readonly maxAge?: Nullable<number> | null;
};
export type RpcHttp = {
  readonly method?: string;
  readonly url?: string;
  readonly nullableHeaders?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableParams?: Readonly<Record<string, Nullable<string>>>;
  readonly body?: TypedData | null;
  readonly statusCode?: string | null;
  readonly headers?: Readonly<Record<string, string>> | null;
  readonly cookies?: readonly RpcCookie[] | null;
};
export type TypedData = {
  readonly string?: string | null;
  readonly json?: string | null;
  readonly bytes?: Uint8Array | null;
  readonly int?: number | null;
  readonly double?: number | null;
  readonly http?: RpcHttp | null;
  readonly collectionString?: { readonly string: readonly string[] } | null;
};
export type RetryOptions = {
  readonly retryStrategy: "fixedDelay" | "exponentialBackoff";
  readonly maxRetryCount: number;
  readonly delayInterval?: { readonly seconds: number } | undefined;
  readonly minimumInterval?: { readonly seconds: number } | undefined;
  readonly maximumInterval?: { readonly seconds: number } | undefined;
};
export type RetryContext = {
  readonly retryCount: number;
  readonly maxRetryCount: number;
  readonly exception?: { readonly message: string; readonly stackTrace: string; readonly source: string };
};
export type Binding = Readonly<Record<string, unknown>>;
export type FunctionMetadata = {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: RetryOptions | undefined;
};
export type LogLevel = "trace" | "debug" | "information" | "warning" | "error" | "critical" | "none";
export type LogCategory = "user" | "system" | "customMetric";
export type InvocationRequest = {
  readonly invocationId: string;
  readonly functionId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly traceContext: { readonly traceParent: string; readonly traceState: string };
  readonly retryContext?: RetryContext;
};
export type InvocationResponse = {
  readonly outputData?: readonly { readonly name: string; readonly data?: TypedData | null }[] | null;
  readonly returnValue?: TypedData | null;
};
export type CoreInvocationContext = {
  readonly invocationId: string;
  readonly request: InvocationRequest;
  readonly metadata: FunctionMetadata;
  state?: "preInvocationHooks" | "invocation" | "postInvocationHooks" | undefined;
  log(level: LogLevel, category: LogCategory, message: string): void;
};
export type FunctionCallback = (...args: unknown[]) => unknown;
export type InvocationModel = {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>;
};
export type ProgrammingModel = {
  getInvocationModel(context: CoreInvocationContext): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(defaults: Record<string, string>): Record<string, string> | Promise<Record<string, string>>;
};

const HOOK_NAMES = ["preInvocation", "postInvocation", "appStart", "appTerminate", "log"] as const;
export type HookName = (typeof HOOK_NAMES)[number];
type HookCallback = (context: unknown) => unknown;

export type Registration = { readonly metadata: FunctionMetadata; readonly callback: FunctionCallback };
export type Registrations = {
  readonly functions: Map<string, Registration>;
  readonly hooks: Readonly<Record<HookName, HookCallback[]>>;
  readonly log: (line: string) => void;
  model: ProgrammingModel | undefined;
};

// The require hook is process-wide and the library sets its model once per process, so this state has to be process-wide too.
let open: Registrations | undefined;
let latest: Registrations | undefined;
let model: ProgrammingModel | undefined;
let turn: Promise<unknown> = Promise.resolve();

/**
 * What an app registers while `load` runs. Hosts of one process load one after the other; registering after the load throws.
 * A second host in a process gets the library's model of the first, because the library hands it over only once.
 */
export function collectRegistrations(load: () => Promise<void>, log: (line: string) => void): Promise<Registrations> {
  const run = async (): Promise<Registrations> => {
    installHook();
    const hooks = { preInvocation: [], postInvocation: [], appStart: [], appTerminate: [], log: [] };
    const registrations: Registrations = { functions: new Map(), hooks, log, model: undefined };
    open = registrations;
    latest = registrations;
    try {
      await load();
    } finally {
      open = undefined;
    }
    registrations.model ??= model;
    return registrations;
  };
  const mine = turn.then(run, run);
  turn = mine;
  return mine;
}

/** A line of the app's or library's own log, if its level is one the host prints (host.json's default, Information, and above). */
export function formatLog(level: LogLevel, source: string, message: string): string | undefined {
  return level === "trace" || level === "debug" || level === "none" ? undefined : `${level} ${source}: ${message}`;
}

class Disposable {
  #dispose: (() => void) | undefined;
  static from(...parts: { dispose(): void }[]): Disposable {
    return new Disposable(() => {
      for (const part of parts) part.dispose();
    });
  }
  constructor(dispose: () => void) {
    this.#dispose = dispose;
  }
  dispose(): void {
    this.#dispose?.();
    this.#dispose = undefined;
  }
}

function registrationsOf(what: string): Registrations {
  if (open === undefined) throw new Error(`${what} can only be registered while the app loads`);
  return open;
}

function registerFunction(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
  const { functions } = registrationsOf(`function ${metadata.name}`);
  if (functions.has(metadata.name)) throw new Error(`function ${metadata.name} is registered twice`);
  functions.set(metadata.name, { metadata, callback });
  return new Disposable(() => functions.delete(metadata.name));
}

function isHookName(name: string): name is HookName {
  return HOOK_NAMES.some((known) => known === name);
}

function registerHook(name: string, callback: HookCallback): Disposable {
  // The library looks at this mark and at the error's name to explain an old host.
  if (!isHookName(name))
    throw Object.assign(new RangeError(`unknown hook ${name}`), { isAzureFunctionsSystemError: true });
  const list = registrationsOf(`hook ${name}`).hooks[name];
  list.push(callback);
  return new Disposable(() => {
    list.splice(list.indexOf(callback), 1);
  });
}

const core = {
  version: "3.10.1",
  hostVersion: "4.1037.0",
  Disposable,
  registerFunction,
  registerHook,
  setProgrammingModel: (given: ProgrammingModel): void => {
    model = given;
    registrationsOf("a programming model").model = given;
  },
  getProgrammingModel: (): ProgrammingModel | undefined => latest?.model ?? model,
  log: (level: LogLevel, category: LogCategory, message: string): void => {
    const line = formatLog(level, category, message);
    if (line !== undefined) latest?.log(line);
  },
};

let installed = false;
function installHook(): void {
  if (installed) return;
  installed = true;
  const original = Module.prototype.require;
  Module.prototype.require = Object.assign(function require(this: Module, id: string): unknown {
    return id === "@azure/functions-core" ? core : original.call(this, id);
  }, original);
}
