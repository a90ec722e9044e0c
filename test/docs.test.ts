import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { z } from "zod";

const root = join(import.meta.dirname, "..");
const pages: string[] = [];
for await (const page of glob(["*.md", "docs/**/*.md", "infra/**/*.md"], { cwd: root })) pages.push(page);
pages.sort();
const packageJson = z.object({ scripts: z.record(z.string(), z.string()) });
const { scripts } = packageJson.parse(JSON.parse(await readFile(join(root, "package.json"), "utf8")));

describe("The pages", () => {
  it("are found", () => assert.ok(pages.includes("README.md") && pages.length > 10, String(pages)));

  for (const page of pages) {
    it(`${page} links to what is there`, async () => {
      const text = await read(page);
      const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
      const missing = targets.filter((target) => !isThere(page, target, text));
      assert.deepEqual(missing, []);
    });

    it(`${page} names npm scripts that exist`, async () => {
      const text = await read(page);
      const named = [...text.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
      assert.deepEqual(
        [...new Set(named)].filter((name) => !(name in scripts)),
        [],
      );
    });
  }
});

describe("A decision record", () => {
  const records = pages.filter((page) => page.startsWith("docs/adr/"));

  it("has the next number", () => {
    const numbers = records.map((page) => Number(/\/(\d{4})-/.exec(page)?.[1]));
    assert.deepEqual(
      numbers,
      records.map((_, index) => index + 1),
    );
  });

  for (const page of records) {
    it(`${page} has date, status, context, decision and consequences, on one page`, async () => {
      const text = await read(page);
      assert.match(
        text,
        new RegExp(`^# ${/\d{4}/.exec(page)} \\S.+\\n\\nDate: \\d{4}-\\d\\d-\\d\\d\\. Status: \\w.+\\.\\n`),
      );
      assert.deepEqual(text.match(/^## .+$/gm), ["## Context", "## Decision", "## Consequences"]);
      assert.ok(text.split("\n").length <= 60);
    });
  }
});

function read(page: string): Promise<string> {
  return readFile(join(root, page), "utf8");
}

/** Addresses of the web are not asked; a mark within a page has to be one of its headings. */
function isThere(page: string, target: string, text: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [path = "", mark] = target.split("#");
  if (path !== "") return existsSync(join(root, dirname(page), path));
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);
  return headings.some((heading) => markOf(heading) === mark);
}

function markOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-");
}
