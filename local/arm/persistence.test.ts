import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { createSaver, loadState } from "./persistence.ts";
import type { ArmSettings } from "./settings.ts";
import { emptySnapshot } from "./store.ts";
import {
  clientOf,
  connect,
  connectionOf,
  decide,
  polling,
  refusalOf,
  type TestArm,
  testAuthority,
  until,
  withArm,
} from "./test-arm.ts";
import { consumer, consumerSub, endpointBody, provider, providerSub, testSeed } from "./test-world.ts";

let dir = "";
let counter = 0;
const freshFile = () => join(dir, `state-${++counter}.json`);
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "plgate-arm-state-"));
});
after(() => rm(dir, { recursive: true, force: true }));

const services = (arm: TestArm) => arm.client(provider, providerSub).privateLinkServices;

describe("A local ARM that is stopped and started again", () => {
  it("goes on where it was: services, endpoints, connections, etags, LinkIDs", async () => {
    const stateFile = freshFile();
    const whole = async (arm: TestArm) => [
      await services(arm).get("rg-services", "pls-open"),
      await arm.client(consumer, consumerSub).privateEndpoints.get("rg-app", "pe-1"),
    ];
    let kept: unknown;
    await withArm({ stateFile }, async (arm) => {
      const { name } = await connect(arm, "pe-1");
      await decide(arm, name, "Approved");
      kept = await whole(arm);
    });
    await withArm({ stateFile }, async (arm) => {
      assert.deepEqual(await whole(arm), kept);
      const second = await connect(arm, "pe-2");
      assert.notEqual(second.linkIdentifier, (await connectionOf(arm, "pe-1")).linkIdentifier);
    });
  });

  it("draws other ids with the same seed, and does not bring back a seeded service that was deleted", async () => {
    const stateFile = freshFile();
    const names = new Set<string>();
    for (let start = 0; start < 3; start += 1) {
      await withArm({ stateFile }, async (arm) => {
        names.add((await connect(arm, "pe-1")).name);
        await arm.client(consumer, consumerSub).privateEndpoints.delete("rg-app", "pe-1", polling);
      });
    }
    assert.equal(names.size, 3);
    await withArm({ stateFile }, async (arm) => {
      await services(arm).delete("rg-services", "pls-open", polling);
    });
    await withArm({ stateFile }, async (arm) => {
      assert.deepEqual(await refusalOf(services(arm).get("rg-services", "pls-open")), [404, "ResourceNotFound"]);
    });
  });

  it("takes rights from the seed alone: a role that was narrowed is narrow at once", async () => {
    const stateFile = freshFile();
    await withArm({ stateFile }, async (arm) => void (await services(arm).get("rg-services", "pls-open")));
    const narrow = { ...testSeed, roleAssignments: [] };
    await withArm({ stateFile, seed: narrow }, async (arm) => {
      assert.deepEqual(await refusalOf(services(arm).get("rg-services", "pls-open")), [403, "AuthorizationFailed"]);
    });
  });

  it("ends what it had accepted before, and reports it then", async () => {
    const stateFile = freshFile();
    await withArm({ stateFile, settings: { "latency.lroMs": 3_600_000 } }, async (arm) => {
      const { privateEndpoints } = arm.client(consumer, consumerSub);
      await privateEndpoints.createOrUpdate("rg-app", "pe-1", endpointBody(), polling).submitted();
      assert.deepEqual(arm.writes, []);
    });
    const later = () => new Date(Date.now() + 3_600_000);
    await withArm({ stateFile, now: later }, async (arm) => {
      await until(async () => arm.writes.length > 0);
      assert.equal(arm.writes[0]?.target?.change, "created");
      assert.equal((await connectionOf(arm, "pe-1")).privateLinkServiceConnectionState?.status, "Pending");
    });
  });

  for (const [name, text] of Object.entries({
    damaged: '{"version":1,',
    "of another version": '{"version":0,"starts":1,"snapshot":{}}',
    "half there": '{"version":1,"starts":1,"snapshot":{"services":[]}}',
  })) {
    it(`refuses to start over a file that is ${name}`, async () => {
      const stateFile = freshFile();
      await writeFile(stateFile, text);
      await assert.rejects(
        withArm({ stateFile }, async () => {}),
        /is not a state file/,
      );
      assert.equal(await readFile(stateFile, "utf8"), text);
    });
  }
});

describe("A local ARM that is killed", () => {
  it("has kept whatever a client was told, and ends what it had accepted", async () => {
    const stateFile = freshFile();
    const first = await startProcess(stateFile, {});
    const names: string[] = [];
    try {
      const arm = first.as();
      for (const name of ["pe-1", "pe-2", "pe-3"]) {
        await arm.consumer.privateEndpoints.createOrUpdate("rg-app", name, endpointBody(), polling);
        const service = await arm.provider.privateLinkServices.get("rg-services", "pls-open");
        const made = service.privateEndpointConnections?.at(-1)?.name ?? "";
        names.push(made);
        const decision = { privateLinkServiceConnectionState: { status: "Approved", description: name } };
        await arm.provider.privateLinkServices.updatePrivateEndpointConnection(
          "rg-services",
          "pls-open",
          made,
          decision,
        );
      }
    } finally {
      await first.kill();
    }
    const second = await startProcess(stateFile, { "latency.lroMs": 3_600_000 });
    try {
      const { provider: owner, consumer: asker } = second.as();
      const service = await owner.privateLinkServices.get("rg-services", "pls-open");
      assert.deepEqual(
        service.privateEndpointConnections?.map((one) => [one.name, one.privateLinkServiceConnectionState?.status]),
        names.map((name) => [name, "Approved"]),
      );
      await asker.privateEndpoints.createOrUpdate("rg-app", "pe-4", endpointBody(), polling).submitted();
    } finally {
      await second.kill();
    }
    // The accepted operation is on disk; the next start takes it up.
    const later = () => new Date(Date.now() + 3_600_000);
    await withArm({ stateFile, now: later }, async (arm) => {
      await until(async () => arm.writes.length > 0);
      assert.equal((await connectionOf(arm, "pe-4")).privateLinkServiceConnectionState?.status, "Pending");
    });
  });
});

describe("The state file", () => {
  it("is written once for many changes, is whole at any time, and leaves no drafts", async () => {
    const file = join(await mkdtemp(join(dir, "saver-")), "state.json");
    let starts = 0;
    const saver = createSaver(file, () => ({ snapshot: emptySnapshot, starts }));
    for (starts = 1; starts < 200; starts += 1) saver.changed();
    const waits = Array.from({ length: 50 }, () => saver.saved());
    saver.changed();
    await Promise.all([...waits, saver.saved()]);
    assert.equal((await loadState(file)).starts, 200);
    assert.deepEqual(await readdir(join(file, "..")), ["state.json"]);
  });

  it("that cannot be written stops the answer, not the process", async () => {
    const stateFile = join(dir, "no-such-folder", "state.json");
    await assert.rejects(
      withArm({ stateFile }, async () => {}),
      /ENOENT/,
    );
  });
});

async function startProcess(stateFile: string, settings: Partial<ArmSettings>) {
  const { key, cert, caPem } = await testAuthority();
  const [keyFile, certFile] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(certFile, cert);
  const script = join(import.meta.dirname, "test-arm-process.ts");
  const child = spawn(process.execPath, [script, stateFile, keyFile, certFile, JSON.stringify(settings)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await announced(child);
  const client = (caller: typeof provider, subscriptionId: string) =>
    clientOf(url, caPem, { caller, subscriptionId, retryOptions: { maxRetries: 0 } });
  return {
    as: () => ({ provider: client(provider, providerSub), consumer: client(consumer, consumerSub) }),
    async kill() {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function announced(child: ChildProcess): Promise<string> {
  assert.ok(child.stdout);
  for await (const line of createInterface(child.stdout)) {
    if (line.startsWith("url ")) return line.slice(4);
  }
  throw new Error("The process ended before it announced its address.");
}
