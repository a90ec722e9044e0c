/**
 * Preloaded into the Azurite process: ends it when whoever started it is gone, even by SIGKILL.
 *
 * The parent holds the other end of our standard input and never writes to it, so its end means that the parent died.
 * SIGTERM to ourselves lets Azurite save what is on disk; a shutdown that hangs is cut off.
 */
const shutdownBoundMs = 10_000;

process.stdin.once("close", () => {
  process.kill(process.pid, "SIGTERM");
  setTimeout(() => process.exit(1), shutdownBoundMs).unref();
});
process.stdin.resume();
// Standard input alone must not keep a stopped Azurite alive.
if ("unref" in process.stdin && typeof process.stdin.unref === "function") process.stdin.unref();
