import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import type { LocalStack } from "../local-stack.ts";
import { aPolicy, scratch } from "../terminal.ts";

const main = join(import.meta.dirname, "..", "..", "..", "src", "cli", "main.ts");

/** explain and diff as processes of their own, on what docs/policies.md left on record. */
export function whySuite({ local }: LocalStack): void {
  const start = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [main, "policy", ...args], { env: {} });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { code, out, err };
  };

  describe("explain and diff as processes", () => {
    const folder = scratch();

    it("say by their exit code whether decisions change, and answer on one stream alone", async () => {
      const stop = aPolicy({ name: "stop" }).replace("effect: approve", "effect: review");
      const file = await folder.file(
        "stop.yaml",
        stop.replace(/consumer\.registered.*tier: gold/, "consumer.tier: gold"),
      );
      const changed = await start("diff", "active", file, "--json", ...local());
      assert.deepEqual([changed.code, changed.err], [1, ""]);
      const { judged, changes } = JSON.parse(changed.out);
      assert.deepEqual([judged, changes.length > 0], [3, true]);
      const same = await start("diff", "active", "active", ...local());
      assert.deepEqual([same.code, same.err], [0, ""]);
      assert.match(same.out, /\nno decision changes\n$/);
      const { requestId } = changes[0];
      const explained = await start("explain", requestId, ...local());
      assert.deepEqual([explained.code, explained.err], [0, ""]);
      assert.match(explained.out, new RegExp(`^request ${requestId} is `));
    });

    it("say by 2 that a comparison was not made", async () => {
      const { code, out, err } = await start("diff", "active", "payments@99", ...local());
      assert.deepEqual([code, out], [2, ""]);
      assert.match(err, /there is no version 99 of policy payments/);
    });
  });
}
