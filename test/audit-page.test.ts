import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readAuditQuery } from "../src/intake/queries.ts";
import { auditColumns } from "../src/ledger/audit-file.ts";
import { addEvents } from "./cli/many-events.ts";
import { fakeStore, run, scratch } from "./cli/terminal.ts";
import { FakeIndex } from "./fakes/audit-index.ts";

const page = readFileSync(join(import.meta.dirname, "..", "docs", "audit.md"), "utf8");
const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, text = ""]) => text.trim().split("\n"));
const call = "npm run --silent plgate -- ";

/** Whoever copies a line of the page gets what the page says. */
describe("docs/audit.md", () => {
  const folder = scratch();
  const here = process.cwd();
  before(async () => {
    await folder.file("pseudonyms.key", "0123456789abcdef".repeat(4));
    process.chdir(folder.path("."));
  });
  after(() => process.chdir(here));

  const commands = lines.filter((line) => line.startsWith(call));
  it("has commands", () => assert.ok(commands.length >= 6));

  for (const line of commands) {
    it(`has the command ${line.slice(call.length)}, which works`, async () => {
      const index = new FakeIndex();
      await addEvents(index, 5);
      const args = line.slice(call.length).split(" ");
      assert.equal(args.pop(), "--local");
      const place = { environment: { PLGATE_STORAGE_ACCOUNT: "plgatedata" } };
      const { code, out, err } = await run(args, { ...place, withStore: (_, act) => act(fakeStore({ index })) });
      assert.deepEqual([code, err], [0, ""]);
      assert.notEqual(out, "");
    });
  }

  const queries = lines.flatMap((line) =>
    [...line.matchAll(/\/api\/audit(?:\?([^"]*))?"/g)].map(([, text = ""]) => text),
  );
  it("asks over HTTP", () => assert.ok(queries.length >= 4));

  for (const text of queries) {
    it(`asks "${text}", which is a question`, () => {
      const query = readAuditQuery(new URLSearchParams(text));
      assert.ok(query.ok, query.ok ? "" : query.problem);
    });
  }

  it("explains every column and every filter", () => {
    const rows = page.match(/^\| `.*$/gm)?.join("\n") ?? "";
    for (const column of auditColumns) assert.ok(rows.includes(`\`${column}\``), column);
    for (const name of [
      "from",
      "to",
      "since",
      "service",
      "consumer",
      "actor",
      "request",
      "link",
      "kind",
      "top",
      "after",
    ]) {
      assert.match(rows, new RegExp(`^\\| \`${name}\` `, "m"));
    }
  });
});
