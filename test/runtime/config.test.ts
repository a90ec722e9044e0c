import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError, describeConfig, readConfig } from "../../src/runtime/config.ts";
import { languages } from "../../src/words/language.ts";

const id = (n: number) => `${String(n).repeat(8)}-0000-4000-8000-000000000000`;
const azure = {
  PLGATE_TENANT_ID: id(1),
  PLGATE_SUBSCRIPTIONS: `${id(2)}, ${id(3).toUpperCase()}`,
  PLGATE_FALLBACK_REVIEWERS: id(4),
  PLGATE_API_AUDIENCE: "api://plgate",
  PLGATE_STORAGE_ACCOUNT: "plgatestore",
};

function faults(change: Record<string, string | undefined>): string {
  try {
    readConfig({ ...azure, ...change });
    return "no fault";
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.faults.join("\n");
  }
}

function webhooks(list: string): Record<string, string> {
  return { PLGATE_PUBLIC_URL: "https://plgate.example", PLGATE_TEAMS_WEBHOOKS: list };
}

describe("The configuration", () => {
  it("is safe by default: plgate observes, in the public cloud", () => {
    const config = readConfig(azure);
    assert.equal(config.mode, "observe");
    assert.deepEqual(config.subscriptions, [id(2), id(3)]);
    assert.equal(config.endpoints.arm, "https://management.azure.com");
    assert.equal(config.bot, undefined);
  });

  it("chooses the endpoints of a sovereign cloud together, scopes included", () => {
    const { endpoints } = readConfig({ ...azure, PLGATE_CLOUD: "usgov" });
    assert.deepEqual(
      [endpoints.arm, endpoints.armScope, endpoints.botIssuer],
      [
        "https://management.usgovcloudapi.net",
        "https://management.usgovcloudapi.net/.default",
        "https://api.botframework.us",
      ],
    );
  });

  it("takes an empty variable as one that is not set", () =>
    assert.equal(readConfig({ ...azure, PLGATE_BOT_APP_ID: "" }).bot, undefined));

  it("lets people sign in to the app registration of the API, or to one that is named for it", () => {
    const clientOf = (change: Record<string, string>) => readConfig({ ...azure, ...change }).signInClientId;
    assert.equal(clientOf({ PLGATE_API_AUDIENCE: id(5) }), id(5));
    assert.equal(clientOf({ PLGATE_API_AUDIENCE: id(5), PLGATE_SIGN_IN_CLIENT_ID: id(6).toUpperCase() }), id(6));
    assert.equal(clientOf({}), undefined);
    assert.match(faults({ PLGATE_SIGN_IN_CLIENT_ID: "plgate" }), /^PLGATE_SIGN_IN_CLIENT_ID: /);
  });

  it("tells consumers their LinkID only when asked to, in words that cannot be mistaken", () => {
    assert.equal(readConfig(azure).linkIdInDescription, false);
    assert.equal(readConfig({ ...azure, PLGATE_LINK_ID_IN_DESCRIPTION: "false" }).linkIdInDescription, false);
    assert.equal(readConfig({ ...azure, PLGATE_LINK_ID_IN_DESCRIPTION: "true" }).linkIdInDescription, true);
    assert.match(faults({ PLGATE_LINK_ID_IN_DESCRIPTION: "yes" }), /^PLGATE_LINK_ID_IN_DESCRIPTION: /);
  });

  it("speaks English to channels unless it is told to speak Japanese", () => {
    assert.equal(readConfig(azure).language, "en");
    for (const language of languages) {
      assert.equal(readConfig({ ...azure, PLGATE_LANGUAGE: language }).language, language);
    }
    assert.match(faults({ PLGATE_LANGUAGE: "nb" }), /^PLGATE_LANGUAGE: .*"en".*"ja"/);
    assert.equal(describeConfig(readConfig({ ...azure, PLGATE_LANGUAGE: "ja" }))["language"], "ja");
  });

  it("cannot be changed after it was read", () => {
    const config = readConfig(azure);
    assert.throws(() => Object.assign(config.endpoints, { arm: "https://evil.example" }), TypeError);
  });

  it("shows secrets as stars", () => {
    const shown = describeConfig(
      readConfig({
        ...azure,
        PLGATE_STORAGE_ACCOUNT: undefined,
        PLGATE_STORAGE_CONNECTION: "AccountKey=geheim",
        PLGATE_BOT_APP_ID: id(5),
        PLGATE_BOT_SECRET: "geheim",
      }),
    );
    assert.doesNotMatch(JSON.stringify(shown), /geheim/);
    assert.match(shown["bot"] ?? "", /with secret \*\*\*/);
  });

  it("reads webhooks by name, from lines or with semicolons, and shows no address of theirs", () => {
    const [flow, environment] = [
      "https://prod-1.westeurope.logic.azure.com:443/workflows/1?sig=geheim",
      "https://1.environment.api.powerplatform.com:443/powerautomate/geheim?a=1&b=2",
    ];
    const config = readConfig({
      ...azure,
      PLGATE_PUBLIC_URL: "https://plgate.example",
      PLGATE_TEAMS_WEBHOOKS: `ops = ${flow};\n Night shift=${environment}\n`,
    });
    assert.deepEqual(config.webhooks, {
      list: [
        { name: "ops", url: flow },
        { name: "Night shift", url: environment },
      ],
      local: false,
    });
    assert.equal(describeConfig(config)["webhooks"], "ops at ***, Night shift at ***");
    assert.doesNotMatch(JSON.stringify(describeConfig(config)), /geheim|logic\.azure/);
  });

  const flow = "https://prod-1.westeurope.logic.azure.com/workflows/1?sig=geheim";
  const badWebhooks: Record<string, [Record<string, string>, RegExp]> = {
    "no public address to link to": [{ PLGATE_TEAMS_WEBHOOKS: `ops=${flow}` }, /needs PLGATE_PUBLIC_URL/],
    "no name": [webhooks(flow), /entry 1 does not begin with a name/],
    "the id of a channel as its name": [webhooks(`19:x@thread.tacv2=${flow}`), /entry 1 does not begin with a name/],
    "no address": [webhooks("ops=geheim"), /the webhook ops has no address/],
    "the name of another": [webhooks(`ops=${flow};OPS=${flow}`), /two webhooks have one name/],
    "a foreign host": [webhooks("ops=https://evil.example/?sig=geheim"), /ops is not at \*\.logic\.azure\.com/],
    "a host that only looks right": [webhooks("ops=https://xlogic.azure.com/geheim"), /ops is not at/],
    "no TLS": [webhooks(`ops=${flow.replace("https", "http")}`), /ops is not at/],
    "loopback outside the local stack": [webhooks("ops=http://127.0.0.1:1/geheim"), /ops is not at/],
    "loopback on a host that Azure runs": [
      { ...webhooks("ops=http://127.0.0.1:1/geheim"), PLGATE_LOCAL: "1", WEBSITE_INSTANCE_ID: "x" },
      /ops is not at/,
    ],
  };
  for (const [name, [change, fault]] of Object.entries(badWebhooks)) {
    it(`is refused with a webhook that has ${name}, and keeps the address for itself`, () => {
      const said = faults(change);
      assert.match(said, fault);
      assert.match(said, /^PLGATE_TEAMS_WEBHOOKS: /);
      assert.doesNotMatch(said, /geheim/);
    });
  }

  it("lets the local stack have a webhook on loopback", () => {
    const local = { ...azure, ...webhooks("ops=http://127.0.0.1:1/x"), PLGATE_LOCAL: "1" };
    assert.equal(readConfig(local).webhooks.local, true);
  });

  const topic = "https://decisions.westeurope-1.eventgrid.azure.net/api/events";
  it("publishes nowhere unless a topic of this cloud is named", () => {
    assert.equal(readConfig(azure).decisionsTopic, undefined);
    assert.equal(readConfig({ ...azure, PLGATE_DECISIONS_TOPIC: "" }).decisionsTopic, undefined);
    const config = readConfig({ ...azure, PLGATE_DECISIONS_TOPIC: topic });
    assert.equal(config.decisionsTopic, topic);
    assert.equal(describeConfig(config)["decisionsTopic"], topic);
    const china = { PLGATE_CLOUD: "china", PLGATE_DECISIONS_TOPIC: topic.replace(".net", ".cn") };
    assert.equal(readConfig({ ...azure, ...china }).decisionsTopic, china.PLGATE_DECISIONS_TOPIC);
    const local = { PLGATE_LOCAL: "1", PLGATE_DECISIONS_TOPIC: "https://127.0.0.1:5000/api/events" };
    assert.equal(readConfig({ ...azure, ...local }).decisionsTopic, local.PLGATE_DECISIONS_TOPIC);
  });

  const badTopics: Record<string, Record<string, string>> = {
    "no TLS": { PLGATE_DECISIONS_TOPIC: topic.replace("https", "http") },
    "no TLS on loopback": { PLGATE_LOCAL: "1", PLGATE_DECISIONS_TOPIC: "http://127.0.0.1:5000/api/events" },
    "no address": { PLGATE_DECISIONS_TOPIC: "decisions" },
    "a foreign host": { PLGATE_DECISIONS_TOPIC: "https://evil.example/api/events" },
    "a host that only looks right": { PLGATE_DECISIONS_TOPIC: "https://xeventgrid.azure.net/api/events" },
    "the host of another cloud": { PLGATE_DECISIONS_TOPIC: topic.replace(".net", ".us") },
    "no path": { PLGATE_DECISIONS_TOPIC: topic.replace("/api/events", "") },
    "a port of its own": { PLGATE_DECISIONS_TOPIC: topic.replace(".net", ".net:8443") },
    "loopback outside the local stack": { PLGATE_DECISIONS_TOPIC: "https://127.0.0.1:5000/api/events" },
    "loopback on a host that Azure runs": {
      ...{ PLGATE_LOCAL: "1", WEBSITE_INSTANCE_ID: "x" },
      PLGATE_DECISIONS_TOPIC: "https://127.0.0.1:5000/api/events",
    },
  };
  for (const [name, change] of Object.entries(badTopics)) {
    it(`is refused with a topic that has ${name}`, () => {
      assert.match(faults(change), /^PLGATE_DECISIONS_TOPIC: is not the (https )?address of a topic/);
    });
  }

  it("names every fault at once, each with its variable", () => {
    const all = faults({
      PLGATE_TENANT_ID: undefined,
      PLGATE_MODE: "yolo",
      PLGATE_SUBSCRIPTIONS: "all",
      PLGATE_PUBLIC_URL: "ftp://x",
    });
    for (const name of ["PLGATE_TENANT_ID: is not set", "PLGATE_MODE", "PLGATE_SUBSCRIPTIONS", "PLGATE_PUBLIC_URL"]) {
      assert.ok(all.includes(name), `${name} in ${all}`);
    }
  });

  const refused: Record<string, [Record<string, string | undefined>, RegExp]> = {
    "no storage": [{ PLGATE_STORAGE_ACCOUNT: undefined }, /PLGATE_STORAGE_ACCOUNT: set it/],
    "two storages": [{ PLGATE_STORAGE_CONNECTION: "x" }, /but not both/],
    "TLS verification switched off": [{ NODE_TLS_REJECT_UNAUTHORIZED: "0" }, /never switched off/],
    "an override outside the local stack": [{ PLGATE_LOCAL_ARM: "https://127.0.0.1:1" }, /PLGATE_LOCAL=1/],
    "an override that points away": [{ PLGATE_LOCAL: "1", PLGATE_LOCAL_ARM: "https://evil.example" }, /points away/],
    "an override that only looks local": [
      { PLGATE_LOCAL: "1", PLGATE_LOCAL_BOT_KEYS: "https://127.0.0.1.evil.example" },
      /points away/,
    ],
    "an override on a host that Azure runs": [
      { PLGATE_LOCAL: "1", PLGATE_LOCAL_AUTHORITY: "https://127.0.0.1:1", WEBSITE_INSTANCE_ID: "x" },
      /refused on a host that Azure runs/,
    ],
  };
  for (const [name, [change, fault]] of Object.entries(refused)) {
    it(`is refused with ${name}`, () => assert.match(faults(change), fault));
  }

  it("can be moved to loopback by the local stack", () => {
    const { endpoints } = readConfig({ ...azure, PLGATE_LOCAL: "1", PLGATE_LOCAL_ARM: "https://127.0.0.1:7443" });
    assert.deepEqual(
      [endpoints.arm, endpoints.armScope],
      ["https://127.0.0.1:7443", "https://management.azure.com/.default"],
    );
  });
});
