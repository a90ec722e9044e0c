import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { ConsumerTable } from "../../../src/azure/consumer-table.ts";
import { PolicyStore } from "../../../src/azure/policy-store.ts";
import { policyDigest } from "../../../src/policy/digest.ts";
import type { LocalStack } from "../local-stack.ts";
import { aPolicy, itsTests, run, scratch } from "../terminal.ts";

/** Commands that read and write the store; each test has a policy or consumer of its own. */
export function storeSuite(stack: LocalStack): void {
  publishing(stack);
  listing(stack);
  consumers(stack);
  processes(stack);
}

/** Writes the tests that publishing asks for, unless they are there. */
async function testsBeside(file: string): Promise<void> {
  const beside = file.replace(/\.yaml$/, ".test.yaml");
  if (!existsSync(beside)) await writeFile(beside, itsTests(basename(file)));
}

function publishing({ local, storage }: LocalStack): void {
  describe("policy publish", () => {
    const folder = scratch();
    const publish = async (file: string, ...more: readonly string[]) => {
      await testsBeside(file);
      return run(["policy", "publish", file, "--note", "CHG001", ...local(), ...more]);
    };
    const inForce = async (name: string) => {
      const { inForce: all } = await new PolicyStore(storage().policies).current();
      return all.find(({ policy }) => policy.name === name);
    };

    it("puts in force what it says, with version and digest", async () => {
      const source = aPolicy({ name: "says" });
      const { code, out, err } = await publish(await folder.file("says.yaml", source));
      assert.deepEqual([code, err], [0, ""]);
      const sha256 = policyDigest(source);
      assert.equal(out, `says version 1 is in force in the local stack; tests beside it: 2 ok\nsha256 ${sha256}\n`);
      const now = await inForce("says");
      assert.deepEqual([now?.version, now?.policy.sha256], [1, sha256]);
    });

    it("runs the tests beside the policy first, and refuses when one fails", async () => {
      const file = await folder.file("tested.yaml", aPolicy({ name: "tested" }));
      await folder.file("tested.test.yaml", itsTests("tested.yaml", "reject"));
      const { code, out } = await publish(file);
      assert.equal(code, 1);
      assert.match(out, /FAIL {2}gold is let in[\s\S]*tested\.yaml is not published: the tests beside it do not hold/);
      assert.equal(await inForce("tested"), undefined);
      await folder.file("tested.test.yaml", itsTests("tested.yaml"));
      assert.match(
        (await publish(file)).out,
        /^tested version 1 is in force in the local stack; tests beside it: 2 ok\n/,
      );
    });

    it("refuses when the tests beside it are broken", async () => {
      const file = await folder.file("odd.yaml", aPolicy({ name: "odd" }));
      await folder.file("odd.test.yaml", itsTests("another.yaml"));
      const { code, out } = await publish(file);
      assert.equal(code, 1);
      assert.match(out, /odd\.test\.yaml:3:9 error .*another\.yaml[\s\S]*is not published/);
      assert.equal(await inForce("odd"), undefined);
    });

    it("refuses a broken policy with every finding, and leaves in force what was", async () => {
      const file = await folder.file("kept.yaml", aPolicy({ name: "kept" }));
      await publish(file);
      await folder.file(
        "kept.yaml",
        aPolicy({ name: "kept", because: "Two." }).replace("consumer.tier", "consumer.teir"),
      );
      const { code, out } = await publish(file);
      assert.equal(code, 1);
      assert.match(
        out,
        /kept\.yaml:11:40 error gold unknown fact[\s\S]*not published: it has errors\. What is in force/,
      );
      assert.equal((await inForce("kept"))?.policy.rules[0]?.because, "One.");
    });

    it("says that nothing changed when the same policy is in force", async () => {
      const file = await folder.file("same.yaml", aPolicy({ name: "same" }));
      await publish(file);
      await folder.file("same.yaml", aPolicy({ name: "same" }).replaceAll("\n", "\r\n"));
      const { code, out } = await publish(file);
      assert.equal(code, 0);
      assert.match(out, /^nothing changed: same version 1 in the local stack is exactly this already\nsha256 /);
    });

    it("refuses what it warns of until every warning is acknowledged by name, and says which", async () => {
      const guarded = aPolicy({ name: "warned" }).replace("effect: approve", "effect: review");
      await folder.file("warned.test.yaml", itsTests("warned.yaml", "review"));
      const file = await folder.file("warned.yaml", guarded.replace("gold }", "{ known: true } }"));
      const refused = await publish(file);
      assert.equal(refused.code, 1);
      assert.match(refused.out, /warning gold .* \(known-guard\)\n.*warned\.yaml is not published: it has warnings/);
      assert.equal(await inForce("warned"), undefined);
      assert.equal((await publish(file, "--acknowledge", "unused")).code, 1);
      const { code, out } = await publish(file, "--acknowledge", "unused", "--acknowledge", "known-guard");
      assert.equal(code, 0);
      assert.match(out, /warning gold .* \(known-guard\)\nwarned version 1 is in force/);
    });

    it("refuses a policy without tests until that is acknowledged", async () => {
      const file = await folder.file("bare.yaml", aPolicy({ name: "bare" }));
      const bare = (...more: readonly string[]) =>
        run(["policy", "publish", file, "--note", "CHG001", ...local(), ...more]);
      const refused = await bare();
      assert.equal(refused.code, 1);
      assert.match(refused.out, /there are no tests beside it; write bare\.test\.yaml \(untested\)/);
      assert.equal(await inForce("bare"), undefined);
      assert.equal((await bare("--acknowledge", "untested")).code, 0);
    });

    it("keeps a version for somebody else to put in force", async () => {
      const file = await folder.file("later.yaml", aPolicy({ name: "later" }));
      const kept = await publish(file, "--no-activate");
      assert.deepEqual([kept.code, kept.err], [0, ""]);
      assert.match(
        kept.out,
        /^later version 1 is kept in the local stack and waits for "plgate policy activate later 1"/,
      );
      assert.equal(await inForce("later"), undefined);
      assert.match((await run(["policy", "list", ...local()])).out, /^later +1 \(none in force\)/m);
      const activated = await run(["policy", "activate", "later", "1", "--note", "CHG002", ...local()]);
      assert.deepEqual([activated.code, activated.err], [0, ""]);
      assert.match(activated.out, /^later version 1 is in force in the local stack\nsha256 /);
      assert.equal((await inForce("later"))?.version, 1);
    });

    it("goes back to what was before, and shows every version", async () => {
      const file = await folder.file("back.yaml", aPolicy({ name: "back" }));
      await publish(file);
      const roll = () => run(["policy", "rollback", "back", "--note", "CHG003", ...local()]);
      assert.deepEqual(
        [(await roll()).code, (await roll()).out],
        [1, "back has no version before the one in force in the local stack\n"],
      );
      await folder.file("back.yaml", aPolicy({ name: "back", because: "Two." }));
      await publish(file);
      assert.match((await roll()).out, /^back version 1 is in force in the local stack/);
      assert.equal((await inForce("back"))?.policy.rules[0]?.because, "One.");
      assert.match((await run(["policy", "list", ...local()])).out, /^back +1 \(latest is 2\)/m);
      const all = await run(["policy", "show", "back", ...local()]);
      assert.match(all.out, /^2 {2,}\S+ .*\n1 \(in force\) /m);
      const one = await run(["policy", "show", "back", "--version", "1", ...local()]);
      assert.match(
        one.out,
        /^policy +back version 1, in force\nsha256 +[0-9a-f]{64}\n[\s\S]*\n\napiVersion: plgate\/v1\n/,
      );
      const missing = await run(["policy", "activate", "back", "9", "--note", "x", ...local()]);
      assert.deepEqual([missing.code, missing.out], [1, "back has no version 9 in the local stack\n"]);
      assert.equal((await run(["policy", "show", "nobody", ...local()])).code, 1);
    });

    it("tells machines the same, refusals included", async () => {
      const file = await folder.file("json.yaml", aPolicy({ name: "json" }));
      await folder.file("json.test.yaml", itsTests("json.yaml"));
      const { tests, ...answer } = JSON.parse((await publish(file, "--json")).out);
      assert.deepEqual(answer, {
        ...{
          published: true,
          changed: true,
          inForce: true,
          name: "json",
          version: 1,
          sha256: policyDigest(aPolicy({ name: "json" })),
        },
        ...{ place: "the local stack", warnings: [] },
      });
      assert.deepEqual([tests.kind, tests.passed, tests.failed], ["ran", 2, 0]);
      await folder.file("json.test.yaml", itsTests("json.yaml", "reject"));
      const failing = await publish(file, "--json");
      assert.equal(failing.code, 1);
      assert.deepEqual([JSON.parse(failing.out).published, JSON.parse(failing.out).tests.failed], [false, 1]);
      await folder.file("json.yaml", "{}");
      const broken = await publish(file, "--json");
      assert.equal(broken.code, 1);
      assert.equal(JSON.parse(broken.out).faults[0].severity, "error");
    });
  });
}

function listing({ local, storage }: LocalStack): void {
  describe("policy list", () => {
    const folder = scratch();
    const publish = async (name: string, because: string, ...more: readonly string[]) => {
      const file = await folder.file(`${name}.yaml`, aPolicy({ name, because }));
      await testsBeside(file);
      await run(["policy", "publish", file, "--note", "CHG001\nbreak", ...local(), ...more]);
    };

    it("shows who put what in force, when and why, in a line of its own", async () => {
      await publish("listed", "One.");
      await publish("listed", "Two.", "--author", "grace");
      await publish("owned", "One.");
      const { code, out } = await run(["policy", "list", ...local()]);
      assert.equal(code, 0);
      const digest = policyDigest(aPolicy({ name: "listed", because: "Two." })).slice(0, 12);
      assert.match(out, new RegExp(`^listed +2 +${digest} +grace +\\d{4}-\\S+Z +CHG001.break$`, "m"));
      assert.match(out, /^owned +1 +\S+ +operator of the local stack +\S+Z +CHG001.break$/m);
      const { value } = JSON.parse((await run(["policy", "list", "--json", ...local()])).out);
      const { at, ...line } = value.find(({ name }: { name: string }) => name === "listed");
      assert.ok(Math.abs(Date.now() - Date.parse(at)) < 600_000);
      assert.deepEqual(line, {
        ...{
          name: "listed",
          version: 2,
          inForce: 2,
          latest: 2,
          author: "grace",
          note: "CHG001\ufffdbreak",
          problem: null,
        },
        sha256: policyDigest(aPolicy({ name: "listed", because: "Two." })),
      });
    });

    it("names what is wrong and ends with 1", async () => {
      await publish("lost", "One.");
      const versions = storage().policies.listEntities({ queryOptions: { filter: "PartitionKey eq 'lost'" } });
      for await (const { partitionKey = "", rowKey = "" } of versions) {
        await storage().policies.deleteEntity(partitionKey, rowKey);
      }
      const { code, out } = await run(["policy", "list", ...local()]);
      await storage().policies.deleteEntity("~active", "lost");
      assert.equal(code, 1);
      assert.match(out, /^lost +1 \(none in force\) /m);
      assert.match(out, /^problem: lost: version 1 cannot be trusted: .*every request goes to people$/m);
    });
  });
}

function consumers({ local, storage }: LocalStack): void {
  describe("consumers", () => {
    const id = "12345678-0000-4000-8000-000000000001";
    const tenant = "22222222-0000-4000-8000-000000000002";
    const set = (...args: readonly string[]) => run(["consumers", "set", ...args, ...local()]);
    const stored = () => new ConsumerTable(storage().consumers).find(id);

    it("set registers, changes only what is named, and says what it did", async () => {
      const first = await set(
        id.toUpperCase(),
        "--name",
        "Größe AB",
        "--tier",
        "gold",
        "--tenant",
        tenant.toUpperCase(),
      );
      assert.deepEqual([first.code, first.err], [0, ""]);
      assert.match(first.out, /^registered in the local stack\nsubscription +12345678-0000-4000-8000-000000000001\n/);
      assert.deepEqual(await stored(), {
        ...{ subscriptionId: id, name: "Größe AB", tier: "gold", tenantId: tenant, tags: {}, owners: [] },
      });
      assert.match(
        (await set(id, "--tag", "team=sre", "--tag", "url=a=b")).out,
        /^changed[\s\S]*tags +team=sre, url=a=b\nowners +-\n$/,
      );
      assert.match((await set(id, "--tag", "team=sre")).out, /^nothing changed in the local stack\n/);
      await set(id, "--tag", "TEAM=ops", "--tag", "url=", "--tier=");
      assert.deepEqual(await stored(), {
        ...{ subscriptionId: id, name: "Größe AB", tier: null, tenantId: tenant, tags: { TEAM: "ops" }, owners: [] },
      });
      const owned = await set(id, "--owner", tenant.toUpperCase(), "--owner", id);
      assert.match(owned.out, new RegExp(`owners +${id}, ${tenant}\\n$`));
      await set(id, "--tier=");
      assert.deepEqual((await stored())?.owners, [id, tenant]);
      assert.equal((await set(id, "--owner", "megan")).code, 2);
      await set(id, "--owner=");
      assert.deepEqual((await stored())?.owners, []);
      const { what, consumer } = JSON.parse((await set(id, "--tenant=", "--json")).out);
      assert.deepEqual([what, consumer], ["changed", await stored()]);
      assert.equal(consumer.tenantId, null);
    });

    it("list shows everybody, and remove forgets one", async () => {
      const other = "12345678-0000-4000-8000-000000000002";
      await set(other, "--name", "Litware");
      const { out } = await run(["consumers", "list", ...local()]);
      assert.match(
        out,
        new RegExp(`^SUBSCRIPTION +NAME +TIER +TENANT +TAGS\\n[\\s\\S]*^${other} +Litware +- +- +-$`, "m"),
      );
      const { value } = JSON.parse((await run(["consumers", "list", "--json", ...local()])).out);
      const line = value.find(({ subscriptionId }: { subscriptionId: string }) => subscriptionId === other);
      assert.deepEqual(line, {
        subscriptionId: other,
        name: "Litware",
        tier: null,
        tenantId: null,
        tags: {},
        owners: [],
      });
      const remove = () => run(["consumers", "remove", other.toUpperCase(), ...local()]);
      assert.deepEqual(await remove(), { code: 0, out: `${other} is removed from the local stack\n`, err: "" });
      const again = await remove();
      assert.deepEqual([again.code, again.out], [1, ""]);
      assert.match(again.err, new RegExp(`${other} is not registered in the local stack`));
      assert.equal((await run(["consumers", "show", other, ...local()])).code, 1);
    });
  });
}

function processes({ local }: LocalStack): void {
  const main = join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts");
  const start = async (args: readonly string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [main, ...args], { env });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code, out, err };
  };

  describe("the process", () => {
    const folder = scratch();

    it("ends with the exit code of the command, its answer on one stream and its faults on the other", async () => {
      const good = await folder.file("good.yaml", aPolicy());
      const bad = await folder.file("bad.yaml", "{}");
      assert.deepEqual(await start(["policy", "check", good]), {
        code: 0,
        out: "1 file: 0 errors, 0 warnings\n",
        err: "",
      });
      const { code, out, err } = await start(["policy", "check", bad]);
      assert.deepEqual([code, err], [1, ""]);
      assert.match(out, /bad\.yaml:1:1 error/);
      const misused = await start(["policy", "check"]);
      assert.deepEqual([misused.code, misused.out], [2, ""]);
      assert.match(misused.err, /FILE is missing/);
    });

    it("publishes into the local stack", async () => {
      const file = await folder.file("spawned.yaml", aPolicy({ name: "spawned" }));
      await testsBeside(file);
      const { code, out, err } = await start(["policy", "publish", file, "--note", "CHG001", ...local()]);
      assert.deepEqual([code, err], [0, ""]);
      assert.match(out, /^spawned version 1 is in force in the local stack/);
    });

    it("says how to sign in when nobody is", async () => {
      const env = { AZURE_TOKEN_CREDENTIALS: "AzureCliCredential", PATH: folder.path("empty") };
      const { code, out, err } = await start(["policy", "list", "--storage-account", "plgatedata"], env);
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, /^plgate policy list: nobody is signed in to Azure here; run "az login" and try again\.\n/);
    });

    it("takes it calmly when nobody reads to the end", async () => {
      const child = spawn(process.execPath, [main, "policy", "publish", "--help"], { env: {} });
      child.stdout.destroy();
      const [err, [code]] = await Promise.all([text(child.stderr), once(child, "close")]);
      assert.deepEqual([code, err], [0, ""]);
    });
  });
}
