import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Places, settingsOf } from "../../local/stack.ts";
import { readConfig, settingNames } from "../../src/runtime/config.ts";
import { registeredBy } from "./registered.ts";

const root = join(import.meta.dirname, "..", "..");
const example: { readonly IsEncrypted: boolean; readonly Values: Readonly<Record<string, string>> } = JSON.parse(
  await readFile(join(root, "local.settings.example.json"), "utf8"),
);
const names = Object.keys(example.Values);

/** What is no setting of plgate: the host's, the managed identity's and Node's. */
const notOurs = [
  ...["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "PlgateStorage"],
  ...["IDENTITY_ENDPOINT", "IDENTITY_HEADER", "NODE_EXTRA_CA_CERTS"],
];
/** What the platform sets, or what is only read to be refused. */
const neverSet = ["WEBSITE_INSTANCE_ID", "NODE_TLS_REJECT_UNAUTHORIZED"];

describe("local.settings.example.json", () => {
  it("names every setting that plgate reads, and no other", () => {
    const wanted = settingNames.filter((name) => !neverSet.includes(name));
    assert.deepEqual(names.filter((name) => !notOurs.includes(name)).sort(), wanted.toSorted());
  });

  it("names every setting that the local stack gives the app", () => {
    const set = Object.keys(settingsOf({ dir: "" }, anyPlaces()));
    assert.ok(set.length > 10);
    assert.deepEqual(
      set.filter((name) => !names.includes(name)),
      [],
    );
  });

  it("names the connection of every trigger, and every setting that a trigger takes in", async () => {
    const text = JSON.stringify((await registeredBy(root, "functions/*.ts")).functions);
    const connections = [...text.matchAll(/"connection":"(\w+)"/g)].map(([, name]) => name ?? "");
    const taken = [...text.matchAll(/%(\w+)%/g)].map(([, name]) => name ?? "");
    assert.ok(connections.length > 0 && taken.length > 1);
    assert.deepEqual(
      [...connections, ...taken].filter((name) => !example.Values[name]),
      [],
    );
  });

  it("is a configuration as it stands, which writes nothing to ARM", () => {
    const { mode, storage } = readConfig(example.Values);
    assert.equal(mode, "observe");
    assert.deepEqual(storage, { connectionString: "UseDevelopmentStorage=true" });
  });

  it("holds no secret and is not encrypted", () => {
    assert.equal(example.IsEncrypted, false);
    const telling = /key|secret=|sig=|password|endpointsprotocol/i;
    assert.deepEqual(
      Object.entries(example.Values).filter(([, value]) => telling.test(value)),
      [],
    );
  });
});

/** Only which names are set is asked, so any place answers any question with a text that is an address. */
function anyPlaces(): Places {
  const anything: unknown = new Proxy(() => {}, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => "http://127.0.0.1:1" : anything),
  });
  return anything as Places;
}
