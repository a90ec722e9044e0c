import assert from "node:assert/strict";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DemoApi } from "../../local/demo-api.ts";
import { DemoConsole, until } from "../../local/demo-console.ts";
import { Consumer } from "../../local/demo-consumer.ts";
import { approvalsChannel, consumers, people, serviceName } from "../../local/seed.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { openPlayground, type PlaygroundDriver } from "./playground-driver.ts";

const shotsDir = join(import.meta.dirname, "shots");
const quiet = new DemoConsole(() => {});

describe("A reviewer decides on the card in Teams, in a browser", () => {
  let dir = "";
  let stack: Stack;
  let teams: PlaygroundDriver;
  let api: DemoApi;
  let consumer: Consumer;
  let alias = "";

  before(async () => {
    await import("../../build.ts");
    dir = await mkdtemp(join(tmpdir(), "plgate-e2e-"));
    stack = await startStack({ dir, freePorts: true });
    api = new DemoApi(stack);
    consumer = new Consumer(consumers.fabrikam, stack.arm, stack.issuer);
    const service = await until("the service", quiet, async () =>
      (await api.services()).find(({ alias: name }) => name),
    );
    assert.ok(service.id.endsWith(`/${serviceName}`));
    alias = service.alias ?? "";
    teams = await openPlayground({ playgroundUrl: stack.playground.url, shotsDir });
    // Opening the channel sends its install event: from here on the app knows where to post.
    await teams.openChannel(approvalsChannel.name);
  });

  after(async () => {
    await teams?.close();
    await stack?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("the card appears in the channel and says who asks for what, and why policy did not decide", async () => {
    await consumer.ask("pe-partner", alias, "New partner, contract 4711");
    const text = await teams.cardWith("pe-partner");
    for (const words of [
      "Waiting for a decision",
      serviceName,
      "New partner, contract 4711",
      consumers.fabrikam.subscriptionId,
    ]) {
      assert.ok(text.includes(words), `the card says "${words}":\n${text}`);
    }
    const shot = await teams.screenshot("1-waiting");
    if (process.env["PLGATE_UPDATE_PICTURES"])
      await copyFile(shot, join(import.meta.dirname, "../../docs/approval-card.png"));
  });

  it("Approve without a justification is refused, and nothing is decided", async () => {
    await teams.click("Approve");
    await teams.screenshot("2-no-justification", "page");
    assert.equal((await consumer.status("pe-partner")).status, "Pending");
    assert.equal((await requestOf(api, "pe-partner")).state, "awaiting-decision");
  });

  it("somebody who is no reviewer is told so, and nothing is decided", async () => {
    stack.proxy.actAs({ id: "29:alex", name: people.alex.displayName, aadObjectId: people.alex.objectId });
    await teams.typeInto(0, "I would like to");
    await teams.click("Approve");
    await teams.pageWith("You are not a reviewer of this request.");
    await teams.screenshot("3-not-a-reviewer", "page");
    assert.equal((await requestOf(api, "pe-partner")).state, "awaiting-decision");
  });

  it("Approve with a justification turns the card, and ARM says Approved", async () => {
    stack.proxy.actAs({ id: "29:megan", name: people.megan.displayName, aadObjectId: people.megan.objectId });
    await teams.typeInto(0, "Partner since November, CHG-2002");
    await teams.click("Approve");
    const text = await teams.cardWith("Azure confirmed it");
    assert.ok(text.includes("Megan Bowen") && text.includes("CHG-2002"), text);
    assert.equal(await teams.hasButton("Approve"), false);
    assert.equal(await teams.hasButton("Reject"), false);
    await teams.screenshot("4-approved");
    const status = await until("the consumer to see it", quiet, async () => {
      const shown = await consumer.status("pe-partner");
      return shown.status === "Approved" ? shown : undefined;
    });
    assert.match(status.description, /^Approved\. LinkID \d+\. plgate /);
  });

  it("the audit names the person, the door and the justification", async () => {
    const { id } = await requestOf(api, "pe-partner");
    const entries = await until("the audit", quiet, async () => {
      const found = await api.audit(`request=${id}`);
      return found.some(({ kind }) => kind === "applied") ? found : undefined;
    });
    const voted = entries.find(({ kind }) => kind === "voted");
    assert.deepEqual([voted?.who, voted?.whoName, voted?.door], [people.megan.objectId, "Megan Bowen", "teams"]);
    assert.equal(entries.filter(({ kind }) => kind === "vote-refused").length, 1);
    assert.equal((await api.verify()).ok, true);
  });
});

async function requestOf(api: DemoApi, endpoint: string) {
  return until("the request in the list", quiet, async () =>
    (await api.requests()).find(({ endpointId }) => endpointId?.endsWith(`/${endpoint}`)),
  );
}
