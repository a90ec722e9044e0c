import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import { checkedVariables } from "../../infra/settings.ts";

const root = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");

describe("azd", () => {
  const azure = parse(text("azure.yaml")) as {
    services: Record<string, { remoteBuild: boolean; project: string }>;
    hooks: Record<string, Record<string, { run: string; interactive?: boolean; continueOnError?: boolean }>>;
  };

  it("finds the app by the tag that the template gives it, and builds nothing in Azure", () => {
    const [[name, service] = []] = Object.entries(azure.services);
    assert.match(text("infra/modules/function-app.bicep"), new RegExp(`'azd-service-name': '${name}'`));
    assert.deepEqual(
      { project: service?.project, remoteBuild: service?.remoteBuild },
      { project: ".", remoteBuild: false },
    );
  });

  const scripts = {
    preprovision: "infra/before-provision.ts",
    postprovision: "infra/after-provision.ts",
    postdeploy: "infra/after-deploy.ts",
    predown: "infra/before-down.ts",
    postdown: "infra/after-down.ts",
  };

  it("runs the same script on every system at each of its steps", () => {
    const runs = Object.entries(azure.hooks).map(([hook, systems]) => [
      hook,
      systems["posix"]?.run,
      systems["windows"]?.run,
    ]);
    const wanted = Object.entries(scripts).map(([hook, script]) => [
      hook,
      `npx --no node ${script}`,
      `npx --no node ${script}`,
    ]);
    assert.deepEqual(runs, wanted);
    for (const script of Object.values(scripts)) assert.ok(existsSync(join(root, script)), script);
  });

  it("asks no question in a script, which would wait for ever in a pipeline, and goes on after no failure", () => {
    for (const system of Object.values(azure.hooks).flatMap((systems) => Object.values(systems))) {
      assert.deepEqual([system.interactive, system.continueOnError], [undefined, undefined]);
    }
  });

  it("says in a script that nothing can be done, instead of failing with a stack, when nothing is there", () => {
    const env = { PATH: "/nowhere", HOME: "/nowhere" };
    for (const script of Object.values(scripts)) {
      const ran = spawnSync(process.execPath, [script], { cwd: root, env, encoding: "utf8" });
      assert.equal(ran.stderr, "", script);
      assert.ok(ran.stdout.length > 20, script);
    }
  });

  it("passes only parameters that main.bicep declares, and each one there is described", () => {
    const declared = [...text("infra/main.bicep").matchAll(/(@description\([^@]*?)?(?:@[^\n]*\n)*^param (\w+)/gm)];
    const passed = Object.keys((JSON.parse(text("infra/main.parameters.json")) as { parameters: object }).parameters);
    assert.deepEqual(
      passed.filter((name) => !declared.some((match) => match[2] === name)),
      [],
    );
    assert.deepEqual(
      declared.filter((match) => !match[1]).map((match) => match[2]),
      [],
    );
  });
});

describe("docs/deploy.md", () => {
  it("explains each variable that azd passes, but for those that azd sets itself", () => {
    const variables = [...text("infra/main.parameters.json").matchAll(/\$\{(\w+)/g)].map((match) => match[1] ?? "");
    assert.ok(variables.length > 0, "main.parameters.json passes no variable");
    const ours = [...variables, ...checkedVariables].filter(
      (name) => !["AZURE_ENV_NAME", "AZURE_LOCATION"].includes(name),
    );
    const explained = [...text("docs/deploy.md").matchAll(/^\| `(\w+)`/gm)].map((match) => match[1]);
    assert.deepEqual(
      ours.filter((name) => !explained.includes(name)),
      [],
    );
    assert.deepEqual(
      explained.filter((name) => name?.startsWith("PLGATE_") && !ours.includes(name)),
      [],
    );
  });

  it("gives each of them the default that azd gives", () => {
    const rows = new Map(
      [...text("docs/deploy.md").matchAll(/^\| `(\w+)`\s*\| ([^|]*)\|/gm)].map((row) => [row[1], row[2] ?? ""]),
    );
    for (const [, name = "", value = ""] of text("infra/main.parameters.json").matchAll(/\$\{(\w+)=([^}]+)\}/g)) {
      assert.match(rows.get(name) ?? "", new RegExp(`^\`${value}\``), name);
    }
  });
});

describe("the package that is deployed", () => {
  const patterns = text(".funcignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));

  // Only forms that azd (gitignore) and Core Tools (anchored prefixes) read alike.
  function ignores(pattern: string, name: string): boolean {
    const [, start, end] = /^\/(\.?[\w.-]*)(\*(?:\.\w+)?|\/\*)?$/.exec(pattern) ?? assert.fail(`form of ${pattern}`);
    if (end === "/*") return name === start;
    if (end === undefined) return name === start;
    return name.startsWith(start ?? "") && name.endsWith(end.slice(1));
  }

  function topLevel(): readonly string[] {
    try {
      const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", stdio: "pipe" });
      return [...new Set(tracked.split("\0").map((path) => path.split("/")[0] ?? ""))].filter(Boolean);
    } catch {
      return readdirSync(root);
    }
  }

  it("is host.json, package.json and dist, nothing else", () => {
    const made = [
      "dist",
      "lib",
      "node_modules",
      "coverage",
      ".local",
      ".azure",
      "local.settings.json",
      "npm-debug.log",
    ];
    const left = [...new Set([...topLevel(), ...made])].filter((name) => !patterns.some((one) => ignores(one, name)));
    assert.deepEqual(left.sort(), ["dist", "host.json", "package.json"]);
  });

  it("leaves out what is in node_modules, not the folder: azd refuses that without a build in Azure", () => {
    assert.deepEqual(
      patterns.filter((pattern) => pattern.includes("node_modules")),
      ["/node_modules/*"],
    );
  });
});
