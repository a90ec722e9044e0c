import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TableClient } from "@azure/data-tables";
import { openLedger } from "../../../src/azure/ledger.ts";
import { activePartition, pointerColumns, versionKey } from "../../../src/azure/policy-rows.ts";
import { PolicyStore } from "../../../src/azure/policy-store.ts";
import { PolicyVersionTable } from "../../../src/azure/policy-version-table.ts";
import type { Storage } from "../../../src/azure/storage.ts";
import { robot } from "../../../src/decision/decision.ts";
import { verifyChain } from "../../../src/ledger/chain.ts";
import { policyDigest } from "../../../src/policy/digest.ts";
import { mostActivePolicies } from "../../../src/policy/limits.ts";
import { policyChain } from "../../../src/requests/request-id.ts";
import { type PublishOutcome, publishPolicy } from "../../../src/workflow/administer-policies.ts";
import type { PolicyLine } from "../../../src/workflow/ports.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { breakWire, fates } from "../lossy-wire.ts";
import type { StorageWorld } from "../storage-world.ts";

const by = { author: "Ada", note: "CHG001" };
const at = new FakeClock().now().toISOString();

/** The policy store: what is published is kept for ever, what is in force is what its digest says, and doubt means people. */
export function policiesSuite(world: StorageWorld): void {
  const open = async () => {
    const { storage, again } = await world.storage("policies", "ledger");
    return { table: storage.policies, host: () => new Host(again()) };
  };
  describe("the policy store", () => {
    publishing(open, world);
    inForce(open, world);
    listing(open, world);
  });
}

type Open = () => Promise<{ readonly table: TableClient; readonly host: () => Host }>;

function publishing(open: Open, world: StorageWorld): void {
  it("puts a policy in force, and each further one as the next version", async () => {
    const { host } = await open();
    assert.deepEqual(outline(await host().publish(policy(), by)), ["prod", 1, true]);
    assert.deepEqual(await now(host()), [["prod", 1, "One."]]);
    assert.deepEqual(outline(await host().publish(policy("Two."), by)), ["prod", 2, true]);
    assert.deepEqual(await now(host()), [["prod", 2, "Two."]]);
    assert.deepEqual(outline(await host().publish(policy(), by)), ["prod", 3, true]);
    assert.deepEqual(await now(host()), [["prod", 3, "One."]]);
  });

  it("does nothing when exactly this policy is in force, whatever its line ends", async () => {
    const { host } = await open();
    await host().publish(policy(), by);
    assert.deepEqual(outline(await host().publish(policy().replaceAll("\n", "\r\n"), by)), ["prod", 1, false]);
    assert.deepEqual(await now(host()), [["prod", 1, "One."]]);
  });

  it("refuses a broken policy with its faults, and leaves in force what was", async () => {
    const { host } = await open();
    await host().publish(policy(), by);
    const refused = await host().publish(policy().replace("consumer.tier", "consumer.teir"), by);
    assert.ok(refused.kind === "refused" && refused.why === "faults");
    assert.match(refused.faults.map(({ message }) => message).join(), /consumer\.teir/);
    assert.deepEqual(await now(host()), [["prod", 1, "One."]]);
  });

  it("gives two authors a version each, and lets one of them be in force", async () => {
    const { host } = await open();
    const published = await Promise.all(
      ["One.", "Two.", "Three."].map((because) => host().publish(policy(because), by)),
    );
    const kept = published.flatMap((one) => ("version" in one ? one : []));
    assert.deepEqual(kept.map(({ version }) => version).sort(), [1, 2, 3]);
    // Whoever was slower is told so, and nobody is in force without having been told.
    const [[, version] = []] = await now(host());
    const winners = kept.filter(({ kind }) => kind === "published");
    assert.deepEqual(
      winners.map((one) => one.version),
      [version],
    );
    const losers = kept.flatMap((one) => (one.kind === "not-in-force" ? one.why : []));
    assert.deepEqual(losers, ["lost-race", "lost-race"]);
  });

  it("takes up a version whose publisher died before it was in force", async () => {
    const { table, host } = await open();
    await host().publish(policy(), by);
    await table.deleteEntity(activePartition, "prod");
    assert.deepEqual(outline(await host().publish(policy(), by)), ["prod", 1, true]);
  });

  it("publishes once although answers get lost", async () => {
    const { storage, again } = await world.storage("policies", "ledger");
    breakWire(storage.policies, fates("POST", "lost", "passes", "lost"));
    const store = new Host(storage);
    assert.deepEqual(outline(await store.publish(policy(), by)), ["prod", 1, true]);
    assert.deepEqual(await now(new Host(again())), [["prod", 1, "One."]]);
  });

  it("puts every change on record once although answers of the ledger get lost", async () => {
    const { storage, again } = await world.storage("policies", "ledger");
    breakWire(storage.ledger, fates("POST", "lost", "passes", "lost", "lost"));
    assert.deepEqual(outline(await new Host(storage).publish(policy(), by)), ["prod", 1, true]);
    const { ledger } = openLedger(again().ledger, new FakeClock());
    const events = await ledger.eventsBetween(policyChain, 1, 100);
    assert.deepEqual(
      events.map(({ kind }) => kind),
      ["policy-published", "policy-activating", "policy-activated"],
    );
    assert.equal((await verifyChain(events, await ledger.head(policyChain))).ok, true);
  });

  it("moves a pointer once although answers of the store get lost, and says so to the one who moved it", async () => {
    const { storage, again } = await world.storage("policies", "ledger");
    await new Host(again()).publish(policy(), by);
    breakWire(storage.policies, fates("PUT", "lost", "lost"));
    assert.deepEqual(outline(await new Host(storage).publish(policy("Two."), by)), ["prod", 2, true]);
    assert.deepEqual(await now(new Host(again())), [["prod", 2, "Two."]]);
  });

  it("keeps the source of a very large policy with letters of every length", async () => {
    const { host } = await open();
    const large = `${policy("Größe 日本 👍.")}# ${"äö👍日".repeat(15_000)}\n`;
    assert.ok(Buffer.byteLength(large) > 150_000);
    assert.deepEqual(outline(await host().publish(large, by)), ["prod", 1, true]);
    const { inForce, problems } = await host().current();
    assert.deepEqual([inForce[0]?.policy.sha256, problems], [policyDigest(large), []]);
  });
}

function inForce(open: Open, world: StorageWorld): void {
  it("is empty and without problems when nothing was published", async () => {
    const { host } = await open();
    assert.deepEqual(await host().current(), { inForce: [], problems: [] });
  });

  it("sees at once what another host published", async () => {
    const { host } = await open();
    const store = host();
    await store.publish(policy(), by);
    assert.deepEqual(await now(store), [["prod", 1, "One."]]);
    await host().publish(policy("Two."), by);
    assert.deepEqual(await now(store), [["prod", 2, "Two."]]);
  });

  it("leaves the version before in force when today's engine cannot compile the one that was published", async () => {
    const { table, host } = await open();
    await host().publish(policy(), by);
    await host().publish(policy("Two."), by);
    await forge(table, 2, policy().replace("plgate/v1", "plgate/v9"));
    const { inForce, problems } = await host().current();
    assert.deepEqual(
      inForce.map(({ policy: { name }, version }) => [name, version]),
      [["prod", 1]],
    );
    assert.match(problems.map(({ message }) => message).join(), /version 2 is broken.*version 1 stays in force/);
  });

  it("gives no policy at all when one of several has no version that compiles", async () => {
    const { table, host } = await open();
    await host().publish(policy(), by);
    await host().publish(policy().replace("name: prod", "name: other"), by);
    await forge(table, 1, "not a policy");
    const { inForce, problems } = await host().current();
    assert.deepEqual(inForce, []);
    assert.deepEqual(
      problems.map(({ policy: name }) => name),
      ["prod"],
    );
  });

  const tampering: Readonly<Record<string, (table: TableClient) => Promise<unknown>>> = {
    "its bytes were changed": (table) =>
      table.updateEntity(
        { partitionKey: "prod", rowKey: versionKey(2), source0: Buffer.from(policy("Approve all.")) },
        "Merge",
        { etag: "*" },
      ),
    "its row is gone": (table) => table.deleteEntity("prod", versionKey(2)),
    "its pointer was bent": (table) =>
      table.updateEntity({ partitionKey: activePartition, rowKey: "prod", sha256: "0".repeat(64) }, "Merge", {
        etag: "*",
      }),
  };
  for (const [what, tamper] of Object.entries(tampering)) {
    it(`puts everything before people when ${what}, instead of going back to an older version`, async () => {
      const { table, host } = await open();
      await host().publish(policy(), by);
      await host().publish(policy("Two."), by);
      await tamper(table);
      const { inForce, problems } = await host().current();
      assert.deepEqual(inForce, []);
      assert.match(problems.map(({ message }) => message).join(), /cannot be trusted.*goes to people/);
    });
  }

  it("is empty with a problem when the store cannot be read", async () => {
    const { storage } = await world.storage();
    const { inForce, problems } = await new PolicyStore(storage.policies).current();
    assert.deepEqual(inForce, []);
    assert.match(problems.map(({ message }) => message).join(), /cannot be read.*does not exist/);
  });
}

function listing(open: Open, world: StorageWorld): void {
  const lines = async (host: Host) => (await host.list()).map(({ sha256: _, problem: __, ...line }) => line);
  const line = (change: Partial<PolicyLine> = {}) => ({
    ...{ name: "prod", version: 1, inForce: 1, latest: 1, author: "Ada", note: "CHG001", at },
    ...change,
  });

  it("lists nothing when nothing was published", async () => {
    assert.deepEqual(await (await open()).host().list(), []);
  });

  it("lists each policy with who put it in force, by name", async () => {
    const { host } = await open();
    await host().publish(policy(), by);
    await host().publish(policy("Two."), { author: "Grace", note: "CHG002" });
    await host().publish(policy().replace("name: prod", "name: other"), by);
    assert.deepEqual(await lines(host()), [
      line({ name: "other" }),
      line({ version: 2, inForce: 2, latest: 2, author: "Grace", note: "CHG002" }),
    ]);
    const [other, prod] = await host().list();
    assert.deepEqual([other?.problem, prod?.problem, prod?.sha256], [null, null, policyDigest(policy("Two."))]);
  });

  it("lists what is broken with the version that stays in force, or with none", async () => {
    const { table, host } = await open();
    await host().publish(policy(), by);
    await host().publish(policy("Two."), by);
    await forge(table, 2, "not a policy");
    assert.deepEqual(await lines(host()), [line({ version: 2, inForce: 1, latest: 2 })]);
    await table.deleteEntity("prod", versionKey(2));
    assert.deepEqual(await lines(host()), [line({ version: 2, inForce: null, latest: 2 })]);
    assert.match((await host().list())[0]?.problem ?? "", /cannot be trusted.*goes to people/);
  });

  it("says so when the store cannot be read, instead of listing nothing", async () => {
    const { storage } = await world.storage();
    await assert.rejects(new PolicyStore(storage.policies).list(), /cannot be listed.*does not exist/);
  });

  it("takes no policy more than may be in force, and still the next version of one that is", async () => {
    const { table, host } = await open();
    await host().publish(policy(), by);
    const columns = pointerColumns({
      ...{ name: "", active: { version: 1, sha256: policyDigest(policy()) }, previous: null, activation: 0 },
      by: { ...by, at },
    });
    const others = Array.from({ length: mostActivePolicies - 1 }, (_, n) => `p${n}`);
    await table.submitTransaction(
      others.map((rowKey) => ["create", { partitionKey: activePartition, rowKey, ...columns }]),
    );
    const late = policy().replace("name: prod", "name: late");
    const refused = await host().publish(late, by);
    assert.deepEqual(refused.kind === "not-in-force" && [refused.why, refused.inForce], ["full", null]);
    assert.deepEqual(outline(await host().publish(policy("Two."), by)), ["prod", 2, true]);
    await table.deleteEntity(activePartition, "p0");
    assert.deepEqual(outline(await host().publish(late, by)), ["late", 1, true]);
  });
}

// As if this source had been published: with the digest that belongs to it.
async function forge(table: TableClient, version: number, source: string): Promise<void> {
  const sha256 = policyDigest(source);
  const change = { partitionKey: "prod", rowKey: versionKey(version), sha256, source0: Buffer.from(source) };
  await table.updateEntity(change, "Merge", { etag: "*" });
  await table.updateEntity({ partitionKey: activePartition, rowKey: "prod", sha256 }, "Merge", { etag: "*" });
}

async function now(store: Host): Promise<readonly (readonly [string, number, string])[]> {
  const { inForce, problems } = await store.current();
  assert.deepEqual(problems, []);
  return inForce.map(({ policy: { name, rules }, version }) => [name, version, rules[0]?.because ?? ""]);
}

function outline(published: PublishOutcome): readonly unknown[] {
  assert.ok(published.kind === "published", JSON.stringify(published));
  return [published.name, published.version, published.changed];
}

function policy(because = "One."): string {
  return `apiVersion: plgate/v1
kind: ApprovalPolicy
name: prod
defaultReview: { by: [oncall] }
reviewers:
  oncall: { entraGroup: 55555555-0000-0000-0000-000000000005 }
rules:
  - id: gold
    effect: approve
    because: "${because}"
    when: { consumer.tier: gold }
`;
}

/** One host: what it judges by, and what its people may change. */
class Host extends PolicyStore {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    super(storage.policies);
    this.#storage = storage;
  }

  publish(
    source: string,
    { author, note }: { readonly author: string; readonly note: string },
  ): Promise<PublishOutcome> {
    const clock = new FakeClock();
    const { ledger } = openLedger(this.#storage.ledger, clock);
    const hand = { who: robot, door: "cli", correlation: "c", clock } as const;
    return publishPolicy(
      { source, file: "prod.yaml", tests: undefined, acknowledge: ["untested"], activate: true },
      { hand, author, note },
      { versions: new PolicyVersionTable(this.#storage.policies), ledger, clock, follow: async () => undefined },
    );
  }
}
