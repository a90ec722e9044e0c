import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { z } from "zod";
import { readBiomeRules } from "./biome-rules.ts";
import { filesOf, groupOf, mayImport } from "./may-import.ts";
import { root } from "./source-files.ts";

const rules = await readBiomeRules();

describe("biome.json", () => {
  it("forbids what the table does not name", () => {
    const expected = Object.keys(mayImport).map((room) => ({ files: [filesOf(room)], group: groupOf(room) }));
    assert.deepEqual(
      rules.map(({ files, group }) => ({ files, group })),
      expected,
    );
  });

  for (const { files, message } of rules) {
    it(`says what to do instead in ${files}`, () => assert.match(message, /^\S.{60,}\.$/));
  }
});

describe("Biome itself", () => {
  let house: string;
  let said: readonly Complaint[];
  before(async () => {
    house = await mkdtemp(join(tmpdir(), "house-"));
    await cp(join(root, "biome.json"), join(house, "biome.json"));
    for (const room of Object.keys(mayImport)) await put(house, sampleOf(room), sampleText(room));
    said = await lint(house);
  });
  after(() => rm(house, { recursive: true, force: true }));

  for (const room of Object.keys(mayImport)) {
    it(`lets ${room} import what its row names and refuses the rest, types included`, () => {
      const lines = said.filter(({ location }) => location.path === sampleOf(room)).map(({ message }) => message);
      const { message } = rules.find(({ files }) => files[0] === filesOf(room)) ?? {};
      assert.deepEqual(
        lines,
        forbidden.map(() => message),
      );
    });
  }
});

const forbidden = ["left-pad", "node:child_process", "../../local/start.ts"];

function sampleOf(room: string): string {
  return filesOf(room).replace("**", "sample.ts");
}

/** A file with everything that the row names, followed by what no room may import. */
function sampleText(room: string): string {
  const allowed = groupOf(room)
    .filter((name) => name.startsWith("!"))
    .map((name) => name.slice(1).replace(/\*+$/, "any.ts"));
  return [
    ...allowed.map((name) => `import "${name}";`),
    ...forbidden.map((name) => `import type * as a from "${name}";`),
  ].join("\n");
}

async function put(folder: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

const complaint = z.object({ category: z.string(), message: z.string(), location: z.object({ path: z.string() }) });
type Complaint = z.infer<typeof complaint>;

async function lint(folder: string): Promise<readonly Complaint[]> {
  const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
  const options = [
    "lint",
    "--colors=off",
    "--vcs-enabled=false",
    "--only=style/noRestrictedImports",
    "--max-diagnostics=none",
    "--reporter=json",
  ];
  const report = await new Promise<string>((resolve) => {
    // It ends with 1 because it finds something; what it found is what counts.
    execFile(process.execPath, [biome, ...options], { cwd: folder }, (_error, stdout) => resolve(stdout));
  });
  return z.object({ diagnostics: z.array(complaint) }).parse(JSON.parse(report)).diagnostics;
}
