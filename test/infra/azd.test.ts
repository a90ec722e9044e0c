import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");
const text = (path: string) => readFileSync(join(root, path), "utf8");

describe("azd", () => {
  const azure = parse(text("azure.yaml")) as {
    services: Record<string, { remoteBuild: boolean; project: string }>;
    hooks: { postdeploy: Record<string, { run: string }> };
  };

  it("finds the app by the tag that the template gives it, and builds nothing in Azure", () => {
    const [[name, service] = []] = Object.entries(azure.services);
    assert.match(text("infra/modules/function-app.bicep"), new RegExp(`'azd-service-name': '${name}'`));
    assert.deepEqual(
      { project: service?.project, remoteBuild: service?.remoteBuild },
      { project: ".", remoteBuild: false },
    );
  });

  it("runs a script that exists after the deployment, on every system", () => {
    for (const { run } of Object.values(azure.hooks.postdeploy)) {
      assert.ok(existsSync(join(root, run.split(" ").at(-1) ?? "")), run);
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
    const ours = variables.filter((name) => !["AZURE_ENV_NAME", "AZURE_LOCATION"].includes(name));
    assert.deepEqual(
      ours.filter((name) => !text("docs/deploy.md").includes(`\`${name}\``)),
      [],
    );
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
