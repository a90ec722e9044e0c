import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { policySchema } from "../src/policy/schema.ts";
import { policyTestSchema } from "../src/policy/test-schema.ts";
import { run, scratch } from "./cli/terminal.ts";
import { faultsOf } from "./policy/build.ts";

const page = readFileSync(join(import.meta.dirname, "..", "docs", "policy-guide.md"), "utf8");
const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, kind = "", text = ""]) => ({ kind, text }));
const ajv = new Ajv({ strictRequired: false, allowUnionTypes: true });
for (const forEditors of ["patternErrorMessage", "defaultSnippets"]) ajv.addKeyword(forEditors);
const isPolicy = ajv.compile(policySchema());
const isTest = ajv.compile(policyTestSchema());

/** A policy on the page that is there for its mistakes; the page shows what the check says to it. */
const wrong = "wrong.yaml";

/** Whoever learns from the guide types what stands there: its files are written, checked and run, and so are its commands. */
describe("docs/policy-guide.md", () => {
  const folder = scratch();
  const here = process.cwd();
  let printed = "";
  before(() => process.chdir(folder.path(".")));
  after(() => process.chdir(here));

  it("was read: every policy but the wrong one has its tests", () => {
    const names = blocks.filter(({ kind }) => kind === "yaml").map(({ text }) => nameOf(text));
    const policies = names.filter((name) => !name.endsWith(".test.yaml"));
    const tests = names.filter((name) => name.endsWith(".test.yaml"));
    assert.equal(policies.length, 12);
    assert.deepEqual(
      tests.map((name) => name.replace(".test.", ".")),
      policies.filter((name) => name !== wrong),
    );
  });

  for (const { kind, text } of blocks) {
    if (kind === "yaml") {
      const name = nameOf(text);
      it(`has ${name}, which keeps what it promises`, async () => {
        await folder.file(name, text);
        if (name === wrong) return;
        await (name.endsWith(".test.yaml") ? keepsItsPromises(name, text) : isInOrder(text));
      });
    } else if (kind === "sh") {
      it(`has the command ${text.trim()}`, async () => {
        printed = await runLine(text.trim());
      });
    } else {
      it("shows what this prints", () => assert.equal(printed, text));
    }
  }
});

/** The second line of a file on the page names it; the first is for the editor. */
function nameOf(text: string): string {
  const named = /^# yaml-language-server: \$schema=(test-)?schema\.json\n# (\S+\.yaml)\n/.exec(text);
  assert.ok(named?.[2], `no name: ${text.slice(0, 80)}`);
  assert.equal(named[1] !== undefined, named[2].endsWith(".test.yaml"), `${named[2]} names the other schema`);
  return named[2];
}

function isInOrder(text: string): void {
  assert.ok(isPolicy(parse(text)), JSON.stringify(isPolicy.errors));
  assert.deepEqual(faultsOf(text, { now: Date.parse("2026-11-24") }), []);
}

async function keepsItsPromises(name: string, text: string): Promise<void> {
  assert.ok(isTest(parse(text)), JSON.stringify(isTest.errors));
  const { code, out } = await run(["policy", "test", name]);
  assert.equal(code, 0, out);
  assert.match(out, /^[1-9]\d* passed, 0 failed\n$/m, "some rule is never true");
  assert.doesNotMatch(out, /never true/);
}

async function runLine(line: string): Promise<string> {
  const [said = "", expected = "0"] = line.split(" # exit code ");
  const words = said.replace(/^npm run --silent plgate -- /, "").split(" ");
  const { code, out, err } = await run(words);
  assert.equal(String(code), expected, `${out}${err}`);
  return out;
}
