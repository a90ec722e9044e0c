import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DemoApi } from "../local/demo-api.ts";
import { Channel } from "../local/demo-channel.ts";
import { DemoConsole, until } from "../local/demo-console.ts";
import { Consumer } from "../local/demo-consumer.ts";
import { consumers, people, providerSubscription, serviceId } from "../local/seed.ts";
import { type Stack, startStack } from "../local/stack.ts";

const quiet = new DemoConsole(() => {});
const longMs = 150_000;

/* The whole house as it is deployed: the bundle under the functions host, fed by Event Grid, on storage that stays. */
describe("The house on the local Azure", () => {
  let dir = "";
  let stack: Stack;
  let api: DemoApi;
  let alias = "";

  const open = async () => {
    stack = await startStack({ dir, freePorts: true, arm: { "latency.writeMs": 150 } });
    api = new DemoApi(stack);
    const service = await until("the service", quiet, async () =>
      (await api.services()).find(({ alias: name }) => name),
    );
    alias = service.alias ?? "";
  };
  const consumer = (name: keyof typeof consumers) => new Consumer(consumers[name], stack.arm, stack.issuer);
  const ended = (endpoint: string) =>
    until(
      `the end of ${endpoint}`,
      quiet,
      async () => {
        const request = (await api.requests()).find(({ endpointId }) => endpointId?.endsWith(`/${endpoint}`));
        return request && ["approved", "rejected"].includes(request.state) ? request : undefined;
      },
      longMs,
    );

  before(async () => {
    await import("../build.ts");
    dir = await mkdtemp(join(tmpdir(), "plgate-house-"));
    await open();
  });
  after(async () => {
    await stack?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  for (const [name, setting] of Object.entries({
    "by a connection proxy's event": "proxy",
    "by a resource notification as CloudEvent": "notification",
    "by several events for one cause": "all",
    "by no event at all, so the sweep finds it": "none",
  } as const)) {
    it(`a customer is approved when Azure tells of the new connection ${name}`, async () => {
      stack.eventGrid.configure({ onConsumerCreate: setting });
      await consumer("shipping").ask(`pe-${setting}`, alias, "CHG-1");
      assert.equal((await ended(`pe-${setting}`)).state, "approved");
      await stack.eventGrid.idle(10_000);
      stack.eventGrid.configure({ onConsumerCreate: "proxy" });
    });
  }

  const post = (body: string, key: string, type = "Notification") =>
    fetch(`${stack.host.url}/runtime/webhooks/EventGrid?functionName=connection-event&code=${key}`, {
      method: "POST",
      headers: { "content-type": "application/json", "aeg-event-type": type },
      body,
    });

  it("an event with a wrong key is refused, and the app never sees it", async () => {
    assert.equal((await post("[]", "wrong")).status, 401);
  });

  it("answers are streamed: they come by the library's own listener", async () => {
    const answer = await fetch(`${stack.host.url}/api/health`);
    assert.deepEqual(await answer.json(), { status: "alive" });
    assert.match(answer.headers.get("x-ms-invocation-id") ?? "none", /^[0-9a-f-]{36}$/);
  });

  it("events that are strange or about somebody else's resources cause no call to ARM", async () => {
    const { functions } = JSON.parse(await (await import("node:fs/promises")).readFile(stack.stateFile, "utf8"));
    const before = stack.arm.counts();
    const foreign = serviceId.replace(providerSubscription, "ffffffff-0000-4000-8000-00000000000f");
    const strange = [
      { id: "1", eventType: "Microsoft.Resources.ResourceWriteSuccess", subject: foreign, data: {} },
      {
        id: "2",
        eventType: "Microsoft.Resources.ResourceWriteSuccess",
        subject: `${serviceId}/../../virtualMachines/vm`,
        data: {},
      },
      { id: "3", eventType: "Contoso.Something", subject: serviceId, data: { resourceUri: "x".repeat(5000) } },
      { id: "4" },
    ];
    const answer = await post(JSON.stringify(strange), functions.eventGridKey);
    assert.equal(answer.status, 202);
    const after = stack.arm.counts();
    assert.deepEqual(pathsWith(after, "virtualMachines"), []);
    assert.ok(JSON.stringify(before).length > 0);
    assert.equal((await post("{ not json", functions.eventGridKey)).ok, false);
  });

  it("kill -9 in the middle of work: a new host on the same storage brings every request to its end, none twice", async () => {
    const asked = ["pe-k1", "pe-k2", "pe-k3", "pe-k4"] as const;
    const who = ["billing", "blocked", "billing", "blocked"] as const;
    await Promise.all(asked.map((name, index) => consumer(who[index] ?? "billing").ask(name, alias, "CHG-9")));
    await until("the first decision", quiet, async () =>
      (await api.audit("kind=decided&top=50")).length > 4 ? true : undefined,
    );
    process.kill(stack.host.pid(), "SIGKILL");
    const states = await Promise.all(asked.map(async (name) => (await ended(name)).state));
    assert.deepEqual(states, ["approved", "rejected", "approved", "rejected"]);
    assert.equal(stack.host.restarts(), 1);
    for (const name of asked) {
      const { id } = await ended(name);
      const kinds = await until(
        `the audit of ${name}`,
        quiet,
        async () => {
          const found = (await api.audit(`request=${id}`)).map(({ kind }) => kind);
          return found.includes("applied") ? found : undefined;
        },
        longMs,
      );
      assert.deepEqual([...kinds].sort(), ["applied", "decided", "evaluated", "requested"], name);
    }
    assert.equal((await api.verify()).ok, true);
  });

  it("a stack that was stopped goes on where it was: a waiting request is decided after the restart", async () => {
    const channel = new Channel(stack);
    await channel.install();
    await consumer("fabrikam").ask("pe-later", alias, "no hurry");
    // A host that was killed before holds the service for half a minute, and a card that it was posting for one.
    const card = await until("the card", quiet, () => channel.cards()[0], 90_000);
    await stack.stop();
    await open();
    assert.equal((await consumer("fabrikam").status("pe-later")).status, "Pending");
    // The card stands in the channel still; the address of the laptop's connector is a new one, as after a move of Teams.
    const again = new Channel(stack);
    await again.install();
    await again.press(card, people.megan, "approve", "as agreed");
    assert.equal((await ended("pe-later")).state, "approved");
    assert.equal((await api.verify()).ok, true);
  });
});

function pathsWith(counts: unknown, text: string): readonly string[] {
  return JSON.stringify(counts)
    .split('"')
    .filter((part) => part.includes(text));
}
