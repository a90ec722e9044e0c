import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isObject, objectIn } from "./exchange.ts";

const usage = `Prints a bearer token that the running local stack accepts.

  npm run --silent local:token -- --user NAME [--roles ROLE,…] [--groups ID,…]

  --user NAME      one of the seeded users; any other name is a guest without roles
  --roles ROLE,…   app roles, for example Approver,Reader; the user's own when left out
  --groups ID,…    Entra group ids; the user's own when left out
  --state FILE     where the stack says where it is; .local/state.json when left out
  --help           this text

The stack must be running: start it by "npm start".
`;

/** What the user can put right; printed without a stack trace. */
class Refusal extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

type Control = { readonly url: string; readonly secret: string };

const defaultStateFile = join(import.meta.dirname, "..", ".local", "state.json");
const answerBoundMs = 10_000;

async function main(): Promise<void> {
  const options = readArguments();
  if (options.help) return void process.stdout.write(usage);
  if (!options.user) throw new Refusal(`--user is missing\n\n${usage}`, 2);
  const control = await findControl(options.state ?? defaultStateFile);
  const token = await mint(control, {
    user: options.user,
    ...(options.roles === undefined ? {} : { roles: listOf(options.roles) }),
    ...(options.groups === undefined ? {} : { groups: listOf(options.groups) }),
  });
  process.stdout.write(`${token}\n`);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        user: { type: "string" },
        roles: { type: "string" },
        groups: { type: "string" },
        state: { type: "string" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${usage}`, 2);
  }
}

function listOf(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}

async function findControl(stateFile: string): Promise<Control> {
  const state = objectIn(await readState(stateFile));
  if (!state) throw new Refusal(`${stateFile} is not a JSON object; start the stack again by "npm start"`);
  const { pid, issuer } = state;
  if (typeof pid !== "number" || !isAlive(pid)) {
    throw new Refusal(`the local stack of ${stateFile} (process ${pid}) is gone; start it by "npm start"`);
  }
  const { controlUrl, controlSecret } = isObject(issuer) ? issuer : {};
  if (typeof controlUrl !== "string" || typeof controlSecret !== "string") {
    throw new Refusal(`${stateFile} does not say where the token issuer is (issuer.controlUrl, issuer.controlSecret)`);
  }
  // The secret mints tokens for anybody, so it never leaves this machine.
  if (URL.parse(controlUrl)?.hostname !== "127.0.0.1")
    throw new Refusal(`${controlUrl} in ${stateFile} is not on loopback`);
  return { url: controlUrl, secret: controlSecret };
}

async function readState(stateFile: string): Promise<string> {
  try {
    return await readFile(stateFile, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      throw new Refusal(`no local stack is running (there is no ${stateFile}); start it by "npm start"`);
    }
    throw cause;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // A process of another user is alive, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function mint({ url, secret }: Control, wish: object): Promise<string> {
  const answer = await fetch(`${url}/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify(wish),
    signal: AbortSignal.timeout(answerBoundMs),
  }).catch((cause: unknown) => {
    throw new Refusal(`the token issuer at ${url} does not answer (${cause}); start the stack again by "npm start"`);
  });
  const { token, error } = objectIn(await answer.text()) ?? {};
  if (typeof token !== "string") throw new Refusal(`the token issuer refuses: ${error ?? `HTTP ${answer.status}`}`);
  return token;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  process.stderr.write(`local:token: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
