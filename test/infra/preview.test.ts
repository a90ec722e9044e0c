import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { previewAll } from "../../infra/preview.ts";
import { azureWithServices, provisionedEnvironment, sampleEnvironment } from "./fake-azure.ts";

const audience = "11111111-1111-4111-8111-111111111111";
const templates = (commands: readonly string[]) =>
  commands.map((line) => /--template-file infra\/(\w+)/.exec(line)?.[1]);

describe("previewing a deployment", () => {
  it("shows every template, asks for no right to write and changes nothing", async () => {
    const azure = azureWithServices(provisionedEnvironment({ PLGATE_API_AUDIENCE: audience }));
    assert.ok(await previewAll({ ...azure.env }, azure.outside));
    assert.deepEqual(templates(azure.commands), ["record", "main", "rights", "watch", "watch"]);
    for (const line of azure.commands)
      assert.match(line, /^az deployment sub what-if .*--validation-level ProviderNoRbac/);
    assert.deepEqual(azure.deployed, []);
  });

  it("shows what can be shown before anything is deployed", async () => {
    const azure = azureWithServices(sampleEnvironment());
    assert.ok(await previewAll({ ...azure.env }, azure.outside));
    assert.deepEqual(templates(azure.commands), ["record", "main"]);
  });

  it("gives main.bicep what azd would give it, but for secrets", async () => {
    const azure = azureWithServices(
      sampleEnvironment({ PLGATE_TEAMS_BOT: "true", PLGATE_TEAMS_WEBHOOKS: "a=https://secret.example" }),
    );
    const files: string[] = [];
    const outside = { ...azure.outside, file: async (content: string) => `/tmp/${files.push(content) - 1}` };
    await previewAll({ ...azure.env }, { ...outside, az: async () => ({ ok: true, output: "" }) });
    const { teamsBot, mode, environmentName, publicUrl } = JSON.parse(files[1] ?? "").parameters;
    assert.deepEqual(
      [teamsBot, mode, environmentName, publicUrl],
      [{ value: true }, { value: "observe" }, { value: "sample" }, undefined],
    );
    assert.doesNotMatch(files.join(""), /secret/);
  });

  it("fails with the reason where a value is wrong or Azure refuses", async () => {
    const wrong = azureWithServices(sampleEnvironment({ PLGATE_MODE: "x" }));
    assert.equal(await previewAll({ ...wrong.env }, wrong.outside), false);
    assert.match(wrong.said.join("\n"), /PLGATE_MODE: "x" must be one of/);
    const refused = azureWithServices(sampleEnvironment()).refuse(/infra\/main/, "InvalidTemplate");
    assert.equal(await previewAll({ ...refused.env }, refused.outside), false);
    assert.match(refused.said.join("\n"), /infra\/main.bicep in 4444[\s\S]*InvalidTemplate/);
  });
});
