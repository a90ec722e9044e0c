import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { Refusal } from "./verb.ts";

const policyName = /(?<!\.test)\.(ya?ml)$/;
const testName = /\.test\.(ya?ml)$/;

/** A policy and the test file beside it; `testFile` may not exist. */
export type PolicyFiles = { readonly policyFile: string; readonly testFile: string };

/** By the name of either of the two: `NAME.yaml` and `NAME.test.yaml` (policy.md 7). */
export function policyFilesOf(file: string): PolicyFiles {
  if (testName.test(file)) return { policyFile: file.replace(testName, ".$1"), testFile: file };
  if (policyName.test(file)) return { policyFile: file, testFile: file.replace(policyName, ".test.$1") };
  return { policyFile: file, testFile: `${file}.test.yaml` };
}

export function isTestFile(file: string): boolean {
  return testName.test(file);
}

export function exists(file: string): boolean {
  return existsSync(file);
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${whyOf(error)}`);
  }
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Every policy in a folder and in those below it, by name, each once. */
export function policiesIn(folder: string): readonly PolicyFiles[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.ya?ml$/.test(name));
  const root = folder.replace(/[\\/]+$/, "");
  const files = names.sort().map((name) => policyFilesOf(`${root}/${name}`));
  return [...new Map(files.map((one) => [one.policyFile, one])).values()];
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder; name the files in it",
  EACCES: "you may not read it",
};

function whyOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons[code] ?? (code || String(error));
}
