import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { collectRegistrations, type Registrations } from "../../local/functions-host/core-module.ts";

/** What the platform learns of the app before it calls it: what a change of alters which events, people and schedules reach it. */
export type Registered = {
  readonly functions: Readonly<Record<string, unknown>>;
  /** How many callbacks each hook of the app has. */
  readonly hooks: Readonly<Record<string, number>>;
  /** What host.json says about triggers, time and the extensions; not how much is logged. */
  readonly host: Readonly<Record<string, unknown>>;
};

const root = join(import.meta.dirname, "..", "..");

/** Loads every file that a glob names, as the worker does, and gives back what they registered. Once for each set of files and process. */
export async function registeredBy(dir: string, pattern: string): Promise<Registered> {
  const load = async () => {
    const files: string[] = [];
    for await (const name of glob(pattern, { cwd: dir })) files.push(name);
    for (const file of files.sort()) await import(pathToFileURL(join(dir, file)).href);
  };
  const { functions, hooks } = await collectRegistrations(load, () => {});
  return { functions: functionsOf(functions), hooks: countsOf(hooks), host: await hostJson() };
}

/** Bindings by their order: their names are made up by the library. */
function functionsOf(functions: Registrations["functions"]): Registered["functions"] {
  const named = [...functions.values()].map(({ metadata }) => {
    const bindings = Object.values(metadata.bindings).map(({ name: _, ...binding }) => binding);
    const { retryOptions } = metadata;
    return [metadata.name, retryOptions ? { bindings, retryOptions } : { bindings }] as const;
  });
  const sorted = named.sort(([one], [other]) => one.localeCompare(other));
  // As JSON holds it: what is undefined is not there.
  return JSON.parse(JSON.stringify(Object.fromEntries(sorted)));
}

function countsOf(hooks: Registrations["hooks"]): Registered["hooks"] {
  return Object.fromEntries(Object.entries(hooks).map(([name, callbacks]) => [name, callbacks.length]));
}

async function hostJson(): Promise<Registered["host"]> {
  const host: Record<string, unknown> = JSON.parse(await readFile(join(root, "host.json"), "utf8"));
  const { version, functionTimeout, extensions, extensionBundle } = host;
  return { version, functionTimeout, extensions, extensionBundle };
}
