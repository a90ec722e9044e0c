import { Console } from "node:console";
import { parseArgs } from "node:util";
import { startHost } from "./host.ts";

/**
 * Runs a functions host as a process of its own. Arguments:
 *   --app-dir DIR            folder with host.json and package.json (required)
 *   --state-dir DIR          timer status files (required)
 *   --main GLOB              files that hold the functions; default package.json's main
 *   --port N                 default 7071; --strict-port refuses another
 *   --environment NAME       Development (default) or Production
 *   --no-key-checks          open every route
 *   --queue-lease-seconds N  default 600
 * Environment, because it is secret: AzureWebJobsStorage (required), FUNCTIONS_HOST_MASTER_KEY, FUNCTIONS_HOST_EVENTGRID_KEY,
 * FUNCTIONS_HOST_FUNCTION_KEY (random if unset, and then known to nobody). All other variables are the app's settings.
 *
 * Prints one line on stdout when ready, `{"ready":true,"url":…,"port":…}`, and exits 1 with the reason on stderr if it cannot start.
 * SIGTERM and SIGINT stop it gracefully.
 */
const { values } = parseArgs({
  options: {
    "app-dir": { type: "string" },
    "state-dir": { type: "string" },
    main: { type: "string" },
    port: { type: "string" },
    "strict-port": { type: "boolean" },
    environment: { type: "string" },
    "no-key-checks": { type: "boolean" },
    "queue-lease-seconds": { type: "string" },
  },
});

// stdout belongs to the ready line; what the app prints is log.
globalThis.console = new Console(process.stderr, process.stderr);

try {
  const environment = values.environment === "Production" ? "Production" : "Development";
  process.env["AZURE_FUNCTIONS_ENVIRONMENT"] ??= environment;
  const host = await startHost({
    appDir: required(values["app-dir"], "--app-dir"),
    stateDir: required(values["state-dir"], "--state-dir"),
    storageConnectionString: required(process.env["AzureWebJobsStorage"], "AzureWebJobsStorage"),
    environment,
    strictPort: values["strict-port"] ?? false,
    keyChecks: values["no-key-checks"] !== true,
    log: (line) => console.error(line),
    keys: givenKeys(),
    ...(values.main === undefined ? {} : { main: values.main }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values["queue-lease-seconds"] === undefined
      ? {}
      : { queueLeaseSeconds: Number(values["queue-lease-seconds"]) }),
  });
  const stop = (): void => {
    host.stop().then(() => process.exit(0), fail);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.stdout.write(`${JSON.stringify({ ready: true, url: host.url, port: host.port })}\n`);
} catch (error) {
  fail(error);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(1);
}

function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new Error(`${name} is required`);
  return value;
}

function givenKeys(): Record<string, string> {
  const variables = { master: "MASTER", eventGrid: "EVENTGRID", function: "FUNCTION" };
  const pairs = Object.entries(variables).map(([key, name]) => [key, process.env[`FUNCTIONS_HOST_${name}_KEY`]]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}
