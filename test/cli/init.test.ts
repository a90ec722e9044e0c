import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import type { Context } from "../../src/cli/verb.ts";
import type { Azure, Reading } from "../../src/compose-cli.ts";
import { PlgateError } from "../../src/runtime/errors.ts";
import { run } from "./terminal.ts";

const subscription = "10000000-0000-4000-8000-000000000001";
const group = `/subscriptions/${subscription}/resourceGroups/rg-pay`;
const reviewers = "55555555-0000-4000-8000-000000000005";
const all = ["--env", "prod", "--location", "westeurope", "--service-groups", group, "--reviewers", reviewers];

/** A checkout with nothing but what init looks for. */
function checkout(t: TestContext) {
  const dir = mkdtempSync(join(tmpdir(), "plgate-init-"));
  t.after(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "azure.yaml"), "name: plgate\n");
  writeFileSync(join(dir, ".gitignore"), "node_modules/\n.azure/\n");
  const text = (name: string) => readFileSync(join(dir, name), "utf8");
  const init = (args: readonly string[], wish: Partial<Context> = {}) => run(["init", "--dir", dir, ...args], wish);
  return { dir, text, init, has: (name: string) => existsSync(join(dir, name)) };
}

/** Somebody at the terminal who gives these answers, and what they were asked. */
function answering(...answers: readonly string[]) {
  const asked: string[] = [];
  const left = [...answers];
  const ask = async (question: string) => {
    asked.push(question);
    const answer = left.shift();
    assert.ok(answer !== undefined, `nobody answers: ${question}`);
    return answer;
  };
  return { ask, asked, left };
}

const envText = `AZURE_ENV_NAME="prod"
AZURE_LOCATION="westeurope"
AZURE_SUBSCRIPTION_ID="${subscription}"
PLGATE_FALLBACK_REVIEWERS="${reviewers}"
PLGATE_MODE="observe"
PLGATE_SERVICE_RESOURCE_GROUPS="${group}"
PLGATE_TEAMS_BOT="false"
`;

describe("plgate init from flags", () => {
  it("writes azd's files byte for byte, for its owner alone", async (t) => {
    const { init, text, dir } = checkout(t);
    const { code, out, err } = await init(all);
    assert.equal(code, 0, err);
    assert.equal(text(".azure/prod/.env"), envText);
    assert.equal(text(".azure/config.json"), '{\n  "version": 1,\n  "defaultEnvironment": "prod"\n}\n');
    assert.equal(statSync(join(dir, ".azure/prod/.env")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(join(dir, ".azure/prod")), [".env"]);
    assert.match(
      out,
      /\nNext, word by word:\n {2}az login\n {2}azd auth login\n {2}azd up --environment prod\n {2}set -a; .*\n {2}npm run --silent plgate -- doctor\n {2}npm run --silent plgate -- policy publish policies\/everything-to-people.yaml --note "first policy"\n$/,
    );
  });

  const policies: Readonly<Record<string, readonly [args: readonly string[], name: string]>> = {
    people: [[], "everything-to-people"],
    customers: [[], "registered-customers"],
    subscription: [["--consumer", "aaaaaaaa-0000-4000-8000-00000000000a"], "one-subscription"],
  };
  for (const [kind, [args, name]] of Object.entries(policies)) {
    it(`writes a policy of the kind "${kind}" that checks clean and whose tests pass`, async (t) => {
      const { init, dir } = checkout(t);
      assert.equal((await init([...all, "--policy", kind, ...args])).code, 0);
      const [policy, test] = [`${dir}/policies/${name}.yaml`, `${dir}/policies/${name}.test.yaml`];
      assert.match((await run(["policy", "check", policy, test])).out, /^2 files: 0 errors, 0 warnings\n$/);
      const tested = await run(["policy", "test", policy]);
      assert.equal(tested.code, 0, tested.out);
    });
  }

  it("needs no policy", async (t) => {
    const { init, has } = checkout(t);
    const { code, out } = await init([...all, "--policy", "none"]);
    assert.deepEqual([code, has("policies"), /policy publish/.test(out)], [0, false, false]);
  });

  it("says all that is missing at once", async (t) => {
    const { init, has } = checkout(t);
    const { code, err } = await init([]);
    assert.equal(code, 2);
    assert.match(
      err,
      /^plgate init: 4 answer\(s\) are missing or wrong\n {2}--env: .*\n {2}--location: .*\n {2}--service-groups: .*\n {2}--reviewers: it has to be said\n/,
    );
    assert.equal(has(".azure"), false);
  });

  const wrong: Readonly<Record<string, readonly [flag: string, value: string, RegExp]>> = {
    "an environment with a space": ["--env", "my prod", /"my prod" has to be 1 to 64 letters/],
    "an environment whose name is part of other deployments' names": ["--env", "plgate", /"plgate" is part of names/],
    "an environment that ends with a dot": ["--env", "prod.", /has to be 1 to 64/],
    "a region as people write it": ["--location", "West Europe", /say westeurope/],
    "a region that is none": ["--location", "7", /not the name of a region/],
    "a subscription that is no id": ["--subscription", "mine", /"mine" is not the id of a subscription/],
    "a group of people by its name": ["--reviewers", "oncall", /object id of a group \(az ad group show/],
    "a service in place of its group": [
      "--service-groups",
      `${group}/providers/Microsoft.Network/privateLinkServices/x`,
      /lies in a group: say \/subscriptions\/.*rg-pay$/m,
    ],
    "one bad id among good ones": [
      "--service-groups",
      `${group},/subscriptions/x/resourceGroups/y`,
      /"\/subscriptions\/x\/resourceGroups\/y" is not the id of a resource group/,
    ],
    "a mode that does not exist": ["--mode", "dry-run", /none of observe, approve-only, enforce/],
    "an address without a host": ["--alert-emails", "a@b.example,me", /"me" is not an e-mail address/],
    "a kind of policy that does not exist": ["--policy", "all", /none of people, customers/],
    "a name with capitals": ["--policy-name", "First", /lower-case letters/],
    "a name that leads elsewhere": ["--policy-name", "../x", /lower-case letters/],
  };
  for (const [what, [flag, value, expected]] of Object.entries(wrong)) {
    it(`refuses ${what}, and writes nothing`, async (t) => {
      const { init, has } = checkout(t);
      const { code, err } = await init([...all, flag, value]);
      assert.equal(code, 2);
      assert.match(err, expected);
      assert.match(err, /1 answer\(s\)/);
      assert.equal(has(".azure"), false);
    });
  }

  it("changes nothing the second time", async (t) => {
    const { init, dir } = checkout(t);
    await init(all);
    const { code, out } = await init(all);
    assert.equal(code, 0);
    assert.match(out, /^everything is written already; nothing was changed\n/);
    assert.deepEqual(readdirSync(join(dir, ".azure/prod")), [".env"]);
  });

  it("does not overwrite a value of azd, and shows both", async (t) => {
    const { init, text } = checkout(t);
    await init(all);
    const { code, err } = await init([...all, "--mode", "enforce"]);
    assert.equal(code, 1);
    assert.match(
      err,
      /--force overwrites it and keeps a copy\n {2}PLGATE_MODE="observe" {2}you say PLGATE_MODE="enforce"\n/,
    );
    assert.equal(text(".azure/prod/.env"), envText);
  });

  it("overwrites it by --force, keeps the rest and a copy each time", async (t) => {
    const { init, text, dir } = checkout(t);
    await init(all);
    writeFileSync(join(dir, ".azure/prod/.env"), `${envText}AZURE_BOT="bot-1"\n`);
    const first = await init([...all, "--mode", "enforce", "--force"]);
    assert.match(
      first.out,
      /- PLGATE_MODE="observe"\n {2}\+ PLGATE_MODE="enforce"\n.*the file as it was: .*\.env\.bak\n/s,
    );
    await init([...all, "--mode", "approve-only", "--force"]);
    assert.equal(text(".azure/prod/.env"), `${envText.replace("observe", "approve-only")}AZURE_BOT="bot-1"\n`);
    assert.equal(text(".azure/prod/.env.bak"), `${envText}AZURE_BOT="bot-1"\n`);
    assert.match(text(".azure/prod/.env.bak2"), /PLGATE_MODE="enforce"/);
  });

  it("never overwrites a policy, and writes nothing else either", async (t) => {
    const { init, has, dir } = checkout(t);
    await init([...all, "--policy", "customers", "--policy-name", "mine"]);
    rmSync(join(dir, ".azure"), { recursive: true });
    const { code, err } = await init([...all, "--policy-name", "mine", "--force"]);
    assert.deepEqual([code, has(".azure")], [1, false]);
    assert.match(err, /policies\/mine.yaml, .*mine.test.yaml is there already/);
  });

  it("leaves another default environment, and a .gitignore that does not know azd, and says so", async (t) => {
    const { init, dir, text } = checkout(t);
    await init(all);
    writeFileSync(join(dir, ".gitignore"), "node_modules/\n");
    const { out } = await init(["--env", "test", ...all.slice(2), "--policy", "none"]);
    assert.match(out, /^look: azd has another default environment: azd env select test$/m);
    assert.match(out, /^look: \.gitignore does not name \.azure\//m);
    assert.match(text(".azure/config.json"), /"prod"/);
  });

  it("does not write beside a checkout", async (t) => {
    const { init, dir } = checkout(t);
    rmSync(join(dir, "azure.yaml"));
    const { code, err } = await init(all);
    assert.equal(code, 2);
    assert.match(err, /is not a checkout of plgate/);
  });

  it("answers machines by --json, and asks them nothing", async (t) => {
    const { init } = checkout(t);
    const { out } = await init([...all, "--teams", "--json"], { ask: answering().ask });
    const { changes, files, copy, next } = JSON.parse(out);
    assert.deepEqual([changes.length, files.length, copy, next.length], [7, 3, null, 6]);
    assert.ok(
      changes.some((one: { name: string; after: string }) => one.name === "PLGATE_TEAMS_BOT" && one.after === "true"),
    );
  });
});

describe("plgate init on a terminal", () => {
  it("asks for what no flag says, takes what is usual, and asks again for what is wrong", async (t) => {
    const { init, text } = checkout(t);
    const { ask, asked, left } = answering(
      ...["no", "prod", "West Europe", "westeurope", "", group, "", reviewers, "", "yes", "a@b.example", "", "", "yes"],
    );
    const { code, out, err } = await init([], { ask });
    assert.equal(code, 0, err);
    assert.deepEqual(left, []);
    assert.match(out, /"West Europe" is how people write it; say westeurope\n {2}it has to be said\n/);
    assert.ok(asked.includes(`Subscription that plgate itself goes into [${subscription}]: `));
    assert.match(text(".azure/prod/.env"), /PLGATE_ALERT_EMAILS="a@b.example"\n.*PLGATE_TEAMS_BOT="true"\n$/s);
  });

  it("shows what it would write, and writes nothing without a yes", async (t) => {
    const { init, has } = checkout(t);
    const { ask } = answering("no", "", "", "", "", "", "", "no");
    const { code, out, err } = await init(all, { ask });
    assert.deepEqual([code, has(".azure")], [1, false]);
    assert.match(out, /\+ PLGATE_MODE="observe"/);
    assert.match(err, /nothing was written/);
  });

  it("asks nothing with --yes", async (t) => {
    const { init } = checkout(t);
    assert.equal((await init([...all, "--yes"], { ask: answering().ask })).code, 0);
  });

  const read = <T>(value: T): Reading<T> => ({ kind: "read", value });
  const found = {
    arm: {
      all: async () => read([{ subscriptionId: subscription, displayName: "Payments" }]),
      one: async () =>
        read({ data: [{ id: `${group}/providers/Microsoft.Network/privateLinkServices/pls-pay`, name: "pls-pay" }] }),
    },
    graph: undefined,
    document: async () => ({ kind: "absent" as const }),
  } satisfies Azure;

  it("offers the groups that have services, by number", async (t) => {
    const { init, text } = checkout(t);
    const { ask } = answering("yes", "prod", "westeurope", "1", "1", reviewers, "", "", "", "none", "");
    const { out } = await init([], { ask, withAzure: (_place, _until, act) => act(found) });
    assert.match(out, new RegExp(`^ {2}1 {2}${group} {2}\\(pls-pay\\)$`, "m"));
    assert.match(out, new RegExp(`^ {2}1 {2}${subscription} {2}\\(Payments\\)$`, "m"));
    assert.ok(text(".azure/prod/.env").includes(`PLGATE_SERVICE_RESOURCE_GROUPS="${group}"`));
  });

  it("goes on where nobody is signed in", async (t) => {
    const { init } = checkout(t);
    const { ask } = answering("yes", "", "", "", "", "", "", "yes");
    const withAzure = () => Promise.reject(new PlgateError("nobody is signed in to Azure here", { retryable: false }));
    const { code, out } = await init(all, { ask, withAzure });
    assert.equal(code, 0);
    assert.match(out, /nobody is signed in to Azure here\nThat is no matter/);
  });
});
