import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/**
 * Evaluates sample deployments (`*.bicepparam`) with the Bicep compiler and compares each with the snapshot beside it.
 *
 * For compile.sh. `bicep snapshot` does the same for one file and takes seconds to start; this keeps one compiler for all.
 *
 *   node infra/evaluate.ts <bicep> check|update <file>...
 *
 * Prints a line for each file and leaves with 1 where one differs or cannot be evaluated.
 */

/** One compiler that answers over its standard streams (JSON-RPC with headers, as language servers speak it). */
class Compiler {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #waiting = new Map<number, (answer: unknown) => void>();
  #received = Buffer.alloc(0);
  #last = 0;

  constructor(program: string) {
    this.#process = spawn(program, ["jsonrpc", "--stdio"]);
    this.#process.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#process.stderr.pipe(process.stderr);
    this.#process.on("close", () => {
      for (const answer of this.#waiting.values()) answer({ error: { message: "the compiler has ended" } });
    });
  }

  async call(method: string, params: unknown): Promise<unknown> {
    this.#last += 1;
    const id = this.#last;
    const answer = new Promise<unknown>((answered) => this.#waiting.set(id, answered));
    const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: [params] });
    this.#process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    return answer;
  }

  close(): void {
    this.#process.kill();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (let message = this.#next(); message !== undefined; message = this.#next()) {
      const answer: unknown = JSON.parse(message);
      const id = Number(member(answer, "id"));
      this.#waiting.get(id)?.(answer);
      this.#waiting.delete(id);
    }
  }

  #next(): string | undefined {
    const end = this.#received.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/i.exec(this.#received.subarray(0, Math.max(end, 0)).toString())?.[1]);
    if (end < 0 || this.#received.length < end + 4 + length) return undefined;
    const message = this.#received.subarray(end + 4, end + 4 + length).toString();
    this.#received = this.#received.subarray(end + 4 + length);
    return message;
  }
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

/** Where a sample is deployed, at the scope that its template says. Every id is made up, like those in the samples. */
function scopeOf(file: string): Readonly<Record<string, string>> {
  const template = /^using '(.+)'/m.exec(readFileSync(file, "utf8"))?.[1] ?? "";
  const target = /^targetScope *= *'(\w+)'/m.exec(readFileSync(join(dirname(file), template), "utf8"))?.[1];
  const everywhere = { tenantId: "33333333-3333-3333-3333-333333333333", deploymentName: "sample" };
  const subscriptionId = "44444444-4444-4444-4444-444444444444";
  switch (target) {
    case "managementGroup":
      return { ...everywhere, managementGroupId: "mg-sample", location: "westeurope" };
    case "subscription":
      return { ...everywhere, subscriptionId, location: "westeurope" };
    default:
      return { ...everywhere, subscriptionId, resourceGroup: "rg-sample" };
  }
}

/** What a sample comes out as, or why it does not. */
async function evaluate(
  compiler: Compiler,
  file: string,
): Promise<{ readonly snapshot: string } | { readonly why: string }> {
  const answer = await compiler.call("bicep/getSnapshot", {
    path: resolve(file),
    metadata: scopeOf(file),
    externalInputs: null,
  });
  const snapshot = member(member(answer, "result"), "snapshot");
  if (typeof snapshot === "string") return { snapshot: `${snapshot.trimEnd()}\n` };
  return { why: String(member(member(answer, "error"), "message") ?? "the compiler gave no snapshot") };
}

/** Where two values differ first, as a path with both; nothing when they are the same. The order of members does not count: the compiler's changes. */
function difference(expected: unknown, found: unknown, path = ""): string | undefined {
  if (!(isObject(expected) && isObject(found))) {
    return expected === found ? undefined : `${path}: expected ${print(expected)}, found ${print(found)}`;
  }
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)])) {
    const inside = difference(member(expected, name), member(found, name), `${path}.${name}`);
    if (inside) return inside;
  }
  return undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function print(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 200);
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8").trimEnd();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

/** Compares or writes one snapshot; whether it is as it should be. */
async function settle(compiler: Compiler, file: string, update: boolean): Promise<boolean> {
  const path = file.replace(/\.bicepparam$/, ".snapshot.json");
  const found = await evaluate(compiler, file);
  if ("why" in found) {
    console.log(`FAIL  ${file}\n      ${found.why}`);
    return false;
  }
  const different = difference(JSON.parse(readOrEmpty(path) || "null"), JSON.parse(found.snapshot));
  const isSame = different === undefined;
  if (update && !isSame) writeFileSync(path, found.snapshot);
  const isGood = isSame || update;
  const word = isSame ? "same as" : "wrote";
  console.log(isGood ? `ok    ${word} ${path}` : `FAIL  ${path}\n      ${different}`);
  return isGood;
}

const [program = "bicep", mode = "check", ...samples] = process.argv.slice(2);
const compiler = new Compiler(program);
for (const file of samples) if (!(await settle(compiler, file, mode === "update"))) process.exitCode = 1;
compiler.close();
