import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ConfigError, describeConfig, readConfig } from "../../src/runtime/config.ts";

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

  it("tells consumers their LinkID only when asked to, in words that cannot be mistaken", () => {
    assert.equal(readConfig(azure).linkIdInDescription, false);
    assert.equal(readConfig({ ...azure, PLGATE_LINK_ID_IN_DESCRIPTION: "false" }).linkIdInDescription, false);
    assert.equal(readConfig({ ...azure, PLGATE_LINK_ID_IN_DESCRIPTION: "true" }).linkIdInDescription, true);
    assert.match(faults({ PLGATE_LINK_ID_IN_DESCRIPTION: "yes" }), /^PLGATE_LINK_ID_IN_DESCRIPTION: /);
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
