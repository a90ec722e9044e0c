import { glob, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import {
  type Binding,
  collectRegistrations,
  type FunctionMetadata,
  type Registration,
  type Registrations,
} from "./core-module.ts";
import { openWorkerProxy, type WorkerProxy } from "./worker-proxy.ts";

const named = { name: z.string().optional(), direction: z.string().optional(), properties: z.unknown().optional() };
const triggerSchema = z.discriminatedUnion("type", [
  z.strictObject({
    ...named,
    type: z.literal("httpTrigger"),
    authLevel: z.enum(["anonymous", "function", "admin"]),
    methods: z.array(z.string().toUpperCase()),
    route: z.string().optional(),
  }),
  z.strictObject({
    ...named,
    type: z.literal("eventGridTrigger"),
    cardinality: z.enum(["one", "many"]).default("one"),
  }),
  z.strictObject({
    ...named,
    type: z.literal("timerTrigger"),
    schedule: z.string(),
    runOnStartup: z.boolean().default(false),
    useMonitor: z.boolean().default(true),
  }),
  z.strictObject({
    ...named,
    type: z.literal("queueTrigger"),
    queueName: z.string(),
    connection: z.string().optional(),
  }),
]);
const outputSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...named, type: z.literal("http") }),
  z.strictObject({ ...named, type: z.literal("queue"), queueName: z.string(), connection: z.string().optional() }),
]);

export type Trigger = z.infer<typeof triggerSchema>;
export type QueueOutput = Extract<z.infer<typeof outputSchema>, { type: "queue" }>;
export type LoadedFunction = Registration & {
  readonly name: string;
  readonly trigger: Trigger;
  readonly triggerName: string;
  /** Output bindings of type queue by binding name; `$return` is the returned value. */
  readonly queueOutputs: ReadonlyMap<string, QueueOutput>;
  readonly disabled: boolean;
};
/** A function with one kind of trigger. */
export type FunctionOf<T extends Trigger["type"]> = LoadedFunction & {
  readonly trigger: Extract<Trigger, { type: T }>;
};
export type LoadedApp = {
  readonly functions: readonly LoadedFunction[];
  readonly registrations: Registrations;
  readonly appHookData: Record<string, unknown>;
  /** There if the app streams: HTTP triggers get their requests and give their answers by it. */
  readonly proxy: WorkerProxy | undefined;
};

/**
 * Loads an app as the worker does: every file the glob `main` names (package.json, unless given here), in order, then the
 * appStart hooks. No file, no function, an unknown binding or an unknown option of one is an error.
 */
export async function loadApp(
  appDir: string,
  main: string | undefined,
  log: (line: string) => void,
): Promise<LoadedApp> {
  const { pattern, files, isModule } = await entryFiles(appDir, main);
  const load = async (): Promise<void> => {
    for (const file of files) await loadFile(file, isModule);
  };
  const registrations = await collectRegistrations(load, log);
  const { model, hooks } = registrations;
  if (model === undefined || registrations.functions.size === 0)
    throw new Error(`${pattern} registered no function: @azure/functions was loaded before the host, or not at all`);
  const proxy = await openWorkerProxy(model);
  const functions = [...registrations.functions.values()].map(checked);
  const appHookData = {};
  for (const hook of hooks.appStart) await hook({ hookData: {}, appHookData, functionAppDirectory: appDir });
  return { functions, registrations, appHookData, proxy };
}

/** The functions with this trigger that are not disabled. */
export function functionsWith<T extends Trigger["type"]>(app: LoadedApp, type: T): FunctionOf<T>[] {
  const hasTrigger = (fn: LoadedFunction): fn is FunctionOf<T> => fn.trigger.type === type;
  return app.functions.filter(hasTrigger).filter((fn) => !fn.disabled);
}

async function entryFiles(appDir: string, main: string | undefined) {
  const file: unknown = JSON.parse(await readFile(join(appDir, "package.json"), "utf8"));
  const packageJson = z.object({ main: z.string().optional(), type: z.string().optional() }).parse(file);
  const pattern = main ?? packageJson.main;
  if (pattern === undefined)
    throw new Error("package.json names no main: the host does not know which files hold the functions");
  const files: string[] = [];
  for await (const name of glob(pattern, { cwd: appDir })) files.push(name);
  if (files.length === 0) throw new Error(`no file of the app matches main "${pattern}": is it built?`);
  return { pattern, files: files.sort().map((name) => join(appDir, name)), isModule: packageJson.type === "module" };
}

async function loadFile(file: string, isModule: boolean): Promise<void> {
  if (file.endsWith(".mjs") || file.endsWith(".mts") || isModule) await import(pathToFileURL(file).href);
  else createRequire(file)(file);
}

function checked(registration: Registration): LoadedFunction {
  const { metadata } = registration;
  const triggers = Object.entries(metadata.bindings).filter(([, binding]) =>
    String(binding["type"]).endsWith("Trigger"),
  );
  const [entry] = triggers;
  if (entry === undefined || triggers.length > 1)
    throw new Error(`function ${metadata.name} needs exactly one trigger`);
  const [triggerName, binding] = entry;
  return {
    ...registration,
    name: metadata.name,
    triggerName,
    trigger: parseBinding(triggerSchema, metadata.name, binding),
    queueOutputs: queueOutputsOf(metadata, triggerName),
    disabled: isDisabled(metadata.name),
  };
}

function queueOutputsOf(metadata: FunctionMetadata, triggerName: string): ReadonlyMap<string, QueueOutput> {
  const outputs = new Map<string, QueueOutput>();
  for (const [name, binding] of Object.entries(metadata.bindings)) {
    if (name === triggerName) continue;
    const output = parseBinding(outputSchema, metadata.name, binding);
    if (output.type === "queue") outputs.set(name, output);
  }
  return outputs;
}

function parseBinding<T>(schema: z.ZodType<T>, functionName: string, binding: Binding): T {
  const parsed = schema.safeParse(binding);
  if (parsed.success) return parsed.data;
  throw new Error(`function ${functionName}, binding ${String(binding["type"])}: ${z.prettifyError(parsed.error)}`);
}

function isDisabled(name: string): boolean {
  const setting = process.env[`AzureWebJobs.${name}.Disabled`] ?? process.env[`AzureWebJobs_${name}_Disabled`];
  return setting !== undefined && ["1", "true"].includes(setting.toLowerCase());
}
