import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { buildApp, lateRegistration } from "../../build-app.ts";
import { type Registered, registeredBy } from "./registered.ts";

/*
 * A trigger cannot change unseen: what the app registers is compared with functions.json, from the sources and from the bundle.
 * `npm run golden:update` writes the file anew; the difference is then read with the change that made it.
 */
const root = join(import.meta.dirname, "..", "..");
const goldenFile = join(import.meta.dirname, "functions.json");
const howToAccept = "If that is meant: npm run golden:update, and commit test/golden/functions.json with the change.";

const sources = await registeredBy(root, "functions/*.ts");
if (process.argv.includes("--update")) await writeFile(goldenFile, `${JSON.stringify(sources, null, 2)}\n`);
const golden: Registered = JSON.parse(await readFile(goldenFile, "utf8"));
const dir = await mkdtemp(join(tmpdir(), "plgate-golden-"));
after(() => rm(dir, { recursive: true, force: true }));
await writeFile(join(dir, "package.json"), JSON.stringify({ type: "module" }));
const built = await buildApp(dir);
const bundle = await registeredBy(dir, "functions/*.js");

describe("What the app registers", () => {
  it("is what the golden file holds", () => {
    const changes = changesBetween(golden, sources);
    assert.ok(changes.length === 0, [...changes, howToAccept].join("\n"));
  });

  it("is the same in the deployed bundle", () => {
    assert.deepEqual(changesBetween(sources, bundle), []);
  });

  it("is registered with next to nothing loaded: what a function needs is loaded when it is called", () => {
    const own = built.inputsAtStart.filter((name) => /^(src|functions)\//.test(name)).sort();
    assert.deepEqual(own, ["functions/setup.ts", "functions/triggers.ts", "src/open-app.ts"]);
    assert.ok(built.atStart <= 120, `${built.atStart} KB are loaded before the first call`);
  });
});

describe("A change of what is registered", () => {
  const timer = { bindings: [{ type: "timerTrigger", schedule: "0 * * * * *" }] };
  const host = { extensions: { queues: { batchSize: 8 } } };
  const was: Registered = { functions: { sweep: timer }, hooks: { appStart: 0 }, host };
  const cases: Readonly<Record<string, readonly [Registered, RegExp]>> = {
    "a new function is named": [{ ...was, functions: { sweep: timer, more: timer } }, /^function more is new: /],
    "a lost one is named": [{ ...was, functions: {} }, /^function sweep is gone/],
    "another schedule is told with both": [
      { ...was, functions: { sweep: { bindings: [{ type: "timerTrigger", schedule: "0 0 * * * *" }] } } },
      /^function sweep was .*"0 \* \* \* \* \*".* and is .*"0 0 \* \* \* \*"/,
    ],
    "a hook is told": [{ ...was, hooks: { appStart: 1 } }, /^hook appStart was 0 and is 1/],
    "host.json is told": [{ ...was, host: { extensions: { queues: { batchSize: 1 } } } }, /^host.json extensions was /],
  };
  for (const [name, [is, expected]] of Object.entries(cases)) {
    it(name, () => {
      const [change = "", ...more] = changesBetween(was, is);
      assert.deepEqual(more, []);
      assert.match(change, expected);
    });
  }
});

describe("A trigger that the build cannot take apart", () => {
  const handler = "export const sweep = async () => {};\n";
  const cases = {
    "registers two functions": `${handler}app.timer("a", { handler: sweep });\napp.timer("b", { handler: sweep });\n`,
    "registers none": handler,
    "has its handler in the call": `app.timer("a", { handler: async () => {} });\n`,
    "does not export its handler": `const sweep = 1;\napp.timer("a", { handler: sweep });\n`,
    "sets up the app beside": `${handler}app.timer("a", { handler: sweep });\napp.setup({});\n`,
    "is of a kind that nobody thought of": `${handler}app.cosmosDB("a", { handler: sweep });\n`,
  };
  for (const [name, text] of Object.entries(cases)) {
    it(`fails it: one that ${name}`, () =>
      assert.throws(() => lateRegistration("a.ts", text), /a\.ts is to export one/));
  }
});

/** One line for each difference, which names the function, the hook or the part of host.json. */
function changesBetween(was: Registered, is: Registered): readonly string[] {
  const parts = { function: "functions", hook: "hooks", "host.json": "host" } as const;
  return Object.entries(parts).flatMap(([word, part]) => {
    const names = [...new Set([...Object.keys(was[part]), ...Object.keys(is[part])])].sort();
    return names.flatMap((name) => {
      const [before, now] = [JSON.stringify(was[part][name]), JSON.stringify(is[part][name])];
      if (before === now) return [];
      if (before === undefined) return [`${word} ${name} is new: ${now}`];
      return [now === undefined ? `${word} ${name} is gone` : `${word} ${name} was ${before} and is ${now}`];
    });
  });
}
