import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { AuditIndex } from "../../../src/azure/audit-index.ts";
import { serviceKey } from "../../../src/requests/request-id.ts";
import { aServiceRef } from "../../builders.ts";
import type { LocalStack } from "../local-stack.ts";
import { ada, addEvents } from "../many-events.ts";
import { run, scratch } from "../terminal.ts";

const events = 2500;
const service = aServiceRef("pls-exported");
const main = join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts");

/** Questions to the audit and exports of it, over a store that holds several pages of a service. */
export function auditSuite({ local, storage }: LocalStack): void {
  describe("the audit by command", () => {
    const folder = scratch();
    before(() => addEvents(new AuditIndex(storage().index), events, service));
    const plgate = (...args: readonly string[]) => run(["audit", ...args, "--service", service.id, ...local()]);
    const seqsIn = async (name: string) =>
      (await readFile(folder.path(name), "utf8"))
        .trimEnd()
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line).seq);
    const all = Array.from({ length: events }, (_, n) => events - n);

    it("is asked by filters, and goes on where it said", async () => {
      const first = await plgate("search", "--actor", ada.objectId, "--top", "1000", "--json");
      assert.deepEqual([first.code, first.err], [0, ""]);
      const { value, next } = JSON.parse(first.out);
      assert.equal(value.length, Math.ceil(events / 3));
      assert.equal(next, null);
      const page = JSON.parse((await plgate("search", "--kind", "voted", "--top", "1", "--json")).out);
      const rest = await plgate("search", "--kind", "voted", "--top", "1000", "--after", page.next, "--json");
      assert.equal(JSON.parse(rest.out).value.length, value.length - 1);
      const foreign = await plgate("search", "--kind", "requested", "--after", page.next);
      assert.equal(foreign.code, 2);
      assert.match(foreign.err, /: after: is the continuation of another question/);
    });

    it("is exported whole", async () => {
      const { code, out, err } = await plgate("export", folder.path("whole.ndjson"));
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, new RegExp(`^${events} events of the local stack are in `));
      assert.deepEqual(await seqsIn("whole.ndjson"), all);
    });

    it("is exported without a gap or a double by processes that are killed again and again", async () => {
      const name = folder.path("killed.ndjson");
      const args = ["audit", "export", name, "--resume", "--service", service.id, ...local()];
      let kills = 0;
      for (let kept = 0; !existsSync(name); kills += 1) {
        const isFurther = async () => (await eventsIn(`${name}.part.json`)) > kept;
        if (!(await killedOnce(isFurther, args))) break;
        kept = await eventsIn(`${name}.part.json`);
      }
      assert.ok(kills >= 2, `${kills} were killed before the end`);
      assert.deepEqual(await seqsIn("killed.ndjson"), all);
      assert.equal(await readFile(name, "utf8"), await readFile(folder.path("whole.ndjson"), "utf8"));
    });

    it("names the row that somebody damaged, keeps what was written, and goes on once it is mended", async () => {
      const { index } = storage();
      const partitionKey = `s:${serviceKey(service.id)}`;
      const filter = `PartitionKey eq '${partitionKey}'`;
      const rows: { readonly rowKey?: string; readonly body0?: unknown }[] = [];
      for await (const row of index.listEntities({ queryOptions: { filter } })) rows.push(row);
      const { rowKey = "", body0 } = rows[1200] ?? {};
      await index.updateEntity({ partitionKey, rowKey, body0: String(body0).replace(/"seq":\d+/, '"seq":1') }, "Merge");
      const name = folder.path("damaged.ndjson");
      const broken = await plgate("export", name);
      assert.equal(broken.code, 1);
      assert.ok(broken.err.includes(`row ${partitionKey} ${rowKey} cannot be read: it holds event 1`), broken.err);
      assert.match(broken.err, /1000 events are kept; --resume goes on/);
      const page = await plgate("search", "--top", "1000", "--to", "2026-11-23T20:00:00Z");
      assert.equal(page.code, 1);
      assert.ok(page.err.includes(rowKey), page.err);
      await index.updateEntity({ partitionKey, rowKey, body0 }, "Merge");
      assert.equal((await plgate("export", name, "--resume")).code, 0);
      assert.deepEqual(await seqsIn("damaged.ndjson"), all);
    });
  });
}

/** How far an export says that it is; nothing before its first page, and after its end. */
async function eventsIn(journal: string): Promise<number> {
  const text = await readFile(journal, "utf8").catch(() => '{"events":0}');
  return JSON.parse(text).events;
}

/** Kills a process of the command at the moment when something is true; false when it had ended by itself. */
async function killedOnce(isTime: () => Promise<boolean>, args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, [main, ...args], { env: {}, stdio: "ignore" });
  const closed = once(child, "close");
  while (child.exitCode === null && !(await isTime())) await wait(1);
  if (child.exitCode !== null) return false;
  child.kill("SIGKILL");
  await closed;
  return child.signalCode === "SIGKILL";
}
