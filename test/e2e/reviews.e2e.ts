import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DemoApi } from "../../local/demo-api.ts";
import { DemoConsole, until } from "../../local/demo-console.ts";
import { Consumer } from "../../local/demo-consumer.ts";
import { approvalsChannel, consumers, people, securityGroup } from "../../local/seed.ts";
import { publishFor } from "../../local/seed-storage.ts";
import { type Stack, startStack } from "../../local/stack.ts";
import { openPlayground, type PlaygroundDriver } from "./playground-driver.ts";

const shotsDir = join(import.meta.dirname, "shots");
const quiet = new DemoConsole(() => {});

const policy = `apiVersion: plgate/v1
kind: ApprovalPolicy
name: careful
match: { service.tags.env: prod }
reviewers:
  security: { entraGroup: ${securityGroup}, channel: ${approvalsChannel.name} }
rules:
  - id: two-of-three
    effect: review
    because: Two people of security look at every partner.
    review: { by: [security], approvals: 2 }
    when: { endpoint.name: { like: "pe-two-*" } }
  - id: within-a-minute
    effect: review
    because: Trials are answered at once or not at all.
    review: { by: [security], within: PT1M, expiry: leave }
    when: { endpoint.name: { like: "pe-trial-*" } }
`;

describe("Reviewers decide in Teams, in a browser: quorum, separation of duties, and time", () => {
  let dir = "";
  let stack: Stack;
  let teams: PlaygroundDriver;
  let api: DemoApi;
  let alias = "";
  const asks = async (who: keyof typeof consumers, endpoint: string, message: string) => {
    const consumer = new Consumer(consumers[who], stack.arm, stack.issuer);
    await consumer.ask(endpoint, alias, message);
    return consumer;
  };
  const actAs = ({ name, displayName, objectId }: (typeof people)[keyof typeof people]) =>
    stack.proxy.actAs({ id: `29:${name}`, name: displayName, aadObjectId: objectId });
  const requestOf = (endpoint: string) =>
    until(`the request of ${endpoint}`, quiet, async () =>
      (await api.requests()).find(({ endpointId }) => endpointId?.endsWith(`/${endpoint}`)),
    );

  before(async () => {
    await import("../../build.ts");
    dir = await mkdtemp(join(tmpdir(), "plgate-e2e-"));
    stack = await startStack({ dir, freePorts: true });
    await publishFor(stack.azurite.connectionString, { source: policy, file: "careful.yaml" });
    api = new DemoApi(stack);
    const service = await until("the service", quiet, async () =>
      (await api.services()).find(({ alias: name }) => name),
    );
    alias = service.alias ?? "";
    teams = await openPlayground({ playgroundUrl: stack.playground.url, shotsDir });
    await teams.openChannel(approvalsChannel.name);
  });

  after(async () => {
    await teams?.close();
    await stack?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it("asks for two of three, and says so", async () => {
    await asks("fabrikam", "pe-two-partner", "New partner, contract 4711");
    const text = await teams.cardWith("pe-two-partner");
    assert.match(text, /0 of 2/);
    await teams.screenshot("reviews-1-two-of-three");
  });

  it("counts the first approval, and the same person no second time", async () => {
    actAs(people.megan);
    await teams.typeInto(0, "Contract 4711 is signed");
    await teams.click("Approve");
    assert.match(await teams.cardWith("1 of 2"), /Megan Bowen/);
    await teams.screenshot("reviews-2-one-of-two");
    await teams.typeInto(0, "Once more");
    await teams.click("Approve");
    await teams.cardWith("1 of 2");
    assert.equal((await requestOf("pe-two-partner")).state, "awaiting-decision");
  });

  it("is decided by a second person, and a third who clicks late sees how it stands", async () => {
    const release = stack.tap.holdUpdates();
    try {
      const { id } = await requestOf("pe-two-partner");
      await api.decide(people.lee, id, "approve", "Known to security");
      await until("the decision", quiet, async () =>
        (await requestOf("pe-two-partner")).state === "approved" ? true : undefined,
      );
      actAs(people.adele);
      await teams.typeInto(0, "I would rather not");
      await teams.click("Reject");
      const text = await teams.cardWith("Approved");
      assert.ok(text.includes("Megan Bowen") && text.includes("Lee Gu") && !text.includes("I would rather not"), text);
      assert.equal(await teams.hasButton("Reject"), false);
      await teams.screenshot("reviews-3-late-click");
    } finally {
      release();
    }
    const { id } = await requestOf("pe-two-partner");
    assert.equal((await api.audit(`request=${id}&kind=voted`)).length, 2);
  });

  it("refuses the consumer's own people, privately, and puts the try on record", async () => {
    await asks("shipping", "pe-two-shipping", "For the new scanner");
    await teams.cardWith("pe-two-shipping");
    actAs(people.adele);
    await teams.typeInto(0, "We need it");
    await teams.click("Approve");
    await teams.pageWith("from your own side");
    await teams.screenshot("reviews-4-own-request", "page");
    const { id, state } = await requestOf("pe-two-shipping");
    assert.equal(state, "awaiting-decision");
    const [refused] = await until("the refusal in the audit", quiet, async () => {
      const found = await api.audit(`request=${id}&kind=vote-refused`);
      return found.length > 0 ? found : undefined;
    });
    assert.equal(refused?.who, people.adele.objectId);
  });

  it("reminds in the thread, and closes what nobody answered in time; the connection stays Pending", async () => {
    const consumer = await asks("fabrikam", "pe-trial-short", "TRIAL-1");
    await teams.cardWith("pe-trial-short");
    await teams.pageWith("Half of the time", 60_000);
    await teams.screenshot("reviews-5-reminder", "page");
    const text = await teams.cardWith("Expired", 60_000);
    assert.equal(await teams.hasButton("Approve"), false, text);
    await teams.screenshot("reviews-6-expired");
    assert.equal((await requestOf("pe-trial-short")).state, "expired");
    assert.equal((await consumer.status("pe-trial-short")).status, "Pending");
  });
});
