import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AnchorFiles, Archive } from "../../src/workflow/audit-ports.ts";

/** Files that are written once, and files that only grow. */
export function evidenceContract(
  name: string,
  open: () => Promise<{ readonly archive: Archive; readonly anchors: AnchorFiles }>,
): void {
  describe(`Archive contract: ${name}`, () => {
    it("keeps a file, keeps it again, and no other under its name", async () => {
      const { archive } = await open();
      const text = "one\n\u00e9\u{1f512}\n";
      assert.equal(await archive.read("a/1.ndjson"), undefined);
      assert.deepEqual([await archive.keep("a/1.ndjson", text), await archive.keep("a/1.ndjson", text)], [true, true]);
      assert.equal(await archive.keep("a/1.ndjson", "two\n"), false);
      assert.equal(await archive.read("a/1.ndjson"), text);
    });

    it("keeps one of two files that come at once", async () => {
      const { archive } = await open();
      const kept = await Promise.all(["one", "two", "three"].map((text) => archive.keep("a/1.ndjson", text)));
      assert.equal(kept.filter(Boolean).length, 1);
    });
  });

  describe(`AnchorFiles contract: ${name}`, () => {
    it("adds behind what was read, and nowhere else", async () => {
      const { anchors } = await open();
      assert.deepEqual([await anchors.days(), (await anchors.read("2026-11-26")).length], [[], 0]);
      assert.equal(await anchors.append("2026-11-26", "\u00e9\n", 0), true);
      assert.equal(await anchors.append("2026-11-26", "late\n", 0), false);
      const { length } = await anchors.read("2026-11-26");
      assert.equal(await anchors.append("2026-11-26", "two\n", length), true);
      assert.equal(await anchors.append("2026-11-25", "before\n", 0), true);
      assert.deepEqual(await anchors.days(), ["2026-11-25", "2026-11-26"]);
      assert.deepEqual(await anchors.read("2026-11-26"), { text: "\u00e9\ntwo\n", length: 7 });
    });

    it("takes one of several that add at once", async () => {
      const { anchors } = await open();
      const took = await Promise.all(["1\n", "2\n", "3\n"].map((text) => anchors.append("2026-11-26", text, 0)));
      assert.equal(took.filter(Boolean).length, 1);
    });

    it("takes more than a block of lines, whole lines each", async () => {
      const { anchors } = await open();
      const lines = Array.from({ length: 6 }, (_, n) => `${String(n).repeat(900_000)}\n`).join("");
      assert.equal(await anchors.append("2026-11-26", lines, 0), true);
      const read = await anchors.read("2026-11-26");
      assert.ok(read.text === lines && read.length === lines.length);
    });
  });
}
