import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { findDefinition } from "./conformance.ts";
import type { RecordedExchange } from "./recorder.ts";
import { connect, decide, withArm } from "./test-arm.ts";

const definition = findDefinition();
let dir = "";
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "plgate-traffic-"));
});
after(() => rm(dir, { recursive: true, force: true }));

async function checkTraffic(exchanges: readonly unknown[], env: Readonly<Record<string, string>> = {}) {
  const file = join(dir, "traffic.jsonl");
  await writeFile(file, exchanges.map((exchange) => `${JSON.stringify(exchange)}\n`).join(""));
  const script = join(import.meta.dirname, "check-traffic.ts");
  const done = spawnSync(process.execPath, [script, file], { encoding: "utf8", env: { ...process.env, ...env } });
  return { code: done.status, out: done.stdout, errors: done.stderr };
}

describe("The check of recorded traffic", () => {
  it("says that it did not check where there is no definition", async () => {
    const { code, out } = await checkTraffic([], { PLGATE_ARM_SPEC: join(dir, "nowhere") });
    assert.equal(code, 0);
    assert.match(out, /^NOT CHECKED/);
  });

  it("passes real traffic, and fails a spoilt recording and an empty one", async (test) => {
    if (definition === undefined) {
      test.diagnostic("NOT CHECKED: no definition at PLGATE_ARM_SPEC or beside the checkout (../shared/spec).");
      return;
    }
    let traffic: readonly RecordedExchange[] = [];
    await withArm({}, async (arm) => {
      await decide(arm, (await connect(arm, "pe-1")).name, "Approved");
      traffic = arm.exchanges;
    });
    const good = await checkTraffic(traffic);
    assert.equal(good.code, 0, good.errors);
    assert.match(good.out, /PrivateLinkServices_UpdatePrivateEndpointConnection/);
    const spoilt = traffic.map((exchange) => ({
      ...exchange,
      response: { ...exchange.response, body: { invented: 1 } },
    }));
    assert.equal((await checkTraffic(spoilt)).code, 1);
    assert.equal((await checkTraffic([])).code, 1);
  });
});
