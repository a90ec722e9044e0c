import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Azurite, startAzurite } from "../../local/storage/azurite.ts";
import { ensureTables } from "../../src/azure/storage.ts";
import { TableStoreCopy } from "../../src/azure/store-copy.ts";
import { lineOf, rowIn, storedTables } from "../../src/ledger/backup-file.ts";
import { migrations, rowVersions } from "../../src/ledger/row-versions.ts";
import { serviceKey } from "../../src/requests/request-id.ts";
import { reviewService } from "../../src/workflow/review-service.ts";
import { verifyAudit } from "../../src/workflow/verify-audit.ts";
import { run, type Said } from "../cli/terminal.ts";
import { storedPorts } from "./stored-ports.ts";
import { answer, open, playStory, storyService } from "./story.ts";

const kept = join(import.meta.dirname, "..", "fixtures", "stored");

/** Azurites of one test file; each is an account of its own. */
function accounts() {
  const running: Azurite[] = [];
  let folder = "";
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "plgate-backup-"));
  });
  after(async () => {
    await Promise.all(running.map((azurite) => azurite.stop()));
    await rm(folder, { recursive: true, force: true });
  });
  return {
    path: (name: string) => join(folder, name),
    fresh: async () => {
      const azurite = await startAzurite({ inMemory: true });
      running.push(azurite);
      const { connectionString } = azurite;
      const state = join(folder, `state-${running.length}.json`);
      await writeFile(state, JSON.stringify({ pid: process.pid, storage: { connectionString } }));
      const plgate = (...args: readonly string[]): Promise<Said> => run([...args, "--local", "--state", state]);
      return { connectionString, plgate, ports: () => storedPorts(connectionString, [storyService]) };
    },
  };
}

const world = accounts();
type Account = Awaited<ReturnType<typeof world.fresh>>;

/** Every row of the tables that a restore writes, as lines. */
async function linesOf({ ports }: Account): Promise<readonly string[]> {
  const copy = new TableStoreCopy(ports().storage);
  const lines: string[] = [];
  for (const table of storedTables) {
    if (table === "services") continue;
    for await (const row of copy.rows(table)) lines.push(`${table} ${lineOf(row)}`);
  }
  return lines;
}

async function holds(account: Account): Promise<void> {
  const verdict = await verifyAudit({ anchors: true, index: true }, account.ports());
  assert.ok(verdict.ok, JSON.stringify(verdict));
}

/** A person answers what was open, and the decision comes to ARM: the app goes on where it was. */
async function goesOn(account: Account): Promise<void> {
  const ports = account.ports();
  const id = await answer(ports, open, "approve");
  const outcome = await reviewService(storyService.ref, "event", ports);
  assert.equal(outcome.kind, "settled");
  assert.equal((await ports.ledger.request(id))?.request.state, "approved");
  const written = ports.connections.writes.filter(({ connection }) => connection === open.ref.id);
  assert.deepEqual(
    written.map(({ status }) => status),
    ["Approved"],
  );
}

describe("The versions of what is stored", () => {
  it("have a migration for each step, in every table", () => {
    for (const table of storedTables) assert.equal(migrations[table].length, rowVersions[table] - 1, table);
  });
});

for (const version of readdirSync(kept)) {
  describe(`What plgate ${version} stored`, () => {
    const from = join(kept, version);
    const rows = (table: string) =>
      readFileSync(join(from, "tables", `${table}.ndjson`), "utf8")
        .split("\n")
        .flatMap((line) => rowIn(line) ?? []);

    it("holds every kind of row", () => {
      const kinds = new Set(rows("ledger").map(({ key }) => key.split("|")[0]?.replace(/^.{16}$/, "marker")));
      const wanted = ["~head", "r", "o", "p", "e", "q", "i", "x", "h", "n", "s", "oa", "od", "c", "cs", "marker"];
      assert.deepEqual([...kinds].sort(), wanted.sort());
    });

    it("is read by today's code, verifies, and goes on", async () => {
      const account = await world.fresh();
      const restored = await account.plgate("restore", "--from", from);
      assert.equal(restored.code, 0, restored.err + restored.out);
      await holds(account);
      const ports = account.ports();
      const copy = new TableStoreCopy(ports.storage);
      for (const row of rows("services")) await copy.add("services", [row]);
      assert.deepEqual((await ports.policies.current()).problems, []);
      assert.equal((await ports.policies.current()).inForce[0]?.version, 2);
      assert.equal((await ports.versions.versions("story")).length, 2);
      assert.equal((await ports.consumers.page({ top: 10 })).consumers.length, 1);
      assert.equal((await ports.conversations.list())[0]?.channelName, "Approvals");
      assert.equal((await ports.watch.list()).length, 1);
      assert.equal((await ports.sweeps.last())?.services, 1);
      const {
        open: waiting,
        approvals,
        findings,
        awaitedLinks,
      } = await ports.ledger.unsettled(serviceKey(storyService.ref.id));
      assert.deepEqual([waiting.length, approvals.length, findings.length, awaitedLinks.length], [4, 2, 1, 1]);
      const [one] = await ports.ledger.runs();
      assert.equal(one && (await ports.ledger.runShares(one.id)).length, 1);
      for (const { request } of waiting) assert.ok((await ports.cards.all(request.id)).length >= 0);
      assert.ok((await ports.outbox.waiting()).count >= 0);
      const { requests } = await ports.index.searchRequests({ status: "open", top: 100 });
      assert.equal(requests.length, waiting.length);
      assert.ok((await ports.index.searchAudit({ top: 1000 })).entries.length > 30);
      await goesOn(account);
      await holds(account);
    });
  });
}

describe("A backup", () => {
  const state: { source?: Account; unused?: Account; dir: string } = { dir: "" };
  before(async () => {
    [state.source, state.unused] = await Promise.all([world.fresh(), world.fresh()]);
    state.dir = world.path("backup");
    const ports = state.source.ports();
    await ensureTables(ports.storage);
    await playStory(ports);
    assert.equal((await state.source.plgate("backup", "--to", state.dir)).code, 0);
  });
  const source = () => state.source ?? assert.fail("the story was not played");
  const unused = () => state.unused ?? assert.fail("there is no other account");

  it("is for whoever made it alone, and is not written over", async () => {
    for (const name of await readdir(join(state.dir, "tables"))) {
      assert.equal((await stat(join(state.dir, "tables", name))).mode & 0o777, 0o600, name);
    }
    assert.equal((await stat(state.dir)).mode & 0o777, 0o700);
    const again = await source().plgate("backup", "--to", state.dir);
    assert.deepEqual([again.code, /exists/.test(again.err)], [2, true]);
  });

  it("makes another account the same, which verifies by its anchors and goes on", async () => {
    const target = await world.fresh();
    const dry = await target.plgate("restore", "--from", state.dir, "--dry-run");
    assert.match(dry.out, /^nothing was written: \d+ row\(s\) and 2 file\(s\) would be/);
    assert.deepEqual(await linesOf(target), []);
    const done = await target.plgate("restore", "--from", state.dir);
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /now run "plgate audit verify --anchors"/);
    assert.deepEqual(await linesOf(target), await linesOf(source()));
    await holds(target);
    const again = await target.plgate("restore", "--from", state.dir, "--json");
    assert.equal(again.code, 0, again.err);
    assert.deepEqual([JSON.parse(again.out).rows, JSON.parse(again.out).blobs], [0, 0]);
    await goesOn(target);
    const late = await target.plgate("restore", "--from", state.dir);
    assert.equal(late.code, 1);
    assert.match(late.err, /of the target is in use/);
  });

  it("is refused when a byte differs, when it is of a newer version, and when it was not finished", async () => {
    const target = unused();
    const changed = world.path("changed");
    await cp(state.dir, changed, { recursive: true });
    const file = join(changed, "tables", "ledger.ndjson");
    await chmod(file, 0o600);
    await writeFile(file, (await readFile(file, "utf8")).replace("CHG-2", "CHG-3"));
    const tampered = await target.plgate("restore", "--from", changed);
    assert.deepEqual([tampered.code, /ledger is not what the manifest says/.test(tampered.err)], [1, true]);

    const manifest = JSON.parse(await readFile(join(state.dir, "manifest.json"), "utf8"));
    manifest.tables.ledger.version = rowVersions.ledger + 1;
    await writeFile(join(changed, "manifest.json"), JSON.stringify(manifest));
    const newer = await target.plgate("restore", "--from", changed);
    assert.deepEqual([newer.code, /made of a newer plgate/.test(newer.err)], [1, true]);

    await rm(join(changed, "manifest.json"));
    assert.equal((await target.plgate("restore", "--from", changed)).code, 2);
    assert.deepEqual(await linesOf(target), []);
  });

  it("goes on where a restore was killed", async () => {
    const target = unused();
    await ensureTables(target.ports().storage);
    const copy = new TableStoreCopy(target.ports().storage);
    const text = await readFile(join(state.dir, "tables", "ledger.ndjson"), "utf8");
    const some = text.split("\n").slice(0, 40);
    for (const line of some) {
      const row = rowIn(line);
      if (row) await copy.add("ledger", [row]);
    }
    const done = await target.plgate("restore", "--from", state.dir);
    assert.equal(done.code, 0, done.err);
    assert.match(done.out, /40 row\(s\) were there already/);
    assert.deepEqual(await linesOf(target), await linesOf(source()));
  });

  it("of a store that is being written to holds every chain as of one moment", async () => {
    const busy = source();
    const ports = busy.ports();
    let writing = true;
    const writer = (async () => {
      const { request, etag } =
        (await ports.ledger.unsettled(serviceKey(storyService.ref.id))).open[0] ?? assert.fail();
      let expected: string | null = etag;
      let n = 0;
      for (; writing; n += 1) {
        const events = [...(await ports.ledger.eventsOf(request.id))].slice(0, 1);
        const step = { key: `busy ${n}`, request, expected, events, notify: false };
        const done = await ports.ledger.commit(step);
        if (done.kind === "committed") expected = done.stored.etag;
        await new Promise((resolve) => setTimeout(resolve, 150));
      }
      return n;
    })();
    const dir = world.path("busy");
    const backed = await busy.plgate("backup", "--to", dir);
    writing = false;
    assert.ok((await writer) > 0);
    assert.equal(backed.code, 0, backed.err);
    const target = await world.fresh();
    const restored = await target.plgate("restore", "--from", dir);
    // What is in a chain and not yet in its lists is for "audit rebuild-index", and no fault of a chain.
    const rebuilt = await target.plgate("audit", "rebuild-index");
    assert.equal(rebuilt.code, 0, rebuilt.err);
    assert.match(restored.out, /row\(s\) and 2 file\(s\) were written/);
    await holds(target);
  });
});
