import { readFileSync } from "node:fs";
import { startArm } from "./server.ts";
import { quiet, readToken } from "./test-arm.ts";
import { testSeed } from "./test-world.ts";

// A local ARM in a process of its own, so that a test can kill it. Arguments: state file, key file, certificate file, settings.
const [stateFile = "", keyFile = "", certFile = "", settings = "{}"] = process.argv.slice(2);
const arm = await startArm({
  port: 0,
  tls: { key: readFileSync(keyFile, "utf8"), cert: readFileSync(certFile, "utf8") },
  verifyToken: async (jwt) => readToken(jwt),
  seed: testSeed,
  stateFile,
  randomSeed: 7,
  settings: { ...quiet, ...JSON.parse(settings) },
});
console.log(`url ${arm.url}`);
