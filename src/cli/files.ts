import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
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

export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${whyOf(error)}`);
  }
}

/** The length of a file in bytes. */
export function sizeOf(file: string): number {
  try {
    if (!isFolder(file)) return statSync(file).size;
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${whyOf(error)}`);
  }
  throw new Refusal(`${file} cannot be read: ${reasons["EISDIR"]}`);
}

/** Small, so that who counts what was read knows where reading is, not how far the disk is ahead. */
const pieceBytes = 4096;

/**
 * The text of a file in pieces, without its byte order mark; `seen` is told how many bytes were read. Bytes that are not
 * UTF-8 become U+FFFD, so that one bad row does not cost the others.
 */
export async function* readPieces(file: string, seen: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let first = true;
  for await (const bytes of bytesOf(file)) {
    if (first && isUtf16(bytes)) throw new Refusal(`${file} is UTF-16; save it as UTF-8`);
    first = false;
    seen(bytes.length);
    yield decoder.decode(bytes, { stream: true });
  }
  yield decoder.decode();
}

async function* bytesOf(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of createReadStream(file)) {
      if (!(bytes instanceof Uint8Array)) continue;
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    }
  } catch (error) {
    throw new Refusal(`${file} cannot be read: ${whyOf(error)}`);
  }
}

function isUtf16([one, two]: Uint8Array): boolean {
  return (one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff);
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
