import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { list, member, openOutside, readJson, remember, text } from "../../infra/outside.ts";

describe("the outside of the hooks", () => {
  it("hands values over in files that only their owner reads, and that are gone afterwards", async () => {
    const outside = await openOutside();
    const [one, two] = [await outside.file('{"a":1}'), await outside.file("{}")];
    assert.notEqual(one, two);
    assert.equal(readFileSync(one, "utf8"), '{"a":1}');
    if (process.platform !== "win32") assert.equal(statSync(one).mode & 0o777, 0o600);
    await outside.close();
    assert.ok(!existsSync(one) && !existsSync(two));
  });

  it("keeps a value only where it is another, and says which could not be kept", async () => {
    const kept: (readonly string[])[] = [];
    const azd = async (args: readonly string[]) => {
      kept.push(args);
      return { ok: args[2] !== "BAD", output: "read-only" };
    };
    const environment = { AZURE_ENV_NAME: "prod", SAME: "a b", OTHER: "x", EMPTY: "" };
    const good = await remember(environment, { SAME: "a b", EMPTY: "", OTHER: 'quo"te, and space' }, { azd });
    assert.ok(good.ok);
    assert.deepEqual(kept, [["env", "set", "OTHER", 'quo"te, and space', "--environment", "prod"]]);
    const bad = await remember(environment, { BAD: "1", NEVER: "2" }, { azd });
    assert.deepEqual(bad, { ok: false, output: "azd env set BAD failed.\nread-only" });
    assert.equal(kept.length, 2);
  });

  it("reads answers of any shape without falling over", () => {
    for (const output of ["", "  ", "null", "not json", '"text"', "[]", "{", "WARNING: x\n{}"]) {
      assert.equal(text(readJson(output), "a", "b"), "", output);
    }
    assert.equal(text(readJson('{"a":{"b":"c"}}\n'), "a", "b"), "c");
    assert.equal(member(undefined, "a"), undefined);
  });

  it("reads lists with commas, spaces and the same item twice", () => {
    assert.deepEqual(list(" a, b ,,a,"), ["a", "b"]);
    assert.deepEqual([list(undefined), list(""), list(" , ")], [[], [], []]);
  });
});
