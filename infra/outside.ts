import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/**
 * What the hooks of azure.yaml need from outside: two command lines, a file to hand values over, a clock and a terminal.
 * Behind one type, so that tests hold every hook with a made-up Azure.
 */

/** What a command printed: its answer, or why it was refused, for the person who has to act on it. */
export type Answer = { readonly ok: boolean; readonly output: string };

/** Runs a command line; never throws. */
export type Run = (args: readonly string[]) => Promise<Answer>;

export type Outside = {
  /** The Azure CLI. */
  readonly az: Run;
  /** The Azure Developer CLI, that runs the hooks and keeps the values of the environment. */
  readonly azd: Run;
  /** Writes a file of its own and says where. Values go to the Azure CLI this way, so none has to be quoted. */
  readonly file: (text: string) => Promise<string>;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly say: (line: string) => void;
};

/** The variables of a hook: those of the machine and those of azd's environment. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Keeps values in azd's environment for the next hook and the next run; those that are there already are left alone. */
export async function remember(
  environment: Environment,
  values: Readonly<Record<string, string>>,
  { azd }: Pick<Outside, "azd">,
): Promise<Answer> {
  for (const [name, value] of Object.entries(values)) {
    if ((environment[name] ?? "") === value) continue;
    const kept = await azd(["env", "set", name, value, "--environment", environment["AZURE_ENV_NAME"] ?? ""]);
    if (!kept.ok) return { ok: false, output: `azd env set ${name} failed.\n${kept.output}` };
  }
  return { ok: true, output: "" };
}

/** The JSON that a command printed; undefined where it printed none. */
export function readJson(output: string): unknown {
  try {
    return JSON.parse(output.trim() || "null") ?? undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A member of what may be an object. */
export function member(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}

/** A member that is a text; empty where it is not there. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = member(value, ...path);
  return typeof found === "string" ? found : "";
}

/** The items of what may be a list. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Items with commas between, as azd's environment holds lists. Spaces around them do not count, nor does an item twice. */
export function list(value: string | undefined): readonly string[] {
  return [...new Set((value ?? "").split(",").map((item) => item.trim()))].filter((item) => item !== "");
}

/** The real command lines. Their files are gone when the hook ends. */
export async function openOutside(): Promise<Outside & { readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "plgate-hook-"));
  let files = 0;
  return {
    az: (args) => start("az", args),
    azd: (args) => start("azd", args),
    file: async (content) => {
      files += 1;
      const path = join(folder, `${files}.json`);
      await writeFile(path, content, { mode: 0o600 });
      return path;
    },
    wait: async (milliseconds) => sleep(milliseconds),
    say: (line) => console.log(line),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Characters that the command line of Windows reads as its own. No argument here has one; a value that does is refused. */
const windowsReads = /[&|<>^%"!\r\n]/;

async function start(command: string, args: readonly string[]): Promise<Answer> {
  // On Windows the Azure CLI is a script, which only the shell can start.
  const byShell = process.platform === "win32" && command === "az";
  if (byShell && args.some((arg) => windowsReads.test(arg))) {
    return { ok: false, output: `${command} was not started: an argument holds a character that Windows would read.` };
  }
  try {
    const { stdout } = await promisify(execFile)(
      byShell ? "cmd.exe" : command,
      byShell ? ["/d", "/c", command, ...args] : args,
      { maxBuffer: 64 * 1024 * 1024 },
    );
    return { ok: true, output: stdout };
  } catch (error) {
    return { ok: false, output: whyNot(command, error) };
  }
}

function whyNot(command: string, error: unknown): string {
  if (member(error, "code") === "ENOENT") return `${command} is not installed, or not on the PATH.`;
  return text(error, "stderr").trim() || String(error);
}

/** Runs a hook to its end; what it returns is the exit code. */
export async function runHook(hook: (environment: Environment, outside: Outside) => Promise<boolean>): Promise<void> {
  const outside = await openOutside();
  try {
    process.exitCode = (await hook(process.env, outside)) ? 0 : 1;
  } finally {
    await outside.close();
  }
}
