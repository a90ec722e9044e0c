import { readFileSync } from "node:fs";
import type { StorePlace } from "../compose-cli.ts";
import { readOperatorConfig } from "../runtime/operator-config.ts";
import { Refusal } from "./verb.ts";

/** Where "npm start" says where its parts are. */
export const defaultState = `${import.meta.dirname.replace(/[\\/]src[\\/]cli$/, "")}/.local/state.json`;

/** The options of every verb that reads or writes the store. */
export const storeOptions = {
  "storage-account": { type: "string" },
  local: { type: "boolean" },
  state: { type: "string" },
} as const;

export const storeUsage = `Where the store is:
  --storage-account NAME  the data account of the deployment, or set PLGATE_STORAGE_ACCOUNT. You are who you are for
                          "az login", and need the role Storage Table Data Contributor on the account.
  --local                 the local stack that runs now ("npm start")
  --state FILE            where that stack says where it is; .local/state.json when left out
`;

type Given = {
  readonly "storage-account"?: string | undefined;
  readonly local?: boolean | undefined;
  readonly state?: string | undefined;
};

/** Where the store is, by option or environment. To name two places is refused: what is published must go where one means. */
export function placeOf(given: Given, environment: Readonly<Record<string, string | undefined>>): StorePlace {
  const named = given["storage-account"];
  if (given.local) {
    if (named !== undefined) throw new Refusal("--local and --storage-account name two places; leave one out");
    return localPlace(given.state ?? defaultState);
  }
  if (given.state !== undefined) throw new Refusal("--state is for --local");
  const { account, suffix, authority } = readOperatorConfig({
    ...environment,
    PLGATE_STORAGE_ACCOUNT: named ?? environment["PLGATE_STORAGE_ACCOUNT"],
  });
  if (account === undefined) {
    throw new Refusal("where is the store? Say --storage-account NAME (or set PLGATE_STORAGE_ACCOUNT), or --local");
  }
  return { kind: "account", account, suffix, authority };
}

function localPlace(stateFile: string): StorePlace {
  const state = localState(stateFile);
  const connectionString = member(member(state, "storage"), "connectionString");
  if (typeof connectionString !== "string") {
    throw new Refusal(`${stateFile} does not say where storage is (storage.connectionString)`, 1);
  }
  return { kind: "local", connectionString };
}

/** What the running local stack says of itself; refused when it does not run any more. */
export function localState(stateFile: string): unknown {
  const state = readState(stateFile);
  const pid = member(state, "pid");
  // Its ports may belong to somebody else by now.
  if (typeof pid === "number" && isAlive(pid)) return state;
  throw new Refusal(`the local stack of ${stateFile} is gone; start it by "npm start"`, 1);
}

function readState(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Refusal(`${file} is not JSON; start the stack again by "npm start"`, 1);
    throw new Refusal(`no local stack is running (${file} cannot be read); start it by "npm start"`, 1);
  }
}

/** A member of something that somebody else wrote; undefined when it has none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
