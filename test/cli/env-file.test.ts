import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { envChanges, envLine, formatChanges, readEnv, withChanges } from "../../src/cli/env-file.ts";

describe("The environment file of azd", () => {
  const lines: Readonly<Record<string, readonly [text: string, value: string]>> = {
    "has its values in double quotes": ['A="x"', "x"],
    "escapes what a shell would act on": ['A="a \\"b\\" \\$c \\`d\\` \\!e \\\\f"', 'a "b" $c `d` !e \\f'],
    "keeps a line end in one line": ['A="x\\ny"', "x\ny"],
    "may have numbers without quotes": ["A=30", "30"],
    "may have single quotes, in which nothing is escaped": ["A='$x \\n'", "$x \\n"],
    "may say export, and have a comment behind": ["export A=x # why", "x"],
    "may be empty": ['A=""', ""],
  };
  for (const [name, [text, value]] of Object.entries(lines)) {
    it(name, () => assert.deepEqual([...readEnv(text)], [["A", value]]));
  }

  it("is read back as it was written, whatever the value", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((text) => !/[\u0085\u2028\u2029]/.test(text)),
        (value) => {
          assert.equal(readEnv(envLine("A", value)).get("A"), value);
        },
      ),
    );
  });

  it("gets what is new at its end, by name, and what is changed at its place", () => {
    const before = '# mine\nB="old"\nZ="kept"\n';
    const wanted = new Map([
      ["B", "new"],
      ["Z", "kept"],
      ["Y", "2"],
      ["C", "1"],
      ["EMPTY", ""],
    ]);
    const changes = envChanges(before, wanted);
    assert.equal(formatChanges(changes), '  - B="old"\n  + B="new"\n  + Y="2"\n  + C="1"\n');
    assert.equal(withChanges(before, changes), '# mine\nB="new"\nZ="kept"\nC="1"\nY="2"\n');
    assert.deepEqual(envChanges(withChanges(before, changes), wanted), []);
  });

  it("is made when there is none", () => {
    assert.equal(withChanges("", envChanges("", new Map([["A", "1"]]))), 'A="1"\n');
  });

  it("can be emptied of a value", () => {
    const changes = envChanges('A="x"\n', new Map([["A", ""]]));
    assert.equal(withChanges('A="x"\n', changes), 'A=""\n');
  });
});
