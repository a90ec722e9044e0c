import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";

/*
 * `npm test`: every test, at least two files at a time. Most of what they take is waiting (for storage, ARM's clocks, processes), and
 * Node's own choice on a machine with two processors is one file.
 */
const files = ["test/**/*.test.ts", "local/**/*.test.ts"];
const atOnce = Math.max(2, availableParallelism() - 1);
const options = ["--test", "--test-timeout=300000", `--test-concurrency=${atOnce}`];
const child = spawn(process.execPath, [...options, ...files], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
