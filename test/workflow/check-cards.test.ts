import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkHealth } from "../../src/workflow/check-health.ts";
import { change, channelStage, everybody, network, security } from "./shown.ts";

async function teamsCheck(
  ports: ReturnType<typeof channelStage>,
  channels: readonly string[] | undefined = ["a", "b"],
) {
  const { checks } = await checkHealth(ports, channels && (async () => channels));
  return checks.find(({ name }) => name === "teams");
}

describe("Health says whether people see what they are asked", () => {
  it("where cards go, when all is well", async () => {
    const ports = channelStage();
    await change({}, ports);
    assert.deepEqual(await teamsCheck(ports), { name: "teams", status: "healthy", detail: "the bot is in a, b" });
  });

  it("how many open requests stand in no channel", async () => {
    const ports = channelStage();
    for (const place of [network, security, everybody, "ops"]) ports.notifier.closed.add(place);
    await change({}, ports);
    const check = await teamsCheck(ports);
    assert.equal(check?.status, "degraded");
    assert.match(check?.detail ?? "", /1 of 1 open request\(s\) stand in no channel/);
  });

  it("which names of a policy are no place", async () => {
    const ports = channelStage();
    await change({ reviewers: [{ group: "g", name: "net", approvals: 1, channels: ["nirvana"] }] }, ports);
    const check = await teamsCheck(ports);
    assert.match(check?.detail ?? "", /^nirvana, which the reviewers net name, is no channel that has the bot/);
    assert.equal(check?.status, "degraded");
  });

  it("what to do while there is no place at all", async () => {
    const ports = channelStage();
    ports.notifier.mode = "nowhere";
    assert.match((await teamsCheck(ports, []))?.detail ?? "", /no channel has the bot: add it to a team/);
    assert.match((await checkHealth(ports, undefined)).checks.at(-1)?.detail ?? "", /PLGATE_BOT_APP_ID/);
  });

  it("that only webhooks are told", async () => {
    const ports = channelStage();
    ports.notifier.channels = [];
    const check = await teamsCheck(ports, []);
    assert.match(check?.detail ?? "", /webhooks are told, and people answer on the page/);
  });
});
