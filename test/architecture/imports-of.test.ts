import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { importsOf } from "./imports-of.ts";

describe("importsOf", () => {
  const cases: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    "a value": ['import { a } from "./a.ts";', ["./a.ts"]],
    "a type": ['import type { A } from "./a.ts";', ["./a.ts"]],
    "names over several lines": ['import {\n  a,\n  b,\n} from "./a.ts";', ["./a.ts"]],
    "everything of a module": ['import * as a from "a";', ["a"]],
    "a side effect": ['import "./a.ts";', ["./a.ts"]],
    "re-exports": [
      'export { a } from "./a.ts";\nexport * from "b";\nexport type { C } from "c";',
      ["./a.ts", "b", "c"],
    ],
    JSON: ['import a from "./a.json" with { type: "json" };', ["./a.json"]],
    "the type of a module": ['type A = import("./a.ts").A;', ["./a.ts"]],
    "a module at run time": ['const a = await import("./a.ts");', ["./a.ts"]],
    "no export of a text": ['export const a = "./a.ts";', []],
    "no comment": ['// import("./a.ts")\n/*\nimport "./b.ts";\n*/', []],
    "what follows a text with slashes": ['const a = "https://a"; import("./a.ts");', ["./a.ts"]],
  };
  for (const [name, [source, expected]] of Object.entries(cases)) {
    it(`finds ${name}`, () => {
      const { imports, hidden } = importsOf(source);
      assert.deepEqual([imports.map(({ specifier }) => specifier), hidden], [expected, []]);
    });
  }

  for (const source of ["await import(name)", "await import(`./a.ts`)", 'require("fs")', "createRequire(url)"]) {
    it(`calls hidden: ${source}`, () => assert.deepEqual(importsOf(source), { imports: [], hidden: [1] }));
  }

  it("tells the line", () => {
    assert.deepEqual(importsOf('/* one\ntwo */\nimport "./a.ts";').imports, [{ specifier: "./a.ts", line: 3 }]);
  });
});
