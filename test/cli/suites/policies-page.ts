import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { LocalStack } from "../local-stack.ts";
import { paymentsHistory } from "../payments-history.ts";
import { run, scratch } from "../terminal.ts";

const page = readFileSync(join(import.meta.dirname, "..", "..", "..", "docs", "policies.md"), "utf8");
const command = /^npm run --silent plgate -- (.+)$/;

/** The page for operators: its files are written, its commands run in order, and what it shows is what they print. */
export function policiesPageSuite({ local, storage }: LocalStack): void {
  describe("docs/policies.md", () => {
    const folder = scratch();
    const here = process.cwd();
    let printed = "";
    before(() => process.chdir(folder.path(".")));
    after(() => process.chdir(here));

    const steps = stepsOf(page);
    // The page has a past to look at: requests that its first policy judged.
    before(() => paymentsHistory(storage(), steps.find(({ kind }) => kind === "file")?.text ?? ""));
    it("was read", () => {
      const counts = ["file", "command", "answer"].map((kind) => steps.filter((step) => step.kind === kind).length);
      assert.deepEqual(counts, [6, 26, 13]);
    });

    const act: Readonly<Record<Step["kind"], (text: string, name?: string) => Promise<void>>> = {
      file: async (text, name) => void (await folder.file(name ?? nameIn(text), text)),
      command: async (text) => {
        printed = await runLine(text, local());
      },
      answer: async (text) => assert.equal(withOneTime(printed), withOneTime(text)),
    };
    for (const { kind, text, name } of steps) it(titleOf(kind, text, name), () => act[kind](text, name));
  });
}

function titleOf(kind: Step["kind"], text: string, name: string | undefined): string {
  if (kind === "answer") return "shows what this prints";
  return kind === "file" ? `has the file ${name ?? nameIn(text)}` : `has the command ${text}`;
}

type Step = {
  readonly kind: "file" | "command" | "answer";
  readonly text: string;
  /** Of a file that cannot name itself. */
  readonly name?: string | undefined;
};

function stepsOf(text: string): readonly Step[] {
  return [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].flatMap(
    ([, kind, name, block = ""]): readonly Step[] => {
      if (kind === "csv") return [{ kind: "file", text: block, name }];
      if (kind === "yaml") return [{ kind: "file", text: block }];
      if (kind === "text") return [{ kind: "answer", text: block }];
      return block.split("\n").flatMap((line) => {
        const text = command.exec(line)?.[1];
        return text === undefined ? [] : [{ kind: "command", text }];
      });
    },
  );
}

/** The first line of a file on the page names it. */
function nameIn(text: string): string {
  return /^# (policies\/\S+\.yaml)\n/.exec(text)?.[1] ?? "without a name";
}

async function runLine(line: string, local: readonly string[]): Promise<string> {
  const [said = "", expected = "0"] = line.split(" # exit code ");
  const words = [...said.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare = ""]) => quoted ?? bare);
  const { code, out, err } = await run(words.flatMap((word) => (word === "--local" ? local : [word])));
  assert.equal(String(code), expected, `${out}${err}`);
  return out;
}

function withOneTime(text: string): string {
  return text.replace(/\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, "2026-11-24T10:00:00.000Z");
}
