import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Pointer, PublishedVersion } from "../../src/ledger/policy-record.ts";
import { policyDigest } from "../../src/policy/digest.ts";
import type { PolicyVersions } from "../../src/workflow/ports.ts";

export type OpenVersions = () => Promise<{ readonly host: () => PolicyVersions }>;

/** What every store of policies keeps for those who change them, the fake and the stored one. */
export function policyVersionsContract(name: string, open: OpenVersions): void {
  describe(`PolicyVersions contract: ${name}`, () => {
    versions(open);
    pointers(open);
  });
}

function versions(open: OpenVersions): void {
  it("gives a version back with its source and everything about it", async () => {
    const { host } = await open();
    const kept = await host().keep("one: 1\n", draft("one: 1\n", { acknowledged: ["unused"] }));
    assert.deepEqual(kept, { ...draft("one: 1\n", { acknowledged: ["unused"] }), version: 1 });
    assert.deepEqual(await host().version("prod", 1), { published: kept, source: "one: 1\n" });
  });

  it("numbers the versions of each name, and lists them newest first", async () => {
    const { host } = await open();
    for (const source of ["a", "b", "a"]) await host().keep(source, draft(source));
    await host().keep("a", draft("a", { name: "other" }));
    const listed = await host().versions("prod");
    assert.deepEqual(
      listed.map(({ version, sha256 }) => [version, sha256]),
      [
        [3, policyDigest("a")],
        [2, policyDigest("b")],
        [1, policyDigest("a")],
      ],
    );
    assert.equal((await host().versions("other")).length, 1);
  });

  it("finds what is kept under the highest number already, by whomever it was published", async () => {
    const { host } = await open();
    const first = await host().keep("a", draft("a"));
    assert.deepEqual(await host().keep("a", draft("a", { author: "Grace", note: "again" })), first);
  });

  it("gives many publishers at once a version each, without a gap", async () => {
    const { host } = await open();
    const kept = await Promise.all(["a", "b", "c", "d"].map((source) => host().keep(source, draft(source))));
    assert.deepEqual(kept.map(({ version }) => version).sort(), [1, 2, 3, 4]);
  });

  it("knows no version, and lists none, of what was never published", async () => {
    const { host } = await open();
    await host().keep("a", draft("a"));
    assert.deepEqual([await host().version("prod", 2), await host().version("other", 1)], [undefined, undefined]);
    assert.deepEqual(await host().versions("other"), []);
  });
}

function pointers(open: OpenVersions): void {
  it("points where it was told, and says by whom", async () => {
    const { host } = await open();
    assert.equal(await host().pointer("prod"), undefined);
    assert.equal(await host().point(pointer(), null), true);
    const { etag, ...stored } = (await host().pointer("prod")) ?? assert.fail("there is no pointer");
    assert.deepEqual(stored, pointer());
    assert.ok(etag);
    assert.deepEqual(
      (await host().pointers()).map(({ name }) => name),
      ["prod"],
    );
  });

  it("moves a pointer that was seen, once", async () => {
    const { host } = await open();
    await host().point(pointer(), null);
    const seen = await host().pointer("prod");
    const two = pointer({ active: { version: 2, sha256: "2".repeat(64) }, previous: pointer().active, activation: 5 });
    assert.equal(await host().point(two, seen?.etag ?? ""), true);
    assert.equal(await host().point(pointer({ activation: 9 }), seen?.etag ?? ""), false);
    assert.equal((await host().pointer("prod"))?.activation, 5);
  });

  it("moves no pointer that is there for somebody who saw none, nor the other way round", async () => {
    const { host } = await open();
    assert.equal(await host().point(pointer(), 'W/"1"'), false);
    assert.equal(await host().point(pointer(), null), true);
    assert.equal(await host().point(pointer({ activation: 9 }), null), false);
    assert.equal((await host().pointer("prod"))?.activation, 3);
  });
}

function draft(source: string, change: Partial<PublishedVersion> = {}): Omit<PublishedVersion, "version"> {
  const who = { kind: "person", objectId: "o", tenantId: "t", name: "Ada" } as const;
  return {
    ...{ name: "prod", sha256: policyDigest(source), author: "Ada", note: "CHG001", at: "2026-11-24T10:00:00.000Z" },
    ...{ who, door: "api", correlation: "c", acknowledged: [] },
    ...change,
  };
}

function pointer(change: Partial<Pointer> = {}): Pointer {
  return {
    ...{ name: "prod", active: { version: 1, sha256: "1".repeat(64) }, previous: null, activation: 3 },
    by: { author: "Ada", note: "CHG001", at: "2026-11-24T10:00:00.000Z" },
    ...change,
  };
}
