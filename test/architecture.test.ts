import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { RequestState } from "../src/requests/request.ts";
import { after, type Move } from "../src/requests/transitions.ts";
import { isAllowed, mayImport, notYetThere, roomOf } from "./architecture/may-import.ts";
import {
  firstCircle,
  importsByBundler,
  isRelative,
  readSourceFiles,
  resolved,
  root,
  type SourceFile,
  targetsOf,
} from "./architecture/source-files.ts";

const files = await readSourceFiles();

describe("the house", () => {
  it("was read: every room of the table has a file, except those that are not there yet", () => {
    const empty = Object.keys(mayImport).filter((room) => !files.some(({ path }) => roomOf(path) === room));
    assert.deepEqual(empty.sort(), [...notYetThere].sort());
  });

  it("has no room without a rule", () => {
    const rooms = new Set(files.map(({ path }) => roomOf(path)));
    assert.deepEqual(
      [...rooms].filter((room) => mayImport[room] === undefined),
      [],
    );
  });

  it("imports only what the table allows", () => {
    assert.deepEqual(files.flatMap(violationsOf), []);
  });

  it("loads no module by a name that cannot be read off", () => {
    const hidden = files.flatMap(({ path, hidden }) => hidden.map((line) => `${path}:${line}`));
    assert.deepEqual(hidden, []);
  });

  it("imports only files that exist", () => {
    const missing = files.flatMap((file) => targetsOf(file).filter((path) => !existsSync(join(root, path))));
    assert.deepEqual([...new Set(missing)], []);
  });

  it("has no circle, types included", () => {
    assert.equal(firstCircle(new Map(files.map((file) => [file.path, targetsOf(file)]))), undefined);
  });

  it("names its files in kebab-case, after the idea they hold", () => {
    const misnamed = files.map(({ path }) => path).filter((path) => !isWellNamed(path));
    assert.deepEqual(misnamed, []);
  });
});

describe("the house's other guards", () => {
  it("agree: docs/architecture.md shows the same table", async () => {
    const page = (await readPage()).replace(/ +/g, " ");
    for (const [room, allowed] of Object.entries(mayImport)) {
      const row = `| \`${room}\` | ${allowed.map((name) => `\`${name}\``).join(" ") || "nothing"} |`;
      assert.ok(page.includes(row), `docs/architecture.md lacks the row:\n${row}`);
    }
  });

  it("agree: docs/architecture.md draws the states and moves of a request", async () => {
    const drawn = await drawnMoves();
    assert.ok(drawn.size > 20, "no move was found in the picture");
    for (const state of states) {
      for (const move of moves) assert.equal(drawn.get(`${state} ${move}`), after(state, move), `${state} ${move}`);
    }
  });

  it("see no import that the reader of imports misses", async () => {
    const read = new Set(files.flatMap(({ path, imports }) => imports.map(({ specifier }) => `${path} ${specifier}`)));
    const bundled = await importsByBundler(files.map(({ path }) => path));
    assert.ok(bundled.length > 100, `the bundler saw only ${bundled.length} imports`);
    assert.deepEqual(
      bundled.filter((found) => !read.has(found)),
      [],
    );
  });
});

describe("firstCircle", () => {
  const cases = {
    "names the way round": [{ a: ["b"], b: ["c", "d"], c: [], d: ["b"] }, "b → d → b"],
    "sees a file that imports itself": [{ a: ["a"] }, "a → a"],
    "takes two ways to one place for no circle": [{ a: ["b", "c"], b: ["d"], c: ["d"], d: [] }, undefined],
  } as const;
  for (const [name, [graph, expected]] of Object.entries(cases)) {
    it(name, () => assert.equal(firstCircle(new Map(Object.entries(graph))), expected));
  }
});

// Complete, or the compiler says so.
const states = keysOf<RequestState>({
  received: 0,
  "awaiting-decision": 0,
  approving: 0,
  rejecting: 0,
  failed: 0,
  approved: 0,
  rejected: 0,
  expired: 0,
  withdrawn: 0,
  "resolved-elsewhere": 0,
});
const moves = keysOf<Move>({
  escalate: 0,
  hold: 0,
  vote: 0,
  "decide-approve": 0,
  "decide-reject": 0,
  "confirm-approved": 0,
  "confirm-rejected": 0,
  fail: 0,
  expire: 0,
  withdraw: 0,
  "resolve-elsewhere": 0,
});

function keysOf<Key extends string>(record: Readonly<Record<Key, 0>>): readonly Key[] {
  return Object.keys(record) as Key[];
}

/** `state move` to state, as the Mermaid picture of the states shows it. */
async function drawnMoves(): Promise<ReadonlyMap<string, string>> {
  const picture = /stateDiagram-v2\n([\s\S]+?)```/.exec(await readPage())?.[1] ?? "";
  const names = new Map(
    [...picture.matchAll(/state "([\w-]+)" as (\w+)/g)].map(([, name = "", id = ""]) => [id, name]),
  );
  const nameOf = (id: string) => names.get(id) ?? id;
  const arrows = [...picture.matchAll(/^ *(\w+) --> (\w+) : (.+)$/gm)];
  return new Map(
    arrows.flatMap(([, from = "", to = "", said = ""]) =>
      said.split(",").map((move) => [`${nameOf(from)} ${move.trim()}`, nameOf(to)] as const),
    ),
  );
}

function readPage(): Promise<string> {
  return readFile(join(root, "docs", "architecture.md"), "utf8");
}

function violationsOf({ path, imports }: SourceFile): readonly string[] {
  return imports
    .filter(({ specifier }) => {
      const target = isRelative(specifier) ? { path: resolved(path, specifier) } : { package: specifier };
      return !isAllowed(roomOf(path), target);
    })
    .map(({ specifier, line }) => `${path}:${line} imports ${specifier}`);
}

function isWellNamed(path: string): boolean {
  const [name = "", ...folders] = path.split("/").reverse();
  const vague = ["types", "index", "utils", "util", "helpers", "helper", "interfaces", "enums", "common", "misc"];
  const words = [name.replace(/\.ts$/, ""), ...folders];
  return /^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name) && !words.some((word) => vague.includes(word));
}
