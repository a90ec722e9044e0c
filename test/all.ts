import { spawn } from "node:child_process";
import { glob } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join, matchesGlob } from "node:path";

/*
 * `npm test`: every test, at least two files at a time. Most of what they take is waiting (for storage, ARM's clocks, processes), and
 * Node's own choice on a machine with two processors is one file.
 *
 *   node test/all.ts                 every test
 *   node test/all.ts --covered       those that count for the coverage of src/, with the least that it has to be
 *   node test/all.ts --not-covered   the others: with --covered beside it, every test is played once
 */
const coveredFolders = [
  ...["azure", "cli", "connection", "console", "contracts", "http", "infra", "intake", "ledger", "link-id"],
  ...["openapi", "policy", "requests", "runtime", "teams", "workflow"],
];
const covered = `test/{${coveredFolders.join(",")}}/**/*.test.ts`;
const coverage = [
  ...["--experimental-test-coverage", "--test-coverage-include=src/**/*.ts"],
  ...["--test-coverage-lines=90", "--test-coverage-branches=85"],
];
const root = join(import.meta.dirname, "..");
const [which] = process.argv.slice(2);
if (which !== undefined && which !== "--covered" && which !== "--not-covered") throw new Error(`${which} is no choice`);

const files: string[] = [];
for await (const name of glob(["test/**/*.test.ts", "local/**/*.test.ts"], { cwd: root })) {
  if (which === undefined || matchesGlob(name, covered) === (which === "--covered")) files.push(name);
}
if (files.length < 20) throw new Error(`only ${files.length} files of tests were found`);

// Those for coverage go beside the others, one at a time where there are two processors.
const atOnce = Math.max(which === "--covered" ? 1 : 2, availableParallelism() - 1);
const options = ["--test", "--test-timeout=300000", `--test-concurrency=${atOnce}`];
const args = [...options, ...(which === "--covered" ? coverage : []), ...files.sort()];
const child = spawn(process.execPath, args, { stdio: "inherit", cwd: root });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
