import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { templates, text } from "./snapshots.ts";

const checks = text("infra/modules/checks.bicep");
const said = text("infra/expected/checks.said");
const asked = text("infra/expected/checks.console").trim().split("\n");
const used = templates.filter((path) => !path.endsWith("checks.bicep"));
const users = used.map(text).join("\n");

describe("the checks of parameters", () => {
  const functions = [...checks.matchAll(/@export\(\)\n@description\([^\n]*\nfunc (\w+)\(/g)].map(
    (match) => match[1] ?? "",
  );
  const refusing = functions.filter((name) => name !== "entries");

  it("are each tried with something good and something bad", () => {
    assert.ok(refusing.length >= 11, `${refusing.length} checks`);
    for (const name of refusing) {
      const tried = asked.filter((line) => line.startsWith(`${name}(`));
      const refused = said.split("\n").filter((line) => line.startsWith(`${name}(`));
      assert.ok(refused.length > 0, `${name} refuses nothing`);
      assert.ok(refused.length < tried.length, `${name} takes nothing`);
    }
  });

  it("say which parameter it is and what stands in it", () => {
    const lines = said.split("\n");
    for (const [at, line] of lines.entries()) {
      if (!line.startsWith("  refused: ")) continue;
      const parameter = /\('(\w+)', '/.exec(lines[at - 1] ?? "")?.[1] ?? "";
      const name = parameter === "public" ? "allowedAddresses" : parameter;
      assert.match(line, new RegExp(`^  refused: ${name}: "[^"]+" `));
    }
  });

  it("were all understood by the compiler", () => {
    assert.doesNotMatch(said, /does not exist|not recognized|~~/);
  });

  it("are asked under the name of the parameter that they look at", () => {
    const calls = [...users.matchAll(/(\w+Of)\(\s*'(\w+)',\s*(\w+)/g)];
    assert.ok(calls.length >= 20, `${calls.length} calls`);
    for (const [call, , name, value] of calls) assert.equal(name, value, call);
  });

  it("look at every id that a template takes", () => {
    const ids = /^param (\w*(?:Id|Ids|Audience|Reviewers|Subscriptions|Groups))\b string/gm;
    for (const path of ["main", "rights", "watch", "estate", "lighthouse"].map((name) => `infra/${name}.bicep`)) {
      const template = text(path);
      for (const [, name = ""] of template.matchAll(ids)) {
        const passedOn = path.endsWith("estate.bicep") && new RegExp(`${name}: ${name}$`, "m").test(template);
        assert.ok(passedOn || new RegExp(`Of\\(\\s*'${name}'`).test(template), `${path}: ${name} is not checked`);
      }
    }
  });
});
